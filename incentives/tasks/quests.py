from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from incentives.domain.quests import closing

logger = logging.getLogger(__name__)


@shared_task(name="incentives.close_quests", ignore_result=True)
def close_quests(**_later: object) -> None:
    """Close the quests of members whose time is up."""
    count = closing.close_runs(now=timezone.now())
    if count:
        logger.info("Closed quest runs=%d", count)
