from activities.admin import activities, registrations

__all__ = ["activities", "registrations"]
