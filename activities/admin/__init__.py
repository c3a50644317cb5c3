"""What operators see of activities."""

from activities.admin import activities, proposals, registrations, series

__all__ = ["activities", "proposals", "registrations", "series"]
