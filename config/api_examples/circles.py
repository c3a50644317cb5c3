"""Who knows whom, where, and what they make and need."""

from __future__ import annotations

from typing import Any

from config.api_examples.shared import NOON, Call

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

CALLS: dict[str, Call] = {
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
}
