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
    "status": "active",
    "verified": True,
    "house": False,
    "joined_at": NOON,
}
TYPE = {
    "code": "recipe.shared",
    "meaning": "A member shared a recipe.",
    "schema": {"recipe_id": {"type": "string", "max_length": 64}, "steps": {"type": "int", "min": 1, "max": 100}},
    "version": 1,
    "contribution": True,
    "conversation": False,
    "counterpart": "",
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
    "email": "bo@example.org",
    "email_domain": "",
    "uses": 1,
    "uses_max": 1,
    "sent_at": NOON,
    "expires_at": None,
    "revoked_at": None,
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

CALLS: dict[str, Call] = {
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
            }
        ],
    ),
    "lend_tier": Call(
        "Lend a tier until a day", LOAN, request={"until": "2027-01-31T23:00:00Z", "reason": "Jury work."}
    ),
    "take_tier_back": Call("End a loan", {**LOAN, "until": NOON}),
    "invite_into_tier": Call(
        "Invite into a tier", TIER_INVITATION, request={"reason": "Your guides are read by everybody."}
    ),
    "accept_tier_invitation": Call("Accept a tier", {**TIER_INVITATION, "accepted_at": NOON}),
    "end_tier_invitation": Call("Decline or close a tier", {**TIER_INVITATION, "ended_at": NOON}),
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
    "accept_invitation": Call("Let a newcomer in", REFERRAL, {"ref": "bo", "email": "bo@example.org"}),
    "member_referrals": Call("Whom a member brought", {"invitations_left": 17, "referrals": [REFERRAL]}),
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
