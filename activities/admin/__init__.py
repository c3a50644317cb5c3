"""What operators see of activities."""

from activities.admin import activities, door, orders, proposals, registrations, series

__all__ = ["activities", "door", "orders", "proposals", "registrations", "series"]
