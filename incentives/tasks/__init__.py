"""What Celery does for the incentives app. Every task may run twice, late, or never."""

from incentives.tasks.books import expire_due, expire_idle, release_expired_holds, settle_pending
from incentives.tasks.growing import advance_referrals
from incentives.tasks.pumping import pump, wake_waiting_lanes
from incentives.tasks.standing import evaluate_ladders, evaluate_segments

__all__ = [
    "advance_referrals",
    "evaluate_ladders",
    "evaluate_segments",
    "expire_due",
    "expire_idle",
    "pump",
    "release_expired_holds",
    "settle_pending",
    "wake_waiting_lanes",
]
