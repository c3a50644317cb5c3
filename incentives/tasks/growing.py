from __future__ import annotations

import logging

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from incentives.domain.pump import hints
from members.domain.invitations import stages

logger = logging.getLogger(__name__)


@shared_task(name="incentives.advance_referrals", ignore_result=True)
def advance_referrals(**_later: object) -> None:
    """Record how far newcomers have got, so that rules can pay for it."""
    count = stages.advance_referrals(now=timezone.now())
    if count:
        with transaction.atomic():
            hints.wake_on_commit()
        logger.info("Referral stages reached=%d", count)
