"""What operators see of members."""

from members.admin import (
    access,
    attributes,
    configuration,
    connections,
    games,
    growth,
    intentions,
    members,
    newcomers,
    notifications,
    roles,
    segments,
    spaces,
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
    "intentions",
    "members",
    "newcomers",
    "notifications",
    "roles",
    "segments",
    "spaces",
    "tiers",
    "timeline",
    "work_items",
]
