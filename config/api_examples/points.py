"""Points."""

from __future__ import annotations

from config.api_examples.shared import NOON, Call

POINTS = {"en": "Points", "zh-hans": "积分"}
GROWTH = {"en": "Growth", "zh-hans": "成长值"}
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
        "Take back a journal, or a part of it",
        {**MOVEMENT, "amount": "-10", "balance": "330"},
        {"journal_id": "4710", "cause": "recipe-1041 was a copy", "amount": "10"},
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
}
