from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from incentives.domain.campaigns import advancing

logger = logging.getLogger(__name__)


@shared_task(name="incentives.advance_campaigns", ignore_result=True)
def advance_campaigns(**_later: object) -> None:
    """Tell members of campaigns that have begun, see who has done what they ask, and end them in time."""
    count = advancing.advance_campaigns(now=timezone.now())
    if count:
        logger.info("Campaigns told=%d", count)
