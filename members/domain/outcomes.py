"""The events that Laurels itself writes to the timeline. Their types are reserved."""

INTERNAL_SOURCE = "laurels"

POINTS_AWARDED = "points.awarded"
POINTS_DEDUCTED = "points.deducted"
TIER_CHANGED = "tier.changed"
BADGE_GRANTED = "badge.granted"
MEMBER_JOINED = "member.joined"

_TEXT = {"type": "string", "optional": True}

# Type to (meaning, schema); kept in the database so that rules can listen to them like to any other.
OUTCOME_TYPES: dict[str, tuple[str, dict[str, object]]] = {
    MEMBER_JOINED: ("A member was created.", {"channel": _TEXT}),
    POINTS_AWARDED: ("Rules paid points for an event.", {}),
    POINTS_DEDUCTED: ("Rules took points for an event.", {}),
    TIER_CHANGED: (
        "A member rose or fell on a ladder.",
        {
            "ladder": {"type": "string"},
            "from_tier": _TEXT,
            "to_tier": _TEXT,
            "rose": {"type": "bool"},
        },
    ),
    BADGE_GRANTED: ("A rule granted a badge.", {"badge": {"type": "string"}}),
}
