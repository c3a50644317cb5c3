"""What operators see of activities."""

from activities.admin import activities, proposals, registrations

__all__ = ["activities", "proposals", "registrations"]
