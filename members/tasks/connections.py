from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from members.domain.connections import knowing

logger = logging.getLogger(__name__)


@shared_task(name="members.advance_connections", ignore_result=True)
def advance_connections(**_later: object) -> None:
    """Work out who knows whom by now."""
    count = knowing.advance_connections(now=timezone.now())
    if count:
        logger.info("Connections made=%d", count)
