"""What operators see of members."""

from members.admin import access, configuration, connections, members, timeline

__all__ = ["access", "configuration", "connections", "members", "timeline"]
