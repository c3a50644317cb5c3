"""One example for each call of the API: what is sent and what comes back. A test proves that they fit the schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NOON = "2026-11-24T12:00:00Z"
POINTS, GROWTH = {"en": "Points", "zh-hans": "积分"}, {"en": "Growth", "zh-hans": "成长值"}


@dataclass(frozen=True)
class Call:
    """A call in a few words, with an example; `request` is None where nothing is sent."""

    summary: str
    response: Any
    request: Any = None


MEMBER = {
    "ref": "ada",
    "public_id": "019a5e3c-7c1e-7d2a-9c60-2f0a8f1f4a11",
    "display_name": "Ada Lund",
    "email": "ada@example.org",
    "language": "en",
    "time_zone": "Europe/Berlin",
    "age_band": "adult",
    "birthday": "12-08",
    "status": "active",
    "verified": True,
    "house": False,
    "joined_at": NOON,
    "attributes": {"plan": "gold"},
}
SPACE = {
    "ref": "reading-circle",
    "names": {"en": "Reading circle", "zh-hans": "读书会"},
    "for_whom": {"en": "Whoever reads one book a month."},
    "why": {"en": "Nobody should finish a good book alone."},
    "gives": {"en": "An evening a month, and somebody to ask."},
    "is_not": {"en": "A shop."},
    "hosts": ["ada"],
    "rules": None,
    "capacity": 40,
    "intake_max": 5,
    "language": "en",
    "state": "open",
    "members": 40,
    "waiting": 3,
}
APPOINTMENT = {
    "role": "host",
    "member": "ada",
    "space": "reading-circle",
    "starts_at": NOON,
    "ends_at": "2027-05-23T12:00:00Z",
    "ended_at": None,
    "appointed_by": "Ines of the team",
}
PARTNER = {
    "code": "bookshop",
    "name": "The bookshop at the corner",
    "contract_from": "2026-09-01",
    "contract_until": "2027-08-31",
    "source": "bookshop",
}
ATTRIBUTE = {
    "code": "plan",
    "names": {"en": "Plan", "zh-hans": "套餐"},
    "kind": "choice",
    "choices": ["basic", "gold"],
    "minimum": None,
    "maximum": None,
    "required": False,
    "personal": False,
    "for_rules": True,
    "shown_to": "member",
}
TYPE = {
    "code": "recipe.shared",
    "meaning": "A member shared a recipe.",
    "schema": {"recipe_id": {"type": "string", "max_length": 64}, "steps": {"type": "int", "min": 1, "max": 100}},
    "version": 1,
    "contribution": True,
    "conversation": False,
    "counterpart": "",
    "gathering": "",
    "content": {"step": "published", "id": "recipe_id"},
}
DOCUMENT = {
    "code": "good-recipe",
    "name": {"en": "A good recipe", "zh-hans": "好食谱"},
    "when": "recipe.shared",
    "if": {"all": [{"expr": "event.data.steps >= 3", "why_not": {"en": "The recipe has fewer than 3 steps."}}]},
    "then": [{"do": "award", "currency": "points", "amount": 10}],
    "limits": [{"per": "member", "every": "day", "times": 3}],
}
RULE = {
    "code": "good-recipe",
    "version": 2,
    "state": "live",
    "when": "recipe.shared",
    "document": DOCUMENT,
    "published_at": NOON,
}
QUEST_DOCUMENT = {
    "code": "baker",
    "name": {"en": "Share three bakes", "zh-hans": "分享三次烘焙"},
    "repeat": "week",
    "steps": [{"code": "bake", "name": {"en": "Share a bake"}, "when": "recipe.shared", "count": 3}],
}
QUEST = {"code": "baker", "version": 1, "state": "live", "document": QUEST_DOCUMENT, "published_at": NOON}
MEMBER_QUEST = {
    "code": "baker",
    "version": 1,
    "names": {"en": "Share three bakes", "zh-hans": "分享三次烘焙"},
    "texts": {},
    "state": "open",
    "repeat": "week",
    "welcome": False,
    "ordered": False,
    "started_at": "2026-11-22T23:00:00Z",
    "due_at": "2026-11-29T23:00:00Z",
    "closed_at": None,
    "done": 0,
    "steps": [
        {
            "code": "bake",
            "names": {"en": "Share a bake"},
            "reached": 2,
            "wanted": 3,
            "done_at": None,
            "due_at": None,
            "streak": None,
            "rewards": [],
        }
    ],
    "rewards": [{"currency": "points", "amount": "60", "badge": ""}],
}
SHARE = {"count": 30, "percent": 75, "low": 60, "high": 86, "small": False}
ROUND = {
    "id": "019a5e3c-7c1e-7d2a-9c60-2f0a8f1f4a22",
    "game": "idioms",
    "opening": "一心一意",
    "host": "hana",
    "opened_at": NOON,
    "closes_at": "2026-11-25T12:00:00Z",
    "closed_at": None,
}
TURN = {"number": 1, "member": "ada", "text": "意气风发", "right": True, "why_not": "", "taken_at": NOON}
TRACE = {
    "state": "judged",
    "judged_at": NOON,
    "moved": {"points": "10"},
    "rules": [
        {
            "code": "good-recipe",
            "version": 2,
            "name": "A good recipe",
            "matched": True,
            "reason": "",
            "clauses": [
                {"text": "event.data.steps >= 3", "passed": True, "read": {"event.data.steps": 7}, "why_not": ""}
            ],
            "effects": [{"what": "points", "kind": "award", "wanted": "10", "paid": "10", "reason": ""}],
        }
    ],
    "error": "",
}
INVITATION = {
    "code": "7KXM2PQR9T",
    "inviter": "ada",
    "channel": "friend",
    "campaign": "",
    "space": "reading-circle",
    "partner": None,
    "email": "bo@example.org",
    "email_domain": "",
    "uses": 1,
    "uses_max": 1,
    "sent_at": NOON,
    "opens_at": None,
    "expires_at": None,
    "revoked_at": None,
}
CAMPAIGN = {
    "code": "spring-friends",
    "names": {"en": "Spring friends", "zh-hans": "春天的朋友"},
    "template": "bring-friends",
    "state": "running",
    "follows": None,
    "audience": "writers",
    "currency": "points",
    "budget": "5000",
    "begins_at": NOON,
    "ends_at": "2026-12-24T12:00:00Z",
    "stages": [
        {
            "names": {"en": "Invitation letters", "zh-hans": "邀请函"},
            "opens": "letters",
            "begins_at": NOON,
            "ends_at": "2026-12-24T12:00:00Z",
        }
    ],
    "letter": {"en": "Come in with my code and say hello.", "zh-hans": "用我的邀请码进来打个招呼吧。"},
    "started_at": NOON,
    "closed_at": None,
    "reason": "",
}
REFERRAL = {
    "member": "bo",
    "inviter": "ada",
    "code": "7KXM2PQR9T",
    "depth": 1,
    "state": "open",
    "joined_at": NOON,
    "broke_ice_at": None,
    "active_at": None,
    "retained_at": None,
}
CIRCLE = {
    "count": 1,
    "band": "0-4",
    "off": False,
    "connections": [
        {
            "member": "bo",
            "display_name": "Bo Falk",
            "since": NOON,
            "first_at": "2026-11-02T18:20:00Z",
            "last_at": "2026-11-23T09:05:00Z",
            "days": 4,
            "mutual": True,
        }
    ],
}
INTRODUCTION = {
    "id": "5",
    "first": "ada",
    "second": "cy",
    "words": "You both bake with rye.",
    "state": "proposed",
    "proposed_at": NOON,
    "closed_at": None,
}
PRIVILEGE = {
    "code": "pin-a-post",
    "names": {"en": "Pin a post", "zh-hans": "置顶"},
    "texts": {"en": "A post of yours stays on top for a day."},
    "way": "app",
    "quota": 2,
    "every": "month",
    "promise_hours": None,
}
ANSWER = {
    "code": "pin-a-post",
    "names": PRIVILEGE["names"],
    "way": "app",
    "may": True,
    "why_not": None,
    "quota": 2,
    "every": "month",
    "left": 1,
    "again_at": None,
    "until": None,
    "price": None,
    "promise_hours": None,
}
LOCKED = {
    **ANSWER,
    "code": "own-space",
    "names": {"en": "A space of your own", "zh-hans": "专属空间"},
    "may": False,
    "why_not": {"code": "tier_too_low", "sentence": "From the tier Gold on."},
    "quota": 0,
    "left": 0,
}
USE = {
    "id": "31",
    "privilege": "pin-a-post",
    "state": "used",
    "target": "post-1041",
    "text": "",
    "used_at": NOON,
    "wanted_at": None,
    "due_at": None,
    "answer": "",
    "proof": "",
    "settled_at": None,
    "journal_id": None,
}
PRIVILEGE_GRANT = {
    "id": "12",
    "privilege": "pin-a-post",
    "granted_at": NOON,
    "until": "2026-12-24T12:00:00Z",
    "uses_max": 3,
    "uses": 0,
    "reason": "Host of the winter evening.",
    "revoked_at": None,
}
SEGMENT = {
    "code": "devoted",
    "names": {"en": "Devoted", "zh-hans": "铁杆成员"},
    "kind": "layer",
    "size": 61,
    "evaluated_at": NOON,
}
MOVEMENT = {"journal_id": "4711", "currency": "points", "amount": "-20", "balance": "340"}
HOLD = {
    "id": "019a5e40-1f5c-7b3e-8a53-5b5f0f1d2c22",
    "state": "open",
    "currency": "points",
    "amount": "50",
    "captured": "0",
    "voided": "0",
    "expires_at": "2026-11-24T12:15:00Z",
}
TIERS = [
    {"code": "bronze", "names": {"en": "Bronze", "zh-hans": "青铜"}, "threshold": "100"},
    {"code": "silver", "names": {"en": "Silver", "zh-hans": "白银"}, "threshold": "400"},
]
LADDER = {
    "code": "growth",
    "names": {"en": "Laurels", "zh-hans": "桂冠"},
    "purpose": "Thanks for what one does here.",
    "metric": "earned:growth",
    "window": "year",
    "tiers": TIERS,
}
LOAN = {"member": "ada", "ladder": "growth", "tier": "silver", "until": "2027-01-31T23:00:00Z", "reason": "Jury work."}
TIER_INVITATION = {
    "member": "ada",
    "ladder": "voices",
    "tier": "voice",
    "reason": "Your guides are read by everybody.",
    "invited_at": NOON,
    "accepted_at": None,
    "ended_at": None,
}

VIOLATION = {
    "id": "7",
    "member": "mallory",
    "kind": "advertising",
    "state": "stands",
    "consequence": "warning",
    "hours": None,
    "fine": None,
    "strikes": 1,
    "strikes_until": "2027-02-22T12:00:00Z",
    "evidence": "Three posts with the same link within an hour.",
    "reason": "",
    "operator": "",
    "needs_person": False,
    "happened_at": NOON,
    "recorded_at": NOON,
    "appealed_at": None,
    "appeal": "",
    "decided_at": None,
    "note": "",
}
REPORT = {
    "id": "12",
    "reporter": "ada",
    "subject": "mallory",
    "about": "post-1041",
    "text": "The same advert again.",
    "state": "waiting",
    "reported_at": NOON,
    "decided_at": None,
}

NOTIFICATION = {
    "id": "88",
    "template": "tier-reached",
    "kind": "service",
    "title": {"en": "You are Gold now", "zh-hans": "你升到了黄金"},
    "text": {"en": "Well done, Ada.", "zh-hans": "恭喜你，Ada。"},
    "at": NOON,
    "read_at": None,
}
CASE = {
    "id": "12",
    "state": "answered",
    "event_type": "recipe.shared",
    "happened_at": NOON,
    "text": "",
    "finding": "limit",
    "said": {
        "en": "“A good recipe”: The limit was reached: at most 3 times a day. It opens again on 25 Nov 2026, 00:00."
    },
    "opens_at": "2026-11-24T23:00:00+00:00",
    "pending_until": None,
    "opened_at": NOON,
    "due_at": None,
    "answer": "",
    "answered_at": NOON,
    "closed_at": None,
}
WAITING_CASE = {
    **CASE,
    "state": "reopened",
    "text": "It was only my second one.",
    "due_at": "2026-11-26T12:00:00Z",
}

CONTENT = {
    "id": "815",
    "source": "forum",
    "content_id": "recipe-1041",
    "author": "ada",
    "kind": "recipe",
    "topic": "bread",
    "state": "featured",
    "submitted_at": NOON,
    "approved_at": NOON,
    "published_at": NOON,
    "featured_at": "2026-11-25T09:00:00Z",
    "accepted_at": None,
    "removed_at": None,
    "operator": "Ines of the team",
    "reason": "",
    "decided_at": "2026-12-01T12:01:00Z",
    "quality_at": "2026-12-01T12:00:00Z",
    "quality_lost_at": None,
    "weight": 2,
    "appreciators": 9,
}
NEED: dict[str, Any] = {
    "id": "23",
    "asker": "ada",
    "words": "Somebody who reads my guide in German before I publish it.",
    "kind": "translation",
    "audience": "everybody",
    "segment": None,
    "tier": None,
    "state": "open",
    "posted_at": NOON,
    "until": "2026-12-08T12:00:00Z",
    "confirm_until": None,
    "closed_at": None,
    "candidates": [],
    "contacts": None,
}
CANDIDATE = {"member": "cy", "state": "asked", "proposed_by": "Ines of the team", "proposed_at": NOON}
ASKED_NEED = {**NEED, "candidates": [CANDIDATE]}
CONTACTS = {
    "asker": {"member": "ada", "display_name": "Ada Lund", "email": "ada@example.org"},
    "helper": {"member": "cy", "display_name": "Cy Roth", "email": "cy@example.org"},
}
MATCHED_NEED: dict[str, Any] = {
    **NEED,
    "state": "matched",
    "confirm_until": "2026-12-24T12:00:00Z",
    "candidates": [{**CANDIDATE, "state": "matched"}],
    "contacts": CONTACTS,
}

LEAVE = {"member": "ada", "begins_at": NOON, "ends_at": "2027-01-10T11:00:00Z", "reason": "Paternity."}
PROGRESS = ("waiting", "done", "nothing", "failed", "undone")
CORRECTION = {
    "id": "7",
    "found_by": "event",
    "act": "add",
    "reason": "The evening broke off after ten minutes.",
    "is_quiet": False,
    "state": "draft",
    "members": 18,
    "totals": {"points": "450"},
    "lost": {},
    "falls": 0,
    "needs_second": False,
    "progress": {**dict.fromkeys(PROGRESS, 0), "waiting": 18},
    "created_at": NOON,
    "done_at": None,
    "undone_at": None,
}

CALLS: dict[str, Call] = {
    "member_notifications": Call("What a member was told", {"next": None, "previous": None, "results": [NOTIFICATION]}),
    "read_notifications": Call("Mark notifications as read", {"read": 1, "unread": 0}, {"ids": ["88"]}),
    "notification_choice": Call("Whether a member wants promotions", {"promotions": True}),
    "choose_notifications": Call("Switch promotions off or on", {"promotions": False}, {"promotions": False}),
    "member_cases": Call("A member's questions", {"next": None, "previous": None, "results": [CASE]}),
    "open_case": Call("Ask whether something is missing", CASE, {"source": "forum", "event": "r-1041"}),
    "member_case": Call("A question and where it stands", CASE),
    "reopen_case": Call("Say that this does not answer it", WAITING_CASE, {"text": "It was only my second one."}),
    "close_case": Call("Close a question", {**CASE, "state": "closed", "closed_at": NOON}),
    "list_corrections": Call("List corrections", {"next": None, "previous": None, "results": [CORRECTION]}),
    "make_correction": Call(
        "Ask for a correction",
        {**CORRECTION, "state": "gathering", "members": 0, "totals": {}, "progress": dict.fromkeys(PROGRESS, 0)},
        {
            "found_by": "event",
            "type": "session.attended",
            "field": "session",
            "value": "sharing-11-24",
            "begins_at": "2026-11-24T00:00:00Z",
            "ends_at": "2026-11-25T00:00:00Z",
            "act": "add",
            "currency": "points",
            "amount": "25",
            "reason": "The evening broke off after ten minutes.",
        },
    ),
    "read_correction": Call("Read a correction", CORRECTION),
    "approve_correction": Call("Approve a small correction", {**CORRECTION, "state": "running"}),
    "list_contents": Call("List contents", {"next": None, "previous": None, "results": [CONTENT]}),
    "read_content": Call("Read a content", CONTENT),
    "decide_content": Call(
        "Approve, feature or remove a content", CONTENT, {"decision": "feature", "operator": "Ines of the team"}
    ),
    "content_shares": Call(
        "How much of all contents is members'",
        [
            {
                "ends_at": NOON,
                "contents": 240,
                "by_members": 204,
                "decided": 160,
                "good": 48,
                "authors": 71,
                "topics": 4,
                "share": "0.8500",
                "depth": "0.3000",
            }
        ],
    ),
    "list_needs": Call("List needs", {"next": None, "previous": None, "results": [ASKED_NEED]}),
    "post_need": Call(
        "Post a need",
        NEED,
        {"asker": "ada", "words": NEED["words"], "kind": "translation", "until": "2026-12-08T12:00:00Z"},
    ),
    "read_need": Call("Read a need", ASKED_NEED),
    "propose_candidate": Call(
        "Propose who could serve a need", ASKED_NEED, {"member": "cy", "operator": "Ines of the team"}
    ),
    "answer_need": Call("Answer about a need", MATCHED_NEED, {"member": "ada", "candidate": "cy", "agrees": True}),
    "confirm_need": Call("Say whether it worked out", MATCHED_NEED, {"member": "ada", "worked": True}),
    "withdraw_need": Call("Take a need back", {**NEED, "state": "withdrawn", "closed_at": NOON}),
    "member_needs": Call(
        "What waits for a member about needs",
        {
            "may": True,
            "asked": [
                {
                    "id": "23",
                    "asker": "ada",
                    "words": NEED["words"],
                    "kind": "translation",
                    "until": "2026-12-08T12:00:00Z",
                }
            ],
            "offers": [],
            "matches": [],
            "own": [],
            "open": [],
        },
    ),
    "read_community_rules": Call(
        "Read the community's rules",
        {
            "version": 2,
            "advocated": {"en": "Say what you tried.", "zh-hans": "说说你试过什么。"},
            "forbidden": {"en": "No advertising.", "zh-hans": "禁止广告。"},
            "published_at": NOON,
        },
    ),
    "accept_community_rules": Call(
        "Record that a member accepts the rules", {"version": 2, "accepted_at": NOON}, {"version": 2}
    ),
    "member_conduct": Call(
        "Where a member stands with the rules",
        {
            "status": "active",
            "strikes": 3,
            "clear_at": "2027-02-22T12:00:00Z",
            "next_strikes": 5,
            "next_consequence": "fine",
            "rules_to_accept": None,
            "freezes": [{"what": "earning", "begins_at": NOON, "ends_at": "2026-11-25T12:00:00Z"}],
            "violations": [
                {
                    "id": "7",
                    "kind": "advertising",
                    "state": "stands",
                    "consequence": "freeze_earning",
                    "recorded_at": NOON,
                    "may_appeal": True,
                }
            ],
        },
    ),
    "list_violations": Call("List violations", {"next": None, "previous": None, "results": [VIOLATION]}),
    "record_violation": Call(
        "Record a violation",
        VIOLATION,
        {"member": "mallory", "kind": "advertising", "evidence": "Three posts with the same link within an hour."},
    ),
    "read_violation": Call("Read a violation", VIOLATION),
    "appeal_violation": Call(
        "Appeal against a violation",
        {**VIOLATION, "state": "appealed", "appealed_at": NOON, "appeal": "It was my own handbook, asked for there."},
        {"text": "It was my own handbook, asked for there."},
    ),
    "decide_violation": Call(
        "Uphold or overturn a violation",
        {**VIOLATION, "state": "overturned", "decided_at": NOON, "note": "The link had been asked for."},
        {"upheld": False, "operator": "Ines of the team", "note": "The link had been asked for."},
    ),
    "conduct_months": Call(
        "Count violations by month and kind",
        [{"month": "2026-11-01", "kind": "advertising", "names": {"en": "Advertising"}, "count": 4}],
    ),
    "list_reports": Call("List reports of members", {"next": None, "previous": None, "results": [REPORT]}),
    "report_member": Call(
        "Report a member",
        REPORT,
        {"reporter": "ada", "subject": "mallory", "about": "post-1041", "text": "The same advert again."},
    ),
    "report_events": Call(
        "Report one event or many",
        {"results": [{"status": "accepted", "source": "forum", "id": "recipe-1041"}]},
        [
            {
                "source": "forum",
                "id": "recipe-1041",
                "type": "recipe.shared",
                "subject": "ada",
                "time": NOON,
                "data": {"recipe_id": "1041", "steps": 7},
            }
        ],
    ),
    "event_outcome": Call("What became of an event, and why", TRACE),
    "list_event_types": Call("List event types", [TYPE]),
    "read_event_type": Call("Read an event type", TYPE),
    "put_event_type": Call(
        "Register an event type, or widen its schema",
        TYPE,
        {"meaning": TYPE["meaning"], "schema": TYPE["schema"], "contribution": True},
    ),
    "list_members": Call("List members", {"next": None, "previous": None, "results": [MEMBER]}),
    "read_member": Call("Read a member", MEMBER),
    "put_member": Call(
        "Create or change a member",
        MEMBER,
        {"display_name": "Ada Lund", "language": "en", "time_zone": "Europe/Berlin"},
    ),
    "member_balances": Call(
        "What a member has, now or at a moment",
        [
            {
                "currency": "points",
                "names": POINTS,
                "kind": "spendable",
                "available": "340",
                "pending": "40",
                "held": "0",
            },
            {
                "currency": "growth",
                "names": GROWTH,
                "kind": "qualifying",
                "available": "920",
                "pending": "0",
                "held": "0",
            },
        ],
    ),
    "member_statement": Call(
        "A member's movements, with the balance after each",
        {
            "next": "1.340-2.77",
            "results": [
                {
                    "id": "9001",
                    "journal_id": "4710",
                    "currency": "points",
                    "kind": "award",
                    "amount": "10",
                    "balance_after": "360",
                    "posted_at": NOON,
                    "effective_at": NOON,
                    "rule_code": "good-recipe",
                    "rule_version": 2,
                    "note": "",
                }
            ],
        },
    ),
    "member_lots": Call(
        "What expires when",
        [
            {"currency": "points", "remaining": "120", "expires_at": "2026-11-30T23:00:00Z"},
            {"currency": "growth", "remaining": "920", "expires_at": None},
        ],
    ),
    "member_standing": Call(
        "A member's tier and the way to the next",
        [
            {
                "ladder": "growth",
                "names": LADDER["names"],
                "tier": TIERS[0],
                "since": NOON,
                "value": "340",
                "next_tier": TIERS[1],
                "missing": "60",
                "share": 80,
                "purpose": LADDER["purpose"],
                "demands": [{"counter": "appreciators", "has": "3", "needs": "5"}],
                "needs_invitation": False,
                "invited_into": None,
                "duties": [],
                "duties_missed": 0,
                "safe_until": "2026-12-31T23:00:00Z",
                "grace_until": None,
                "projection": {"tier": TIERS[0], "at": "2026-12-31T23:00:00Z"},
                "line": {"tier": TIERS[1], "place": 14, "places": 12},
                "loan": None,
                "away_until": None,
            }
        ],
    ),
    "take_leave": Call(
        "Let a member be away", LEAVE, request={"until": "2027-01-10T11:00:00Z", "reason": "Paternity."}
    ),
    "end_leave": Call("A member is back", {**LEAVE, "ends_at": "2026-12-20T09:00:00Z"}),
    "lend_tier": Call(
        "Lend a tier until a day", LOAN, request={"until": "2027-01-31T23:00:00Z", "reason": "Jury work."}
    ),
    "take_tier_back": Call("End a loan", {**LOAN, "until": NOON}),
    "invite_into_tier": Call(
        "Invite into a tier", TIER_INVITATION, request={"reason": "Your guides are read by everybody."}
    ),
    "accept_tier_invitation": Call("Accept a tier", {**TIER_INVITATION, "accepted_at": NOON}),
    "end_tier_invitation": Call("Decline or close a tier", {**TIER_INVITATION, "ended_at": NOON}),
    "put_members": Call(
        "Create or change many members",
        {
            "results": [
                {"ref": "ada", "status": "changed"},
                {
                    "ref": "bo",
                    "status": "rejected",
                    "errors": [{"pointer": "#/members/1/time_zone", "detail": "'Mars' is not a time zone."}],
                },
            ]
        },
        {"members": [{"ref": "ada", "language": "de"}, {"ref": "bo", "time_zone": "Mars"}]},
    ),
    "merge_members": Call(
        "Merge two memberships of one person",
        {"member": "ada", "merged": "ada-old", "brought": [{"currency": "points", "amount": "120"}]},
        {"merged": "ada-old", "reason": "She forgot her first login."},
    ),
    "erase_member": Call(
        "Erase a member for good",
        {"ref": "erased-019a5e3c7c1e7d2a9c602f0a8f1f4a11"},
        {"ref": "ada", "reason": "They asked for it by letter."},
    ),
    "member_data": Call(
        "Take out everything about a member",
        {
            "made_at": NOON,
            "member": {"ref": "ada", "display_name": "Ada Lund", "status": "active", "attributes": {"plan": "gold"}},
            "standing": [{"ladder": "growth", "tier": "bronze", "value": "340"}],
            "balances": [{"currency": "points", "available": "340", "pending": "0", "held": "0"}],
            "statement": [
                {
                    "currency": "points",
                    "kind": "award",
                    "amount": "10",
                    "balance_after": "340",
                    "posted_at": NOON,
                    "rule": "good-recipe",
                    "note": "",
                }
            ],
            "badges": [{"badge": "first-steps", "granted_at": NOON}],
            "invitations": [{"code": "7KXM2PQR9T", "sent_at": NOON, "uses": 1}],
            "conduct": [],
            "contents": [],
            "needs": [],
            "helped": [],
            "changes": [{"at": NOON, "display_name": "Ada", "email": "", "status": "active", "why": ""}],
            "timeline": [
                {
                    "type": "recipe.shared",
                    "source": "forum",
                    "id": "recipe-1041",
                    "time": NOON,
                    "data": {"recipe_id": "1041", "steps": 7},
                }
            ],
        },
    ),
    "list_attributes": Call("List the attributes of members", [ATTRIBUTE]),
    "member_badges": Call(
        "The badges a member holds",
        [
            {
                "badge": "first-steps",
                "names": {"en": "First steps", "zh-hans": "初来乍到"},
                "granted_at": NOON,
                "rule_code": "hello",
                "rule_version": 1,
            }
        ],
    ),
    "member_timeline": Call(
        "What happened to a member",
        {
            "next": "1795953600000000.815",
            "results": [
                {
                    "type": "recipe.shared",
                    "source": "forum",
                    "id": "recipe-1041",
                    "time": NOON,
                    "received_at": NOON,
                    "data": {"recipe_id": "1041", "steps": 7},
                    "cause": None,
                }
            ],
        },
    ),
    "make_page_link": Call(
        "Make a link into the points page",
        {"url": "https://points.example.org/enter/?t=019a5e3c7c1e7d2a9c602f0a8f1f4a11%3A1vNqk0%3AuS3", "seconds": 900},
    ),
    "spend_points": Call("Spend points", MOVEMENT, {"member": "ada", "currency": "points", "amount": "20"}),
    "adjust_points": Call(
        "Add or take points by hand, with a reason",
        {**MOVEMENT, "amount": "25", "balance": "365"},
        {"member": "ada", "currency": "points", "amount": "25", "reason": "A prize for the winter riddle."},
    ),
    "transfer_points": Call(
        "Give points to another member",
        MOVEMENT,
        {"payer": "ada", "payee": "bo", "currency": "points", "amount": "20"},
    ),
    "reverse_journal": Call(
        "Take back a whole journal",
        {**MOVEMENT, "amount": "-10", "balance": "330"},
        {"journal_id": "4710", "cause": "recipe-1041 was a copy"},
    ),
    "hold_points": Call(
        "Set points aside", HOLD, {"member": "ada", "currency": "points", "amount": "50", "seconds": 900}
    ),
    "read_hold": Call("Read a hold", HOLD),
    "capture_hold": Call(
        "Redeem a hold, or a part of it",
        {**HOLD, "state": "captured", "captured": "30", "voided": "20"},
        {"amount": "30"},
    ),
    "void_hold": Call("Give a hold back", {**HOLD, "state": "voided", "voided": "50"}),
    "list_rules": Call("List rules", [RULE]),
    "read_rule": Call("Read a rule", RULE),
    "check_rule": Call(
        "Check a rule document",
        {
            "valid": False,
            "findings": [
                {
                    "pointer": "/if/all/0/expr",
                    "code": "unknown_field",
                    "severity": "error",
                    "text": "There is no field event.data.stpes.",
                    "fix": "Did you mean event.data.steps?",
                    "span": [0, 16],
                }
            ],
            "fields": [],
            "most": [],
        },
        {
            "document": {
                **DOCUMENT,
                "if": {"all": [{"expr": "event.data.stpes >= 3"}]},
            }
        },
    ),
    "evaluate_rule": Call(
        "Try a rule document on facts",
        {"matched": True, "pays": {"points": "10"}},
        {"document": DOCUMENT, "facts": {"event.data.steps": 7}},
    ),
    "member_connections": Call("Whom a member knows", CIRCLE),
    "switch_connections": Call(
        "Switch connections off or on", {"count": 0, "band": "0-4", "off": True, "connections": []}, {"off": True}
    ),
    "hide_connection": Call("Hide a connection", {"count": 0, "band": "0-4", "off": False, "connections": []}),
    "list_connection_counts": Call(
        "Members by how many others they know",
        {"next": None, "previous": None, "results": [{"member": "ada", "count": 4}]},
    ),
    "introduce": Call(
        "Introduce two members",
        INTRODUCTION,
        {"first": "ada", "second": "cy", "words": "You both bake with rye."},
    ),
    "answer_introduction": Call("Answer an introduction", INTRODUCTION, {"member": "ada", "agrees": True}),
    "list_privileges": Call("List privileges", [PRIVILEGE]),
    "member_privileges": Call("What a member may do, and why not", [ANSWER, LOCKED]),
    "member_privilege": Call("Whether a member may, and why not", ANSWER),
    "list_privilege_uses": Call("How a member used a privilege", [USE]),
    "use_privilege": Call("Use a privilege", USE, {"target": "post-1041"}),
    "cancel_privilege_use": Call("Give a use back", {**USE, "state": "given_back", "settled_at": NOON}),
    "list_privilege_grants": Call("What a member was granted", [PRIVILEGE_GRANT]),
    "grant_privilege": Call(
        "Grant a privilege",
        PRIVILEGE_GRANT,
        {"until": "2026-12-24T12:00:00Z", "uses_max": 3, "reason": "Host of the winter evening."},
    ),
    "revoke_privilege_grant": Call("Take a grant back", {**PRIVILEGE_GRANT, "revoked_at": NOON}),
    "list_quests": Call("List quests", [QUEST]),
    "check_quest": Call(
        "Check a quest",
        {
            "valid": False,
            "findings": [
                {
                    "pointer": "/steps/0/when",
                    "code": "unknown_type",
                    "severity": "error",
                    "text": "There is no event type 'recipe.sharde'.",
                    "fix": "Did you mean 'recipe.shared'?",
                    "span": None,
                }
            ],
        },
        {"document": {"code": "baker", "steps": [{"code": "bake", "when": "recipe.sharde", "count": 3}]}},
    ),
    "member_quests": Call("How far a member is with quests", [MEMBER_QUEST]),
    "begin_quest": Call(
        "Begin a quest by choice",
        {"quest": "baker", "version": 1, "state": "open", "started_at": NOON, "due_at": "2026-11-30T23:00:00Z"},
    ),
    "member_first_day": Call(
        "A member's first days",
        {
            "joined_at": NOON,
            "rules_at": "2026-11-24T12:04:00Z",
            "page_at": "2026-11-24T12:03:00Z",
            "hello_at": "2026-11-24T12:30:00Z",
            "ice_at": "2026-11-24T13:10:00Z",
            "connected_at": None,
            "active_at": None,
            "retained_at": None,
            "greeter": "hana",
        },
    ),
    "newcomer_weeks": Call(
        "How far newcomers get",
        [
            {
                "monday": "2026-11-16T00:00:00Z",
                "joined": 40,
                "rules": SHARE,
                "page": SHARE,
                "hello": SHARE,
                "ice": SHARE,
                "connection": SHARE,
                "d7": None,
                "d30": None,
            }
        ],
    ),
    "list_games": Call(
        "List games",
        {
            "next": None,
            "previous": None,
            "results": [
                {
                    "code": "idioms",
                    "names": {"en": "Idiom chain", "zh-hans": "成语接龙"},
                    "kind": "chain",
                    "round": ROUND,
                }
            ],
        },
    ),
    "open_round": Call("Open a round", ROUND, {"opening": "一心一意", "hours": 24, "host": "hana"}),
    "read_round": Call("Read a round with its turns", {**ROUND, "turns": [TURN]}),
    "take_turn": Call("Take a turn", TURN, {"member": "ada", "text": "意气风发"}),
    "close_round": Call("End a round", {**ROUND, "closed_at": NOON}),
    "list_badges": Call(
        "List badges",
        [{"code": "first-steps", "names": {"en": "First steps", "zh-hans": "初来乍到"}, "repeatable": False}],
    ),
    "list_ladders": Call("List ladders with their tiers", [LADDER]),
    "preview_ladder": Call(
        "Who would rise and fall",
        {
            "rise_count": 1,
            "fall_count": 0,
            "rises": [
                {
                    "member": "ada",
                    "display_name": "Ada Lund",
                    "from_tier": "bronze",
                    "to_tier": "silver",
                    "reason": "earned",
                    "value": "340",
                }
            ],
            "falls": [],
        },
        request={"falls": "step", "tiers": {"silver": {"threshold": 300, "keep": 270}}},
    ),
    "list_tiers": Call("List tiers", [{"ladder": "growth", **tier} for tier in TIERS]),
    "list_segments": Call("List segments", [SEGMENT]),
    "read_segment": Call(
        "A segment and its trend",
        {
            **SEGMENT,
            "condition": "",
            "metric": "",
            "days": None,
            "share": None,
            "keep": None,
            "layer_share": "14.5",
            "layer_target": 20,
            "trend": [{"at": NOON, "size": 61, "entered": 4, "left": 1, "came_from": {"active": 3, "": 1}}],
        },
    ),
    "list_segment_members": Call(
        "Who is in a segment", {"next": None, "previous": None, "results": [{"member": "ada", "since": NOON}]}
    ),
    "put_into_segment": Call("Put a member into a list", {"segment": "founders", "entered": 1, "left": 0}),
    "take_out_of_segment": Call("Take a member out of a list", {"segment": "founders", "entered": 0, "left": 1}),
    "evaluate_segment": Call("Evaluate a segment now", [{"segment": "best_writers", "entered": 4, "left": 1}]),
    "list_rejections": Call(
        "What was refused, and why",
        {
            "next": None,
            "previous": None,
            "results": [
                {
                    "source": "forum",
                    "id": "recipe-1042",
                    "ref": "ada",
                    "code": "unknown_type",
                    "pointer": "/type",
                    "sentence": "There is no event type 'recipe.shred'. Did you mean 'recipe.shared'?",
                    "received_at": NOON,
                }
            ],
        },
    ),
    "whoami": Call(
        "Who is calling",
        {
            "name": "Forum",
            "prefix": "P1HFyt6b",
            "scopes": ["events:read", "events:write", "members:read"],
            "sources": ["forum"],
            "expires_at": None,
        },
    ),
    "invite": Call(
        "Give an invitation away",
        {**INVITATION, "uses": 0},
        {"inviter": "ada", "channel": "friend", "email": "bo@example.org"},
    ),
    "read_invitation": Call("What a code is good for", INVITATION),
    "revoke_invitation": Call("Take an invitation back", {**INVITATION, "uses": 0, "revoked_at": NOON}),
    "accept_invitation": Call(
        "Let a newcomer in",
        {**REFERRAL, "space": None, "space_state": None, "place": None},
        {"ref": "bo", "email": "bo@example.org"},
    ),
    "member_referrals": Call("Whom a member brought", {"invitations_left": 17, "referrals": [REFERRAL]}),
    "list_campaigns": Call("List campaigns", {"next": None, "previous": None, "results": [CAMPAIGN]}),
    "read_campaign": Call("One campaign", CAMPAIGN),
    "campaign_report": Call(
        "What a campaign cost and brought",
        {
            "currency": "points",
            "budget": "5000",
            "cost": "1180",
            "slots": [
                {"slot": "attract", "awards": 21, "cost": "420", "waiting": "40"},
                {"slot": "induce", "awards": 26, "cost": "760", "waiting": "120"},
            ],
            "steps": {"sent": 64, "joined": 38, "broke_ice": 21, "active": 17, "retained": 11},
            "audience": 30,
            "k": "1.2667",
            "stayed": [
                {
                    "days": 7,
                    "guests": 30,
                    "guests_there": 17,
                    "share": "0.5667",
                    "before": 24,
                    "before_there": 10,
                    "share_before": "0.4167",
                }
            ],
            "per_retained": "107.27",
        },
    ),
    "stop_campaign": Call(
        "Stop a campaign",
        {
            "campaign": {**CAMPAIGN, "state": "stopped", "closed_at": NOON, "reason": "Too many at once."},
            "kept": {
                "waiting": 6,
                "amount": "120",
                "currency": "points",
                "members": 5,
                "guests": 38,
                "half_way": 27,
            },
        },
        {"reason": "Too many at once."},
    ),
    "list_spaces": Call("Every space", [SPACE]),
    "read_space": Call("A space and its charter", SPACE),
    "list_space_members": Call(
        "Who is in a space",
        {
            "next": None,
            "previous": None,
            "results": [{"member": "bo", "state": "in", "asked_at": NOON, "joined_at": NOON, "left_at": None}],
        },
    ),
    "join_space": Call(
        "Let a member into a space, or into its line",
        {
            "space": "reading-circle",
            "member": "bo",
            "state": "waiting",
            "asked_at": NOON,
            "joined_at": None,
            "left_at": None,
            "place": 3,
        },
    ),
    "leave_space": Call("Let a member out of a space", {"space": "reading-circle", "left": True}),
    "list_roles": Call(
        "What members can take on",
        [
            {
                "code": "host",
                "names": {"en": "Host", "zh-hans": "主持人"},
                "duties": {"en": "Opens a topic every week.", "zh-hans": "每周开一个话题。"},
                "thanks": {"en": "A free ticket to every gathering.", "zh-hans": "每次聚会的免费门票。"},
                "term_days": 180,
                "is_active": True,
            }
        ],
    ),
    "member_roles": Call("What a member is responsible for", [APPOINTMENT]),
    "appoint": Call("Appoint a member", APPOINTMENT, {"space": "reading-circle", "operator": "Ines of the team"}),
    "end_appointment": Call("End a member's term", {"role": "host", "ended": True}),
    "list_partners": Call("Every partner", [PARTNER]),
    "read_partner": Call(
        "What a partner and we gave each other",
        {
            **PARTNER,
            "scoreboard": {
                "tickets_given": 12,
                "tickets_max": 20,
                "codes": 3,
                "codes_used": 41,
                "people_left": 59,
                "joined": 41,
                "active": 22,
                "retained": 15,
                "events": 340,
                "paid": [{"currency": "points", "amount": "1700"}],
            },
        },
    ),
    "growth": Call(
        "Whether inviting multiplies",
        [
            {
                "group": "",
                "members": 400,
                "senders": 160,
                "sent": 610,
                "joined": 240,
                "retained": 96,
                "per_member": "1.5250",
                "conversion": "0.3934",
                "k": "0.6000",
                "retained_k": "0.2400",
                "median_days": "2.5",
            }
        ],
    ),
}
PROBLEM = {
    "type": "/problems/unknown_member",
    "title": "Not Found",
    "status": 404,
    "detail": "There is no member 'adda'.",
    "instance": "/api/v1/members/adda",
}
