"""What operators see of members."""

from members.admin import access, configuration, members, timeline

__all__ = ["access", "configuration", "members", "timeline"]
