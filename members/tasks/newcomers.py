from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from members.domain.games import playing
from members.domain.newcomers import advancing, greeting

logger = logging.getLogger(__name__)


@shared_task(name="members.advance_newcomers", ignore_result=True)
def advance_newcomers(**_later: object) -> None:
    """Watch the first days of whoever joined, and give newcomers somebody to turn to."""
    told, assigned = advancing.advance_newcomers(now=timezone.now()), greeting.assign_greeters(now=timezone.now())
    if told or assigned:
        logger.info("Newcomers told=%d assigned=%d", told, assigned)


@shared_task(name="members.close_rounds", ignore_result=True)
def close_rounds(**_later: object) -> None:
    """Close rounds of games whose time is up."""
    count = playing.close_late(now=timezone.now())
    if count:
        logger.info("Closed rounds=%d", count)
