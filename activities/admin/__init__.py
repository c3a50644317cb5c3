"""What operators see of activities."""

from activities.admin import activities, orders, proposals, registrations

__all__ = ["activities", "orders", "proposals", "registrations"]
