from __future__ import annotations

import logging
import time

from celery import shared_task
from django.db import transaction

from incentives.domain.corrections import running

logger = logging.getLogger(__name__)

SECONDS_MAX = 20.0


def carry_on_commit() -> None:
    """Have a worker carry on once the current transaction has committed; else the next tick does."""
    transaction.on_commit(_send)


def _send() -> None:
    try:
        carry_on_corrections.apply_async(retry=False)
    except Exception:
        logger.warning("No hint could be sent; the next tick will carry on", exc_info=True)


@shared_task(name="incentives.carry_on_corrections", ignore_result=True)
def carry_on_corrections(**_later: object) -> None:
    """Gather, do and undo what is at work; what does not fit into one run is handed to the next."""
    started = time.monotonic()
    count = running.carry_on(seconds_max=SECONDS_MAX)
    if count:
        logger.info("Corrected members=%d", count)
    if time.monotonic() - started >= SECONDS_MAX:
        _send()
