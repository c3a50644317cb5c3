"""Members themselves."""

from __future__ import annotations

from config.api_examples.shared import NOON, Call

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

CALLS: dict[str, Call] = {
    "list_members": Call("List members", {"next": None, "previous": None, "results": [MEMBER]}),
    "read_member": Call("Read a member", MEMBER),
    "put_member": Call(
        "Create or change a member",
        MEMBER,
        {"display_name": "Ada Lund", "language": "en", "time_zone": "Europe/Berlin"},
    ),
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
}
