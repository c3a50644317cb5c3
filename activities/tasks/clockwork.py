from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from activities.domain import advancing
from activities.domain.orders import pages, refunding
from activities.domain.series import drafting

logger = logging.getLogger(__name__)


@shared_task(name="activities.advance_activities", ignore_result=True)
def advance_activities(**_later: object) -> None:
    """Open, start and finish activities, pass offers on, remind, and find who did not come."""
    done = advancing.advance_activities(now=timezone.now())
    if any(done.values()):
        logger.info("Activities %s", " ".join(f"{name}={count}" for name, count in done.items() if count))


@shared_task(name="activities.carry_out_refunds", ignore_result=True)
def carry_out_refunds(**_later: object) -> None:
    """Ask providers for the refunds that are due, and take back what rules had paid for what went back."""
    count, taken = refunding.carry_out(now=timezone.now()), refunding.take_back_rewards(now=timezone.now())
    if count or taken:
        logger.info("Refunds=%d rewards_taken=%d", count, taken)


@shared_task(name="activities.close_pages", ignore_result=True)
def close_pages(**_later: object) -> None:
    """Close the pages of payment services on which nothing is to be paid any more."""
    count = pages.close_due(now=timezone.now())
    if count:
        logger.info("Pages closed=%d", count)


@shared_task(name="activities.draft_series", ignore_result=True)
def draft_series(**_later: object) -> None:
    """Draft the dates of series that come next."""
    done = drafting.draft_ahead(now=timezone.now())
    if done.made or done.changed or done.removed:
        logger.info("Series made=%d changed=%d removed=%d", done.made, done.changed, done.removed)
