"""What Celery does for the members app. Every task may run twice, late, or never."""

from members.tasks.connections import advance_connections
from members.tasks.growth import find_rings, measure_growth
from members.tasks.newcomers import advance_newcomers, close_rounds
from members.tasks.notifications import forget_notifications, write_notifications
from members.tasks.timeline import forget_rejections

__all__ = [
    "advance_connections",
    "advance_newcomers",
    "close_rounds",
    "find_rings",
    "forget_notifications",
    "forget_rejections",
    "measure_growth",
    "write_notifications",
]
