from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from incentives.domain import expiring
from incentives.domain.missing import cases

logger = logging.getLogger(__name__)


@shared_task(name="incentives.tell_expiring", ignore_result=True)
def tell_expiring(**_later: object) -> None:
    """Tell members of points that will expire."""
    count = expiring.tell_expiring(now=timezone.now())
    if count:
        logger.info("Told of expiry=%d", count)


@shared_task(name="incentives.close_quiet_cases", ignore_result=True)
def close_quiet_cases(**_later: object) -> None:
    """Close cases whose answer nobody has said anything about for two weeks."""
    count = cases.close_quiet(now=timezone.now())
    if count:
        logger.info("Closed cases=%d", count)
