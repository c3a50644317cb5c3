from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from members.domain.invitations import rings, windows

logger = logging.getLogger(__name__)


@shared_task(name="members.measure_growth", ignore_result=True)
def measure_growth(**_later: object) -> None:
    """Measure the weeks of inviting whose answers have all come, and ring where K has fallen."""
    count = windows.measure_windows(now=timezone.now())
    if count:
        logger.info("Growth windows measured=%d", count)
        if (watch := windows.watch()).rings and watch.newest is not None:
            logger.warning("K has fallen k=%s usual=%s base=%d", watch.newest.k, watch.usual, watch.newest.base)


@shared_task(name="members.find_rings", ignore_result=True)
def find_rings(**_later: object) -> None:
    """Put referrals that look like a ring to review."""
    count = rings.find_rings(now=timezone.now())
    if count:
        logger.info("Referrals to review=%d", count)
