"""What operators see of activities."""

from activities.admin import activities, door, proposals, registrations

__all__ = ["activities", "door", "proposals", "registrations"]
