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
REGISTRATION = {
    **LINE,
    "answers": {"diet": "Nuts"},
    "channel": "poster",
    "ended_by": "",
    "is_late": False,
    "reason": "",
    "is_walk_in": False,
    "place_in_line": None,
}
DRAFT = {
    name: ACTIVITY[name]
    for name in (
        "code", "kind", "names", "summaries", "texts", "language", "space", "starts_at", "ends_at", "zone", "place",
        "capacity", "guests_max", "cancel_until", "tier", "questions",
    )
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
    "host": "ada",
    "speaker": "bo",
}
SERIES_DATES = [
    {"day": "2026-12-01", "starts_at": "2026-12-01T18:00:00Z", "ends_at": "2026-12-01T20:00:00Z",
     "activity": "mending-night-2026-12-01"},
    {"day": "2026-12-22", "starts_at": "2026-12-21T17:00:00Z", "ends_at": "2026-12-21T19:00:00Z",
     "activity": "mending-night-2026-12-22"},
]  # fmt: skip

CALLS: dict[str, Call] = {
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
    "list_registrations": Call(
        "Who registered for an activity", {"next": None, "previous": None, "results": [LINE]}
    ),
    "register": Call(
        "Register a member", REGISTRATION,
        {"member": "bo", "guests": 1, "answers": {"diet": "Nuts"}, "channel": "poster"},
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
