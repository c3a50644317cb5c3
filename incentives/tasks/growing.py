from __future__ import annotations

import logging

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from incentives.domain import contents
from incentives.domain.pump import hints
from members.domain.invitations import stages
from members.domain.needs import ending

logger = logging.getLogger(__name__)


@shared_task(name="incentives.advance_referrals", ignore_result=True)
def advance_referrals(**_later: object) -> None:
    """Record how far newcomers have got, so that rules can pay for it."""
    count = stages.advance_referrals(now=timezone.now())
    if count:
        with transaction.atomic():
            hints.wake_on_commit()
        logger.info("Referral stages reached=%d", count)


@shared_task(name="incentives.advance_contents", ignore_result=True)
def advance_contents(**_later: object) -> None:
    """Find out what was good, and take back what was paid for what is gone."""
    done = contents.advance_contents(now=timezone.now())
    if done:
        logger.info("Contents %s", done)


@shared_task(name="incentives.expire_needs", ignore_result=True)
def expire_needs(**_later: object) -> None:
    """Close needs whose time is over, and tell whom it concerns."""
    count = ending.expire_needs(now=timezone.now())
    if count:
        with transaction.atomic():
            hints.wake_on_commit()
        logger.info("Needs expired=%d", count)
