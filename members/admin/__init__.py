"""What operators see of members."""

from members.admin import access, configuration, members, segments, tiers, timeline

__all__ = ["access", "configuration", "members", "segments", "tiers", "timeline"]
