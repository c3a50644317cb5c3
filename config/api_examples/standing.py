"""Tiers, segments and badges."""

from __future__ import annotations

from typing import Any

from config.api_examples.shared import NOON, Call

SEGMENT = {
    "code": "devoted",
    "names": {"en": "Devoted", "zh-hans": "铁杆成员"},
    "kind": "layer",
    "size": 61,
    "evaluated_at": NOON,
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
LEAVE = {"member": "ada", "begins_at": NOON, "ends_at": "2027-01-10T11:00:00Z", "reason": "Paternity."}

FINGERPRINT = "1f6c2a90b7d43e58a6c1-9b0e4d7721c85fa3d6e2"


def _document(silver: int) -> dict[str, Any]:
    """The growth ladder's words with a threshold of silver."""

    def tier(code: str, names: dict[str, str], threshold: int) -> dict[str, Any]:
        return {
            "code": code, "names": names, "threshold": threshold, "keep": None, "demands": [], "duties": [],
            "quota_members": None, "quota_percent": None, "is_by_invitation": False, "invitations_max": None,
        }  # fmt: skip

    return {
        "names": LADDER["names"], "purpose": LADDER["purpose"], "metric": "earned:growth", "window": "year",
        "days": None, "rises": "at_once", "falls": "earned", "validity_days": None, "grace_days": 0,
        "tiers": [
            tier("bronze", {"en": "Bronze", "zh-hans": "青铜"}, 100),
            tier("silver", {"en": "Silver", "zh-hans": "白银"}, silver),
        ],
    }  # fmt: skip


EDIT: dict[str, Any] = {
    "id": "7",
    "ladder": "growth",
    "why": "Too few reach silver.",
    "made_by": "back office",
    "made_at": NOON,
    "before": _document(400),
    "after": _document(300),
    "undoes": None,
    "undone_by": None,
    "gained": None,
}

CALLS: dict[str, Call] = {
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
                "demands": [
                    {
                        "counter": "",
                        "metric": "content:quality",
                        "within_days": 90,
                        "has": "3",
                        "needs": "6",
                        "is_limit": False,
                    }
                ],
                "demands_held": [],
                "needs_invitation": False,
                "invited_into": None,
                "duties": [
                    {
                        "is_done": False,
                        "any_of": [
                            {
                                "counter": "",
                                "metric": metric,
                                "within_days": None,
                                "has": "0",
                                "needs": needs,
                                "is_limit": False,
                            }
                            for metric, needs in (("content:quality", "2"), ("activity:sessions", "1"))
                        ],
                    }
                ],
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
            "fingerprint": FINGERPRINT,
        },
        request={"falls": "step", "tiers": {"silver": {"threshold": 300, "keep": 270}}},
    ),
    "list_ladder_edits": Call("Changes of a ladder", {"next": None, "previous": None, "results": [EDIT]}),
    "change_ladder": Call(
        "Change a ladder as previewed",
        EDIT,
        request={"why": "Too few reach silver.", "fingerprint": FINGERPRINT, "tiers": {"silver": {"threshold": 300}}},
    ),
    "preview_ladder_undo": Call(
        "Who would rise and fall by an undo",
        {
            "rise_count": 0,
            "fall_count": 1,
            "rises": [],
            "falls": [
                {
                    "member": "ada",
                    "display_name": "Ada Lund",
                    "from_tier": "silver",
                    "to_tier": "bronze",
                    "reason": "not_earned",
                    "value": "340",
                }
            ],
            "fingerprint": FINGERPRINT,
        },
    ),
    "undo_ladder_edit": Call(
        "Undo a change of a ladder",
        {
            **EDIT,
            "id": "8",
            "why": "A slip.",
            "before": EDIT["after"],
            "after": EDIT["before"],
            "undoes": "7",
            "gained": {"rises": 3, "falls": 0, "points": {"points": "60"}, "badges": 3, "privileges": 0},
            "was_undone": False,
        },
        request={"why": "A slip.", "fingerprint": FINGERPRINT},
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
}
