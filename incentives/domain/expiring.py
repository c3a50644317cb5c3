"""Tells members that points will expire: 30, 7 and 1 days before, once each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum
from django.utils import timezone

from incentives.domain.ledger import queries
from incentives.domain.pump import hints
from incentives.enums import Bucket
from incentives.models import Account, Currency, ExpiryNotice, Lot
from members.domain.events import telling
from members.domain.outcomes import POINTS_EXPIRING

STAGES = (30, 7, 1)
BATCH_SIZE_MAX, BATCHES_MAX = 500, 100


def tell_expiring(*, now: datetime) -> int:
    """Tell what will expire and was not told at its stage, and return how many times; running it twice tells once.

    Points that come with less time left are told at the next stage only; a stage that was missed is not made up for.
    """
    count = 0
    for currency in Currency.objects.order_by("pk"):
        for latest, soonest in zip(STAGES, (*STAGES[1:], 0), strict=True):
            for _ in range(BATCHES_MAX):
                told = _tell_some(currency, latest, soonest, now)
                count += told
                if told < BATCH_SIZE_MAX:
                    break
    return count


def _tell_some(currency: Currency, days: int, soonest: int, now: datetime) -> int:
    """Tell a batch of those whose points expire within `days`, but not within `soonest`."""
    with transaction.atomic():
        # Whoever tells of a currency holds it, so that two jobs at once tell once.
        Currency.objects.select_for_update(no_key=True).get(pk=currency.pk)
        ours = Account.objects.filter(currency_id=currency.pk, bucket=Bucket.AVAILABLE)
        notices = ExpiryNotice.objects.filter(
            account_id=OuterRef("account_id"), expires_at=OuterRef("expires_at"), days=days
        )
        due = (
            Lot.objects.filter(
                ~Exists(notices),
                Exists(ours.filter(pk=OuterRef("account_id"))),
                expires_at__gt=now + timedelta(days=soonest),
                expires_at__lte=now + timedelta(days=days),
                remaining__gt=0,
            )
            .order_by("expires_at", "account_id")
            .values_list("account_id", "expires_at")
            .annotate(total=Sum("remaining"))
        )
        found = list(due[:BATCH_SIZE_MAX])
        _tell(currency, days, found, now)
    return len(found)


def _tell(currency: Currency, days: int, found: Sequence[tuple[int, datetime, int]], now: datetime) -> None:
    if not found:
        return
    ExpiryNotice.objects.bulk_create(
        [ExpiryNotice(account_id=account_id, expires_at=moment, days=days) for account_id, moment, _ in found]
    )
    members = dict(Account.objects.filter(pk__in=[pk for pk, *_ in found]).values_list("pk", "member_id"))
    told = [
        (members[account_id], {
            "currency": currency.code,
            "amount": f"{queries.major(total, currency.scale):f}",
            "days": days,
            "on": _last_moment(moment).isoformat(),
        })
        for account_id, moment, total in found
    ]  # fmt: skip
    telling.tell(POINTS_EXPIRING, told, now=now)
    hints.wake_on_commit()


def _last_moment(expires_at: datetime) -> datetime:
    """Points end at a midnight of the programme; what people are told is the last day on which they are there."""
    return (expires_at - timedelta(seconds=1)).astimezone(timezone.get_default_timezone())
