from __future__ import annotations

import logging
import time

from celery import shared_task

from incentives.domain.corrections import running
from incentives.domain.pump import hints

logger = logging.getLogger(__name__)

SECONDS_MAX = 20.0


@shared_task(name="incentives.carry_on_corrections", ignore_result=True)
def carry_on_corrections(**_later: object) -> None:
    """Gather, do and undo what is at work; what does not fit into one run is handed to the next."""
    started = time.monotonic()
    count = running.carry_on(seconds_max=SECONDS_MAX)
    if count:
        logger.info("Corrected members=%d", count)
    if time.monotonic() - started >= SECONDS_MAX:
        hints.send(carry_on_corrections)
