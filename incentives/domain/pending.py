"""Settles awards whose time has come: those that waited for it unlock, those that waited for an event lapse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from incentives.domain import ledger
from incentives.domain.giving_back import give_back
from incentives.domain.ledger import keys
from incentives.domain.ledger.book import AVAILABLE, PENDING
from incentives.domain.ledger.telling import tell
from incentives.enums import PendingState
from incentives.models import Currency, Journal, PendingAward
from members.domain.outcomes import POINTS_MATURED
from members.lanes import lane_of
from members.models import Lane

BATCH_MAX = 200


def settle_due(*, now: datetime, batches_max: int = 20) -> int:
    """Settle what is due in bounded batches and return how many; running it twice settles once."""
    count = 0
    for _ in range(batches_max):
        done = _settle_batch(now)
        count += done
        if done < BATCH_MAX:
            break
    return count


def _settle_batch(now: datetime) -> int:
    due = PendingAward.objects.filter(state=PendingState.WAITING, due_at__lte=now).order_by("due_at", "id")
    found = list(due[:BATCH_MAX])
    if not found:
        return 0
    currencies = {c.pk: c for c in Currency.objects.filter(pk__in={award.currency_id for award in found})}
    with transaction.atomic():
        # Lanes before accounts, like everybody: what lapses gives limits back, which belong to the lane.
        lanes = sorted({lane_of(award.member_id) for award in found if award.until_type_id is not None})
        list(Lane.objects.select_for_update().filter(number__in=lanes).order_by("number"))
        book = ledger.open_book(
            member_ids={award.member_id for award in found},
            currency_ids=currencies,
            buckets=(AVAILABLE, PENDING),
            lower_bounds={pk: -currency.debt_limit for pk, currency in currencies.items()},
        )
        # The accounts are ours now; somebody may have settled one of these while we waited for them.
        awards = list(
            PendingAward.objects.select_for_update()
            .filter(pk__in=[award.pk for award in found], state=PendingState.WAITING)
            .order_by("id")
        )
        for award in awards:
            settle = book.mature if award.until_type_id is None else book.lapse
            settle(award, key=keys.of_settling(award.journal_id), effective_at=award.due_at)
        ledger.write(book)
        _record(awards, currencies, now)
    return len(found)


def _record(awards: Sequence[PendingAward], currencies: dict[int, Currency], now: datetime) -> None:
    journals = Journal.objects.in_bulk([award.journal_id for award in awards])
    for award in awards:
        award.settled_at = now
        award.state = PendingState.MATURED if award.until_type_id is None else PendingState.LAPSED
    PendingAward.objects.bulk_update(awards, ["state", "settled_at"])
    for award in awards:
        if award.state == PendingState.MATURED:
            currency = currencies[award.currency_id]
            tell(POINTS_MATURED, member_id=award.member_id, currency=currency, amount=award.amount, now=now)
        else:
            give_back(journals[award.journal_id], award.amount)
