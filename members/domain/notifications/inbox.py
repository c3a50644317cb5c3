"""A member's inbox: what stands in it, what was read, what they want, and what is forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from members.enums import MessageKind
from members.models import Member, Notification, NotificationChoice

BATCH_SIZE_MAX, BATCHES_MAX = 1_000, 100
FRESH_MAX = 3


@dataclass(frozen=True, slots=True)
class Inbox:
    """The newest notifications, how many of all are unread, and whether promotions are wanted."""

    lines: list[Notification]
    unread: int
    wants_promotions: bool
    wants_email: bool = True
    has_email: bool = False

    @property
    def fresh(self) -> list[Notification]:
        """The newest of what is unread."""
        return [line for line in self.lines if line.read_at is None][:FRESH_MAX]

    @property
    def earlier(self) -> list[Notification]:
        fresh = {line.pk for line in self.fresh}
        return [line for line in self.lines if line.pk not in fresh]


def inbox_of(member: Member, *, now: datetime, count: int) -> Inbox:
    """A member's inbox in a fixed number of queries."""
    shown = Notification.objects.shown_to(member, now)
    lines, unread = list(shown.order_by("-shown_at", "-id")[:count]), shown.unread().count()
    choice = NotificationChoice.objects.filter(pk=member.pk).first() or NotificationChoice()
    has_email = settings.EMAILS_ARE_SENT and bool(member.email)
    return Inbox(lines, unread, choice.wants_promotions, choice.wants_email, has_email)


def mark_read(*, member: Member, now: datetime, ids: Iterable[int] | None = None) -> int:
    """Mark these, or everything shown so far, as read, and return how many were not before."""
    unread = Notification.objects.shown_to(member, now).unread()
    if ids is not None:
        unread = unread.filter(pk__in=list(ids))
    return unread.update(read_at=now)


def wants_promotions(member_id: int) -> bool:
    return not NotificationChoice.objects.filter(pk=member_id, wants_promotions=False).exists()


def choose(*, member: Member, wants: bool, now: datetime) -> None:
    """Switch promotions off or on. What still waits for the morning goes with them."""
    with transaction.atomic():
        # Whoever writes promotions holds the member: none is written past this choice.
        Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        NotificationChoice.objects.update_or_create(member=member, defaults={"wants_promotions": wants})
        if not wants:
            Notification.objects.filter(member=member, kind=MessageKind.PROMOTION, shown_at__gt=now).delete()


def forget_notifications(*, now: datetime) -> int:
    """Delete what was shown NOTIFICATION_DAYS ago, read or not, and return how many there were.

    Each batch is a transaction of its own; run again, or by two at once, it does no harm.
    """
    before = now - timedelta(days=settings.NOTIFICATION_DAYS)
    count = 0
    for _ in range(BATCHES_MAX):
        old = Notification.objects.filter(shown_at__lt=before).order_by("shown_at").values_list("pk", flat=True)
        batch = list(old[:BATCH_SIZE_MAX])
        count += Notification.objects.filter(pk__in=batch).delete()[0]
        if len(batch) < BATCH_SIZE_MAX:
            break
    return count


def join(survivor: Member, merged: Member) -> None:
    """Give the survivor what the merged one was told; whoever switched promotions or email off did so for both."""
    days = Notification.objects.filter(member=survivor, promotion_day__isnull=False).values("promotion_day")
    Notification.objects.filter(
        member=merged, promotion_day__in=list(days.values_list("promotion_day", flat=True))
    ).delete()
    Notification.objects.filter(member=merged).update(member=survivor)
    refused = NotificationChoice.objects.filter(pk=merged.pk).first() or NotificationChoice()
    for name in ("wants_promotions", "wants_email"):
        if not getattr(refused, name):
            NotificationChoice.objects.update_or_create(member=survivor, defaults={name: False})
    NotificationChoice.objects.filter(pk=merged.pk).delete()


def forget(member: Member) -> None:
    """Remove everything that a member was told, and what they wanted to be told."""
    Notification.objects.filter(member=member).delete()
    NotificationChoice.objects.filter(pk=member.pk).delete()
