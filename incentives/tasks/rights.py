from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from incentives.domain.privileges import birthdays, fulfilling, granting

logger = logging.getLogger(__name__)


@shared_task(name="incentives.grant_birthday_gifts", ignore_result=True)
def grant_birthday_gifts(**_later: object) -> None:
    """Grant the gifts of everybody whose birthday has begun where they live."""
    count = birthdays.grant_birthday_gifts(now=timezone.now())
    if count:
        logger.info("Birthday gifts=%d", count)


@shared_task(name="incentives.end_grants", ignore_result=True)
def end_grants(**_later: object) -> None:
    """Tell of privileges whose time is over."""
    count = granting.end_grants(now=timezone.now())
    if count:
        logger.info("Ended grants=%d", count)


@shared_task(name="incentives.tell_overdue", ignore_result=True)
def tell_overdue(**_later: object) -> None:
    """Tell of promises that were not kept in time."""
    count = fulfilling.tell_overdue(now=timezone.now())
    if count:
        logger.info("Overdue promises=%d", count)
