from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from incentives.domain import notice

logger = logging.getLogger(__name__)


@shared_task(name="incentives.carry_out_notices", ignore_result=True)
def carry_out_notices(**_later: object) -> None:
    """Tell members what was announced of rules and currencies, and carry out what is due."""
    now = timezone.now()
    told, done = notice.tell_members(now=now), notice.carry_out(now=now)
    if told or done:
        logger.info("Notices told=%d carried_out=%d", told, done)
