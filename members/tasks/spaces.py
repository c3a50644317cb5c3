from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from members.domain.intentions import evaluating
from members.domain.roles import appointing
from members.domain.spaces import joining

logger = logging.getLogger(__name__)


@shared_task(name="members.admit_waiting", ignore_result=True)
def admit_waiting(**_later: object) -> None:
    """Let into spaces who is next in line, where there is room again."""
    count = joining.admit_waiting(now=timezone.now())
    if count:
        logger.info("Let into spaces=%d", count)


@shared_task(name="members.advance_appointments", ignore_result=True)
def advance_appointments(**_later: object) -> None:
    """Begin terms that are due, and end those that are over."""
    count = appointing.advance_appointments(now=timezone.now())
    if count:
        logger.info("Terms begun or ended=%d", count)


@shared_task(name="members.evaluate_intentions", ignore_result=True)
def evaluate_intentions(**_later: object) -> None:
    """Find out who is in which layer of intention."""
    sizes = evaluating.evaluate_intentions(now=timezone.now())
    if sizes:
        logger.info("Intentions %s", sizes)
