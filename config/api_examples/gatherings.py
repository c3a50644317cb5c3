"""Activities and who comes to them."""

from __future__ import annotations

from typing import Any

from config.api_examples.shared import NOON, Call

STARTS, ENDS = "2026-12-03T18:00:00Z", "2026-12-03T20:00:00Z"
ACTIVITY: dict[str, Any] = {
    "code": "sourdough-evening",
    "kind": "sharing",
    "state": "open",
    "names": {"en": "Sourdough, slowly", "zh-hans": "慢慢做酸面包"},
    "summaries": {"en": "Three folds, one night, one loaf."},
    "texts": {"en": "Bring a jar."},
    "language": "en",
    "space": "workshop",
    "starts_at": STARTS,
    "ends_at": ENDS,
    "zone": "Europe/Berlin",
    "place": "The workshop, Mill Lane 4",
    "capacity": 18,
    "seats_taken": 15,
    "seats_left": 3,
    "is_full": False,
    "guests_max": 1,
    "has_waiting_list": True,
    "opens_at": None,
    "closes_at": None,
    "cancel_until": "2026-12-01T18:00:00Z",
    "needs_approval": False,
    "is_open_to_guests": False,
    "tier": "growth/silver",
    "segment": None,
    "only_space": False,
    "questions": [{"code": "diet", "names": {"en": "What do you not eat?"}, "kind": "text", "required": False}],
    "people": [{"member": "ada", "part": "speaker"}],
    "money": "EUR",
    "late_refund_percent": 50,
    "campaign": "spring-friends",
}
LINE = {
    "id": "019a5e3c-7c1e-7d2a-9c60-2f0a8f1f4a22",
    "activity": "sourdough-evening",
    "member": "bo",
    "state": "confirmed",
    "guests": 1,
    "registered_at": NOON,
    "confirmed_at": NOON,
    "until": None,
    "ended_at": None,
    "checked_in_at": None,
    "missed_at": None,
}
REGISTRATION: dict[str, Any] = {
    **LINE,
    "answers": {"diet": "Nuts"},
    "channel": "poster",
    "ended_by": "",
    "is_late": False,
    "reason": "",
    "is_walk_in": False,
    "place_in_line": None,
    "ticket": "single",
    "pass_uses": 0,
    "brought_by": "ada",
    "order": {
        "id": "019a5e3c-7c1e-7d2a-9c60-2f0a8f1f4a24",
        "state": "paid",
        "money": "EUR",
        "amount": "40.00",
        "left": "0",
        "currency": None,
        "points": "0",
        "expires_at": None,
        "group": None,
        "alone_amount": None,
        "pay": None,
    },
}
HELD: dict[str, Any] = {
    **REGISTRATION,
    "state": "held",
    "confirmed_at": None,
    "until": "2026-11-27T12:00:00Z",
    "order": {
        **REGISTRATION["order"],
        "state": "placed",
        "left": "40.00",
        "expires_at": "2026-11-27T12:00:00Z",
        "pay": {"url": "", "words": "Pay with the reference 00000007. At the desk.", "ref": "00000007"},
    },
}
TICKET: dict[str, Any] = {
    "code": "single",
    "names": {"en": "A seat"},
    "texts": {"en": "With flour to take home."},
    "price": "20.00",
    "money": "EUR",
    "points": "0",
    "currency": None,
    "capacity": None,
    "seats_taken": 15,
    "left": 3,
    "sells_from": None,
    "sells_until": None,
    "tier": None,
    "privilege": "ten-visits",
    "pass_only": False,
    "group_size": None,
    "group_hours": 48,
    "alone": None,
    "is_active": True,
}
PASS = {
    "privilege": "ten-visits",
    "names": {"en": "Ten visits"},
    "may": True,
    "why_not": None,
    "left": 3,
    "until": "2027-11-24T23:00:00Z",
    "price": None,
}
CODE = {
    "code": "BOOKS-10",
    "ticket": "single",
    "partner": "bookshop",
    "channel": "",
    "uses_max": 10,
    "uses": 4,
    "expires_at": None,
    "revoked_at": None,
    "made_at": NOON,
}
GROUP = {
    "code": "7K3QW9XMTA",
    "activity": "sourdough-evening",
    "ticket": "three",
    "state": "open",
    "size": 3,
    "left": 1,
    "paid": 1,
    "opened_at": NOON,
    "closes_at": "2026-11-26T12:00:00Z",
    "ended_at": None,
}
PAYMENT = {"provider": "offline", "ref": "SEPA 2026-11-25/7", "amount": "40.00", "money": "EUR", "at": NOON}
REFUND = {
    "id": 7,
    "order": "019a5e3c-7c1e-7d2a-9c60-2f0a8f1f4a24",
    "state": "due",
    "amount": "5.00",
    "money": "EUR",
    "points": "0",
    "why": "goodwill",
    "reason": "The heating failed.",
    "decided_at": NOON,
    "done_at": None,
    "error": "",
}
ORDER_LINE: dict[str, Any] = {
    "id": "019a5e3c-7c1e-7d2a-9c60-2f0a8f1f4a24",
    "activity": "sourdough-evening",
    "member": "bo",
    "registration": "019a5e3c-7c1e-7d2a-9c60-2f0a8f1f4a22",
    "ticket": "single",
    "group": None,
    "state": "paid",
    "seats": 2,
    "money": "EUR",
    "amount": "40.00",
    "left": "0",
    "paid": "40.00",
    "refunded": "5.00",
    "currency": None,
    "points": "0",
    "points_refunded": "0",
    "provider": "offline",
    "placed_at": NOON,
    "expires_at": None,
    "paid_at": NOON,
    "ended_at": None,
}
ORDER = {**ORDER_LINE, "pay": None, "payments": [PAYMENT], "refunds": [REFUND]}
DRAFT = {
    name: ACTIVITY[name]
    for name in (
        "code", "kind", "names", "summaries", "texts", "language", "space", "starts_at", "ends_at", "zone", "place",
        "capacity", "guests_max", "cancel_until", "tier", "questions", "money", "late_refund_percent",
    )
}  # fmt: skip

DOOR_CODE = "L1AGNF4PD4DZ6S2KU4MAXQVDY7JIRAQ3LTMVYG66LBNF2A"
CAME: dict[str, Any] = {
    "nonce": "door-1-0042",
    "status": "came",
    "code": "",
    "sentence": "Welcome.",
    "is_new": True,
    "registration": "019a5e3c-7c1e-7d2a-9c60-2f0a8f1f4a22",
    "member": "bo",
    "name": "Bo Roth (bo)",
    "guests": 1,
    "came_at": STARTS,
}
NOT_LET_IN = {
    **CAME, "nonce": "door-1-0043", "status": "refused", "code": "other_activity",
    "sentence": "This code is for another activity.", "registration": None, "member": None, "name": "",
    "guests": None, "came_at": None,
}  # fmt: skip
SCAN = {
    "nonce": "door-1-0042", "by": "code", "result": "came", "why": "", "registration": CAME["registration"],
    "member": "bo", "guests": 1, "scanned_at": STARTS, "received_at": "2026-12-03T18:00:02Z", "device": "door-1",
    "actor": "Ines", "reason": "",
}  # fmt: skip
FEEDBACK = {"stars": 5, "words": "My first loaf that is not flat.", "shows_name": False}
RECAP = {
    "texts": {"en": "Eighteen jars, eighteen loaves.", "zh-hans": "十八个罐子，十八个面包。"},
    "photos": ["https://photos.example.org/sourdough"],
}
PAPER = {"kind": "certificate", "code": "7KQ2MXN4RBWD", "name_form": "name", "issued_at": ENDS}
REPORT: dict[str, Any] = {
    "registered": 18, "cancelled": 2, "came": 16, "missed": 2, "walk_ins": 1, "guests": 5, "there": 21,
    "new_members": 3, "connections": 7, "ratings": 9, "stars": "4.6", "money": "EUR", "cost": "120.00",
    "income": "0", "reach": 21, "cost_per_reach": "5.71", "goal": None, "reached_goal": None,
}  # fmt: skip

PROPOSAL: dict[str, Any] = {
    "id": "019a5e3c-7c1e-7d2a-9c60-2f0a8f1f4a23",
    "proposer": "ada",
    "speaker": None,
    "guest": "A bookbinder from the old town",
    "agreed_at": NOON,
    "title": "How books are bound",
    "words": "She brings her press; everybody binds a notebook.",
    "space": "workshop",
    "state": "proposed",
    "activity": None,
    "reason": "",
    "proposed_at": NOON,
    "moved_at": NOON,
    "delivered_at": None,
}

SERIES: dict[str, Any] = {
    "code": "mending-night",
    "rule": "FREQ=WEEKLY;BYDAY=TU",
    "starts_on": "2026-12-01",
    "starts_time": "19:00:00",
    "minutes": 120,
    "zone": "Europe/Berlin",
    "excluded": ["2026-12-29"],
    "moved": {"2026-12-22": "2026-12-21T18:00"},
    "rest_days": 0,
    "is_active": True,
    "kind": "sharing",
    "names": {"en": "Mending night", "zh-hans": "缝补之夜"},
    "summaries": {"en": "Bring what is torn."},
    "texts": {},
    "language": "en",
    "space": "workshop",
    "place": "The workshop, Mill Lane 4",
    "capacity": 16,
    "guests_max": 0,
    "tier": None,
    "segment": None,
    "only_space": False,
    "questions": [],
    "money": "EUR",
    "late_refund_percent": 50,
    "tickets": [
        {
            "code": "early",
            "names": {"en": "Early bird"},
            "texts": {},
            "price": "9.00",
            "points": "0",
            "currency": None,
            "capacity": None,
            "sells_from_days": None,
            "sells_from_time": None,
            "sells_until_days": 7,
            "sells_until_time": "18:00:00",
            "tier": None,
            "privilege": None,
            "pass_only": False,
        }
    ],
    "host": "ada",
    "speaker": "bo",
}
SERIES_DATES = [
    {"day": "2026-12-01", "starts_at": "2026-12-01T18:00:00Z", "ends_at": "2026-12-01T20:00:00Z",
     "activity": "mending-night-2026-12-01"},
    {"day": "2026-12-22", "starts_at": "2026-12-21T17:00:00Z", "ends_at": "2026-12-21T19:00:00Z",
     "activity": "mending-night-2026-12-22"},
]  # fmt: skip

PLAN = {
    "code": "members-2026-12",
    "last": "members-2026-11",
    "planned": None,
    "starts_at": "2026-12-10T18:00:00Z",
    "ends_at": "2026-12-10T20:00:00Z",
    "zone": "Europe/Berlin",
    "place": "The back room, Mill Lane 4",
    "capacity": 12,
    "invited": [
        {"member": "ada", "reason": "growth", "words": "Number 1 by last month's growth: 90.", "growth": "90"},
        {"member": "bo", "reason": "new", "words": "Nobody on this list knows them yet.", "growth": "0"},
    ],
}
PLANNED = {
    "activity": {
        **ACTIVITY, "code": "members-2026-12", "kind": "member", "state": "draft", "capacity": 12, "seats_taken": 0,
        "seats_left": 12, "starts_at": "2026-12-10T18:00:00Z", "ends_at": "2026-12-10T20:00:00Z",
        "place": "The back room, Mill Lane 4",
    },
    "invited": [
        {"member": "ada", "reason": "growth", "words": "Number 1 by last month's growth: 90.", "invited_at": None}
    ],
}  # fmt: skip

CALLS: dict[str, Call] = {
    "read_member_activity_plan": Call("What this month's activity for members would be", PLAN),
    "plan_member_activity": Call("Draft it with its invitations", PLANNED, {"invited": ["ada"], "capacity": 12}),
    "list_series": Call("List series", {"next": None, "previous": None, "results": [SERIES]}),
    "make_series": Call("Make a series", SERIES, SERIES),
    "read_series": Call("Read a series", SERIES),
    "change_series": Call("Leave a date out", SERIES, {"excluded": ["2026-12-29"]}),
    "series_dates": Call("Which dates come next", SERIES_DATES),
    "list_proposals": Call("List proposals", {"next": None, "previous": None, "results": [PROPOSAL]}),
    "propose": Call(
        "Propose to share something",
        PROPOSAL,
        {name: PROPOSAL[name] for name in ("proposer", "guest", "title", "words", "space")},
    ),
    "read_proposal": Call("Read a proposal", PROPOSAL),
    "answer_proposal": Call(
        "The answer of who is to speak",
        {**PROPOSAL, "speaker": "bo", "guest": ""},
        {"speaker": "bo", "agrees": True},
    ),
    "step_proposal": Call(
        "Accept a proposal, or give it a date",
        {**PROPOSAL, "state": "scheduled", "activity": "binding-evening"},
        {"to": "scheduled", "activity": "binding-evening", "operator": "Ines"},
    ),
    "member_proposals": Call("What a member proposed", {"next": None, "previous": None, "results": [PROPOSAL]}),
    "list_activities": Call("List activities", {"next": None, "previous": None, "results": [ACTIVITY]}),
    "draft_activity": Call(
        "Draft an activity", {**ACTIVITY, "state": "draft", "seats_taken": 0, "seats_left": 18},
        {**DRAFT, "speakers": ["ada"]},
    ),
    "read_activity": Call("Read an activity", ACTIVITY),
    "change_activity": Call(
        "Change an activity", {**ACTIVITY, "capacity": 20, "seats_left": 5}, {"capacity": 20}
    ),
    "step_activity": Call("Announce, begin, finish or cancel", ACTIVITY, {"to": "announced", "operator": "Ines"}),
    "may_register": Call(
        "Whether a member may register",
        {
            "may": False,
            "why_not": {"code": "tier_too_low", "sentence": "From the tier Silver on."},
            "would_be": None,
            "checks": [{"code": "tier_too_low", "sentence": "From the tier Silver on.", "is_met": False}],
            "registration": None,
        },
    ),
    "list_check_ins": Call("Who was scanned at the door", {"next": None, "previous": None, "results": [SCAN]}),
    "check_in": Call(
        "Take scans, also of a while ago",
        {"results": [CAME, NOT_LET_IN]},
        {
            "scans": [
                {"nonce": "door-1-0042", "scanned_at": STARTS, "code": DOOR_CODE, "guests": 1, "device": "door-1"},
                {"nonce": "door-1-0043", "scanned_at": STARTS, "code": DOOR_CODE, "device": "door-1"},
            ],
            "operator": "Ines",
        },
    ),
    "count_guests": Call("How many came who are no members", {"came": 31}, {"came": 31}),
    "registration_code": Call("What a member shows at the door", {"code": DOOR_CODE, "svg": "<svg>…</svg>"}),
    "undo_check_in": Call(
        "Take a wrong check-in back",
        {**CAME, "nonce": "undo-7", "status": "undone", "sentence": "Taken back: they have not come.", "came_at": None},
        {"nonce": "undo-7", "reason": "The badge of somebody else.", "operator": "Ines"},
    ),
    "rate_activity": Call("How a member found it", {**FEEDBACK, "given_at": ENDS, "changed_at": None}, FEEDBACK),
    "list_feedback": Call(
        "What was said of an activity", {"results": [{"stars": 5, "words": FEEDBACK["words"], "name": ""}]}
    ),
    "read_recap": Call("What it was like", {**RECAP, "by": "Ines", "written_at": ENDS}),
    "write_recap": Call(
        "Write down what it was like", {**RECAP, "by": "Ines", "written_at": ENDS}, {**RECAP, "operator": "Ines"}
    ),
    "issue_paper": Call("Issue a certificate", PAPER, {"kind": "certificate", "name_form": "name"}),
    "read_activity_report": Call("What came of an activity", REPORT),
    "list_registrations": Call(
        "Who registered for an activity", {"next": None, "previous": None, "results": [LINE]}
    ),
    "register": Call(
        "Register a member", HELD,
        {"member": "bo", "guests": 1, "answers": {"diet": "Nuts"}, "ticket": "single", "channel": "poster"},
    ),
    "list_tickets": Call(
        "The tickets of an activity, for a member",
        [{**TICKET, "may": True, "why_not": None, "by_pass": PASS},
         {**TICKET, "code": "early", "price": "15.00", "sells_until": NOON, "privilege": None, "may": False,
          "why_not": {"code": "ticket_not_sold", "sentence": "This ticket is not sold any more."}, "by_pass": None}],
    ),
    "put_ticket": Call(
        "Make or change a ticket", TICKET,
        {"names": {"en": "A seat"}, "texts": {"en": "With flour to take home."}, "price": "20.00",
         "privilege": "ten-visits"},
    ),
    "list_ticket_codes": Call(
        "Codes for free tickets", {"next": None, "previous": None, "results": [CODE]}
    ),
    "make_ticket_code": Call(
        "Make a code for free tickets", {**CODE, "uses": 0},
        {"ticket": "single", "uses_max": 10, "partner": "bookshop", "code": "BOOKS-10"},
    ),
    "read_group": Call("A group that buys together", GROUP),
    "list_orders": Call("What was ordered", {"next": None, "previous": None, "results": [ORDER_LINE]}),
    "read_order": Call("Read an order", ORDER),
    "tell_payment": Call(
        "Say that money has come", {**ORDER, "refunded": "0", "refunds": []},
        {"amount": "40.00", "ref": "SEPA 2026-11-25/7", "operator": "Ines"},
    ),
    "refund_order": Call(
        "Give back a part", REFUND, {"amount": "5.00", "reason": "The heating failed.", "operator": "Ines"}
    ),
    "confirm_refund": Call(
        "Say that it was paid back", {**REFUND, "state": "done", "done_at": NOON},
        {"ref": "SEPA 2026-11-26/1", "operator": "Ines"},
    ),
    "read_registration": Call("Read a registration", REGISTRATION),
    "step_registration": Call(
        "Cancel, accept, decline, approve or refuse",
        {**REGISTRATION, "state": "cancelled", "ended_at": "2026-11-25T09:00:00Z", "ended_by": "member"},
        {"step": "cancel"},
    ),
    "member_registrations": Call(
        "What a member registered for", {"next": None, "previous": None, "results": [LINE]}
    ),
}  # fmt: skip
