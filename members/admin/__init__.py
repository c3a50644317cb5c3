"""What operators see of members."""

from members.admin import (
    access,
    attributes,
    configuration,
    connections,
    growth,
    members,
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
    "growth",
    "members",
    "notifications",
    "segments",
    "tiers",
    "timeline",
    "work_items",
]
