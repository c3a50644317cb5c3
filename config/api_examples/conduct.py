"""Conduct and appeals."""

from __future__ import annotations

from config.api_examples.shared import NOON, Call

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

CALLS: dict[str, Call] = {
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
}
