from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from members.domain import work_items
from members.domain.notifications import inbox, mailing, writing

logger = logging.getLogger(__name__)


@shared_task(name="members.write_notifications", ignore_result=True)
def write_notifications(**_later: object) -> None:
    """Tell members of what has happened to them."""
    count = writing.write_notifications(now=timezone.now())
    if count:
        logger.info("Notifications written=%d", count)


@shared_task(name="members.send_emails", ignore_result=True)
def send_emails(**_later: object) -> None:
    """Send by email what its template says goes there as well."""
    count = mailing.send_emails(now=timezone.now())
    if count:
        logger.info("Emails sent=%d", count)


@shared_task(name="members.forget_notifications", ignore_result=True)
def forget_notifications(**_later: object) -> None:
    """Delete notifications of long ago, and what the team noted about things that are long done."""
    now = timezone.now()
    count, items = inbox.forget_notifications(now=now), work_items.forget_old(now=now)
    if count or items:
        logger.info("Forgot notifications=%d work items=%d", count, items)
