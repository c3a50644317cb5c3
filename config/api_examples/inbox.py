"""What members are told, and what they ask."""

from __future__ import annotations

from config.api_examples.shared import NOON, Call

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

CALLS: dict[str, Call] = {
    "member_notifications": Call("What a member was told", {"next": None, "previous": None, "results": [NOTIFICATION]}),
    "read_notifications": Call("Mark notifications as read", {"read": 1, "unread": 0}, {"ids": ["88"]}),
    "notification_choice": Call("Whether a member wants promotions", {"promotions": True, "email": True}),
    "choose_notifications": Call(
        "Switch promotions off or on", {"promotions": False, "email": True}, {"promotions": False, "email": True}
    ),
    "member_cases": Call("A member's questions", {"next": None, "previous": None, "results": [CASE]}),
    "open_case": Call("Ask whether something is missing", CASE, {"source": "forum", "event": "r-1041"}),
    "member_case": Call("A question and where it stands", CASE),
    "reopen_case": Call("Say that this does not answer it", WAITING_CASE, {"text": "It was only my second one."}),
    "close_case": Call("Close a question", {**CASE, "state": "closed", "closed_at": NOON}),
}
