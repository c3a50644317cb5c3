"""What operators see of members."""

from members.admin import access, attributes, configuration, members, timeline

__all__ = ["access", "attributes", "configuration", "members", "timeline"]
