from __future__ import annotations

import logging

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from incentives.domain import evaluating
from incentives.domain.pump import hints

logger = logging.getLogger(__name__)


@shared_task(name="incentives.evaluate_ladders", ignore_result=True)
def evaluate_ladders(**_later: object) -> None:
    """Decide again who holds which tier: periods end, windows move on, loans and grace are over."""
    for evaluation in evaluating.evaluate_ladders(now=timezone.now()):
        if evaluation.moves or evaluation.warned:
            with transaction.atomic():
                hints.wake_on_commit()
            logger.info("Evaluated %s", evaluation)


@shared_task(name="incentives.evaluate_segments", ignore_result=True)
def evaluate_segments(**_later: object) -> None:
    """Find out who is in which segment now."""
    for change in evaluating.evaluate_segments(now=timezone.now()):
        if change.entered or change.left:
            with transaction.atomic():
                hints.wake_on_commit()
            logger.info("Evaluated %s", change)
