"""What operators see of activities."""

from activities.admin import activities, door, orders, proposals, registrations

__all__ = ["activities", "door", "orders", "proposals", "registrations"]
