"""Privileges."""

from __future__ import annotations

from config.api_examples.shared import NOON, Call

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
    "starts_at": None,
    "until": "2026-12-24T12:00:00Z",
    "uses_max": 3,
    "uses": 0,
    "reason": "Host of the winter evening.",
    "revoked_at": None,
}

CALLS: dict[str, Call] = {
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
}
