from __future__ import annotations

import logging
import time

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from incentives.domain import imports
from members.domain.people import import_jobs

logger = logging.getLogger(__name__)

SECONDS_MAX = 20.0


def carry_imports_on_commit() -> None:
    """Have a worker bring tables in once the current transaction has committed; else the next tick does."""
    transaction.on_commit(_send)


def _send() -> None:
    try:
        carry_on_imports.apply_async(retry=False)
    except Exception:
        logger.warning("No hint could be sent; the next tick will carry on", exc_info=True)


@shared_task(name="incentives.carry_on_imports", ignore_result=True)
def carry_on_imports(**_later: object) -> None:
    """Look tables through and store them; what does not fit into one run is handed to the next."""
    started = time.monotonic()
    for pk in imports.carry_on_imports(now=timezone.now(), seconds_max=SECONDS_MAX):
        logger.info("Import %d is over", pk)
    if time.monotonic() - started >= SECONDS_MAX:
        _send()


@shared_task(name="incentives.forget_refusals", ignore_result=True)
def forget_refusals(**_later: object) -> None:
    """Forget what was wrong with lines of tables long ago."""
    count = import_jobs.forget_refusals(now=timezone.now())
    if count:
        logger.info("Forgot refused lines=%d", count)
