"""Let points go whose time has come, or that nobody has moved for long."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from incentives.domain.ledger.store import open_book, write
from incentives.enums import Bucket
from incentives.models import NEVER, Account, Currency, Lot
from members.domain.counters.periods import midnight

EXPIRY_BATCH_MAX = 500


def expire_due(*, now: datetime, batches_max: int = 20) -> int:
    """Expire what remains in lots whose moment has come; return how many lots. Running it twice does it once."""
    count = 0
    for _ in range(batches_max):
        done = _expire_batch(now)
        count += done
        if done < EXPIRY_BATCH_MAX:
            break
    return count


def expire_idle(*, now: datetime, batches_max: int = 20) -> int:
    """Expire balances that have not moved for as long as their currency's policy says; return how many.

    `{"kind": "idle", "days": N}`: N days after the local day of an account's newest entry, at midnight of the
    programme. Points with an expiry of their own keep it.
    """
    zone = timezone.get_default_timezone()
    count = 0
    for currency in Currency.objects.filter(expiry__kind="idle").order_by("pk"):
        policy = currency.expiry_at(now)
        if policy.get("kind") != "idle":
            continue
        days = timedelta(days=policy["days"])
        quiet_since = midnight(now.astimezone(zone).date() - days + timedelta(days=1), zone)
        for _ in range(batches_max):
            done = _expire_idle_batch(currency, quiet_since, days, zone)
            count += done
            if done < EXPIRY_BATCH_MAX:
                break
    return count


def _expire_batch(now: datetime) -> int:
    # What is pending or held is not expired there, but when it comes out.
    ours = Account.objects.filter(pk=OuterRef("account_id"), bucket=Bucket.AVAILABLE)
    due = Lot.objects.filter(Exists(ours), remaining__gt=0, expires_at__lte=now).order_by("expires_at", "id")
    account_ids = list(due.values_list("account_id", flat=True)[:EXPIRY_BATCH_MAX])
    owners = list(
        Account.objects.filter(pk__in=account_ids, bucket=Bucket.AVAILABLE).values_list("member_id", "currency_id")
    )
    if not owners:
        return 0
    with transaction.atomic():
        book = open_book(member_ids={m for m, _ in owners}, currency_ids={c for _, c in owners})
        count = 0
        for account in book.accounts.values():
            count += book.expire_due(account, now)
        write(book)
    return count


def _expire_idle_batch(currency: Currency, quiet_since: datetime, days: timedelta, zone: tzinfo) -> int:
    lasting = Lot.objects.filter(account_id=OuterRef("pk"), expires_at=NEVER, remaining__gt=0)
    idle = Account.objects.filter(
        Exists(lasting), currency_id=currency.pk, bucket=Bucket.AVAILABLE, posted_at__lt=quiet_since
    ).order_by("pk")
    member_ids = list(idle.values_list("member_id", flat=True)[:EXPIRY_BATCH_MAX])
    if not member_ids:
        return 0
    count = 0
    with transaction.atomic():
        book = open_book(member_ids=member_ids, currency_ids=[currency.pk])
        for account in book.accounts.values():
            # Somebody may have moved it while we waited for its lock.
            if account.posted_at is None or account.posted_at >= quiet_since:
                continue
            due_at = midnight(account.posted_at.astimezone(zone).date() + days, zone)
            for lot in [lot for lot in account.lots.values() if lot.remaining > 0 and lot.expires_at >= NEVER]:
                book.expire_lot(account, lot, due_at=due_at)
            count += 1
        write(book)
    return count
