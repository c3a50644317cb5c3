from __future__ import annotations

import logging
import time

from celery import shared_task
from django.utils import timezone

from incentives.domain import event_import_jobs, imports
from incentives.domain.pump import hints
from members.domain.people import import_steps

logger = logging.getLogger(__name__)

SECONDS_MAX = 20.0


@shared_task(name="incentives.carry_on_imports", ignore_result=True)
def carry_on_imports(**_later: object) -> None:
    """Bring in tables of members and files of events; what does not fit into one run is handed to the next."""
    started = time.monotonic()
    for pk in imports.carry_on_imports(now=timezone.now(), seconds_max=SECONDS_MAX):
        logger.info("Import %d is over", pk)
    left = SECONDS_MAX - (time.monotonic() - started)
    for pk in event_import_jobs.carry_on(now=timezone.now(), seconds_max=left) if left > 0 else ():
        logger.info("Import of events %d is over", pk)
    if time.monotonic() - started >= SECONDS_MAX:
        hints.send(carry_on_imports)


@shared_task(name="incentives.forget_refusals", ignore_result=True)
def forget_refusals(**_later: object) -> None:
    """Forget what was wrong with lines of tables long ago."""
    count = import_steps.forget_refusals(now=timezone.now())
    if count:
        logger.info("Forgot refused lines=%d", count)
