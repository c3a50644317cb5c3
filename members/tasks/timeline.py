from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from members.domain import rejections

logger = logging.getLogger(__name__)


@shared_task(name="members.forget_rejections", ignore_result=True)
def forget_rejections(**_later: object) -> None:
    """Delete rejections that their senders have had time enough to look at."""
    count = rejections.forget_rejections(now=timezone.now())
    if count:
        logger.info("Forgot rejections=%d", count)
