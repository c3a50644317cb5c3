"""The events that Laurels itself writes to the timeline. Their types are reserved."""

from __future__ import annotations

from collections.abc import Mapping

INTERNAL_SOURCE = "laurels"

POINTS_AWARDED = "points.awarded"
POINTS_DEDUCTED = "points.deducted"
POINTS_SPENT = "points.spent"
POINTS_ADJUSTED = "points.adjusted"
POINTS_TRANSFERRED = "points.transferred"
POINTS_REVERSED = "points.reversed"
POINTS_MATURED = "points.matured"
SEGMENT_ENTERED, SEGMENT_LEFT = "segment.entered", "segment.left"
TIER_CHANGED, TIER_WARNED = "tier.changed", "tier.warned"
BADGE_GRANTED = "badge.granted"
MEMBER_JOINED = "member.joined"
REFERRAL_JOINED, REFERRAL_BROKE_ICE = "referral.joined", "referral.broke_ice"
REFERRAL_ACTIVE, REFERRAL_RETAINED = "referral.active", "referral.retained"
REFERRAL_REJECTED = "referral.rejected"

_TEXT = {"type": "string", "optional": True}
# What was moved, in major units: above 0 came to the member, below 0 went.
_MOVED = {"currency": {"type": "string"}, "amount": {"type": "decimal", "min": -(10**15), "max": 10**15}}

_REFERRAL = {"channel": _TEXT, "campaign": _TEXT, "depth": {"type": "int", "min": 1, "max": 10_000}}

# How one lane hands an effect to another. Rules cannot listen: what is paid is told as `points.awarded`.
EFFECT_ASSIGNED, EFFECT_WITHDRAWN = "effect.assigned", "effect.withdrawn"
NOT_FOR_RULES = frozenset({EFFECT_ASSIGNED, EFFECT_WITHDRAWN})
_EFFECT = {
    "rule": {"type": "string"},
    "version": {"type": "int", "min": 0, "max": 10**9},
    "effect": {"type": "int", "min": 0, "max": 100},
    "run": {"type": "int", "min": 0, "max": 32_767},
    "amount": {"type": "int", "min": 0, "max": 10**15},
    "cause": {"type": "int", "min": 0, "max": 10**17},
    "match": {"type": "string", "optional": True, "max_length": 200},
}

# Type to (meaning, schema); kept in the database so that rules can listen to them like to any other.
OUTCOME_TYPES: dict[str, tuple[str, Mapping[str, object]]] = {
    MEMBER_JOINED: ("A member was created.", {"channel": _TEXT}),
    REFERRAL_JOINED: ("Somebody joined by invitation.", _REFERRAL),
    REFERRAL_BROKE_ICE: ("An invited newcomer spoke, and somebody answered, within 24 hours.", _REFERRAL),
    REFERRAL_ACTIVE: ("An invited newcomer contributed between day 7 and day 13.", _REFERRAL),
    REFERRAL_RETAINED: ("An invited newcomer contributed between day 30 and day 36.", _REFERRAL),
    REFERRAL_REJECTED: ("A referral was found not to be one.", _REFERRAL),
    POINTS_AWARDED: ("Rules paid points for an event.", {}),
    POINTS_DEDUCTED: ("Rules took points for an event.", {}),
    POINTS_SPENT: ("Points were redeemed.", _MOVED),
    POINTS_ADJUSTED: ("Points were added or taken by hand, or brought from elsewhere.", _MOVED),
    POINTS_TRANSFERRED: ("Points came from, or went to, another member.", _MOVED),
    POINTS_REVERSED: ("A movement was taken back.", _MOVED),
    POINTS_MATURED: ("Points that had waited were unlocked.", _MOVED),
    EFFECT_ASSIGNED: ("A rule pays this member for what another did.", _EFFECT),
    EFFECT_WITHDRAWN: ("What a rule paid this member for another's event was taken back.", _EFFECT),
    TIER_CHANGED: (
        "A member rose or fell on a ladder.",
        {
            "ladder": {"type": "string"},
            "from_tier": _TEXT,
            "to_tier": _TEXT,
            "rose": {"type": "bool"},
            "reason": _TEXT,
        },
    ),
    SEGMENT_ENTERED: ("A member came into a segment.", {"segment": {"type": "string"}}),
    SEGMENT_LEFT: ("A member left a segment.", {"segment": {"type": "string"}}),
    TIER_WARNED: ("A member did not do a tier's duty for a month.", {"ladder": {"type": "string"}, "reason": _TEXT}),
    BADGE_GRANTED: ("A rule granted a badge.", {"badge": {"type": "string"}}),
}
