from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from activities.domain import advancing

logger = logging.getLogger(__name__)


@shared_task(name="activities.advance_activities", ignore_result=True)
def advance_activities(**_later: object) -> None:
    """Open, start and finish activities, pass offers on, remind, and find who did not come."""
    done = advancing.advance_activities(now=timezone.now())
    if any(done.values()):
        logger.info("Activities %s", " ".join(f"{name}={count}" for name, count in done.items() if count))
