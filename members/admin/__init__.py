"""What operators see of members."""

from members.admin import access, configuration, connections, members, tiers, timeline

__all__ = ["access", "configuration", "connections", "members", "tiers", "timeline"]
