"""What operators see of members."""

from members.admin import (
    access,
    attributes,
    configuration,
    connections,
    games,
    growth,
    members,
    newcomers,
    notifications,
    segments,
    tiers,
    timeline,
    work_items,
)

__all__ = [
    "access",
    "attributes",
    "configuration",
    "connections",
    "games",
    "growth",
    "members",
    "newcomers",
    "notifications",
    "segments",
    "tiers",
    "timeline",
    "work_items",
]
