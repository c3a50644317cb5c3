from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from incentives.domain import pending
from incentives.domain.ledger import operations

logger = logging.getLogger(__name__)


@shared_task(name="incentives.expire_due", ignore_result=True)
def expire_due(**_later: object) -> None:
    """Expire what is due in bounded batches."""
    count = operations.expire_due(now=timezone.now())
    if count:
        logger.info("Expired lots=%d", count)


@shared_task(name="incentives.expire_idle", ignore_result=True)
def expire_idle(**_later: object) -> None:
    """Expire balances that nobody has moved for as long as their currency allows."""
    count = operations.expire_idle(now=timezone.now())
    if count:
        logger.info("Expired idle accounts=%d", count)


@shared_task(name="incentives.settle_pending", ignore_result=True)
def settle_pending(**_later: object) -> None:
    """Unlock awards that have waited long enough; let go of those whose event never came."""
    count = pending.settle_due(now=timezone.now())
    if count:
        logger.info("Settled awards=%d", count)


@shared_task(name="incentives.release_expired_holds", ignore_result=True)
def release_expired_holds(**_later: object) -> None:
    """Give back holds whose time is over."""
    count = operations.release_expired_holds(now=timezone.now())
    if count:
        logger.info("Released holds=%d", count)
