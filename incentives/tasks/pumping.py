from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from incentives.domain.pump import loop

logger = logging.getLogger(__name__)


@shared_task(name="incentives.pump", ignore_result=True)
def pump(**_later: object) -> None:
    """Drain every lane that has due work and is not held by another worker."""
    drained = loop.drain()
    if drained.events or drained.failures:
        logger.info("Drained %s", drained)


@shared_task(name="incentives.wake_waiting_lanes", ignore_result=True)
def wake_waiting_lanes(**_later: object) -> None:
    """The safety net: whatever hint was lost, due work is found within a tick."""
    if loop.oldest_work_age(now=timezone.now()) is not None:
        pump()
