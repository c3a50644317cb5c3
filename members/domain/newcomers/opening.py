"""Notes that a member has opened their points page for the first time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from members.domain.events.telling import tell
from members.domain.outcomes import PAGE_OPENED
from members.models import Member


def note_opening(member: Member, *, now: datetime) -> bool:
    """Tell it once in a member's life; False ever after."""
    with transaction.atomic():
        # Of two tabs that open at once one is the first.
        is_first = Member.objects.filter(pk=member.pk, page_opened_at__isnull=True).update(page_opened_at=now) > 0
        if is_first:
            tell(PAGE_OPENED, [(member.pk, {})], now=now)
    return is_first
