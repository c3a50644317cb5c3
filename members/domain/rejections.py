"""Forgets what was refused long ago."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from members.models import Rejection

BATCH_SIZE_MAX = 1_000
# What is left over waits for the next run.
BATCHES_MAX = 100


def forget_rejections(*, now: datetime) -> int:
    """Delete rejections older than REJECTION_DAYS, the oldest first, and return how many there were.

    Each batch is a transaction of its own, so intake never waits long; run again, or by two at once, it does no harm.
    """
    before = now - timedelta(days=settings.REJECTION_DAYS)
    count = 0
    for _ in range(BATCHES_MAX):
        old = Rejection.objects.filter(received_at__lt=before).order_by("received_at").values_list("pk", flat=True)
        batch = list(old[:BATCH_SIZE_MAX])
        count += Rejection.objects.filter(pk__in=batch).delete()[0]
        if len(batch) < BATCH_SIZE_MAX:
            break
    return count
