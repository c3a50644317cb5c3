"""What operators see of members."""

from members.admin import (
    access,
    attributes,
    configuration,
    connections,
    games,
    members,
    newcomers,
    segments,
    tiers,
    timeline,
)

__all__ = [
    "access",
    "attributes",
    "configuration",
    "connections",
    "games",
    "members",
    "newcomers",
    "segments",
    "tiers",
    "timeline",
]
