"""What Celery does for the members app. Every task may run twice, late, or never."""

from members.tasks.connections import advance_connections
from members.tasks.growth import find_rings, measure_growth
from members.tasks.newcomers import advance_newcomers, close_rounds
from members.tasks.notifications import forget_notifications, send_emails, write_notifications
from members.tasks.spaces import admit_waiting, advance_appointments, evaluate_intentions
from members.tasks.timeline import forget_rejections

__all__ = [
    "admit_waiting",
    "advance_appointments",
    "advance_connections",
    "advance_newcomers",
    "close_rounds",
    "evaluate_intentions",
    "find_rings",
    "forget_notifications",
    "forget_rejections",
    "measure_growth",
    "send_emails",
    "write_notifications",
]
