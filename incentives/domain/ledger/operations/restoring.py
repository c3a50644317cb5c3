"""Put back what a reversal took: the way home for whoever reversed by mistake."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from incentives.domain.ledger import keys
from incentives.domain.ledger.book import AVAILABLE, PENDING
from incentives.domain.ledger.operations.reversing import CannotReverse, whose_now
from incentives.domain.ledger.operations.steps import Moved, begin, open_journal
from incentives.domain.ledger.store import write
from incentives.domain.ledger.telling import tell
from incentives.enums import Contra, JournalKind, PendingState
from incentives.models import Currency, Entry, Journal, Lot, PendingAward, Reversal
from members.domain.outcomes import POINTS_REVERSED


def restore(*, journal_id: int, cause: str, now: datetime, actor: str = "", is_quiet: bool = False) -> Moved:
    """Undo a reversal: what it took comes back into the lots it was taken from, and can be taken back again later.

    An award that had waited waits again; what expired meanwhile expires on its return. Doing it twice for one cause
    does it once. Raises CannotReverse for what is no reversal that took something, and for one that was undone.
    """
    taken = Journal.objects.filter(pk=journal_id).first()
    if taken is None or taken.kind != JournalKind.REVERSE or taken.reverses_id is None:
        raise CannotReverse("Only a reversal can be undone.")
    currency = Currency.objects.get(pk=taken.currency_id)
    member_id, key = whose_now(taken.member_id), keys.of_reversal(bytes(taken.key), cause)
    with transaction.atomic():
        waited = PendingAward.objects.filter(journal_id=taken.reverses_id).exists()
        buckets = (AVAILABLE, PENDING) if waited else (AVAILABLE,)
        book, done = begin(member_id, currency, key, now, buckets=buckets)
        if done is not None:
            return done
        entries = list(Entry.objects.filter(journal_id=journal_id).order_by("sequence"))
        amount = -sum(entry.amount for entry in entries)
        record = Reversal.objects.select_for_update().get(journal_id=taken.reverses_id)
        if amount <= 0 or record.reversed_amount < amount or _was_restored(taken):
            raise CannotReverse("This reversal took nothing, or was undone before.")
        bucket = _wait_again(taken.reverses_id) if waited else AVAILABLE
        account = book.account(member_id, currency.pk, bucket)
        made = open_journal(
            book, account, key, JournalKind.REVERSE, now, actor=actor, reverses_id=taken.reverses_id,
            event_id=taken.event_id, movement=taken.pk,
        )  # fmt: skip
        lots = dict(Lot.objects.filter(pk__in={e.lot_id for e in entries}).values_list("pk", "expires_at"))
        for entry in entries:
            book.put(account, made, Contra.REVERSED, -entry.amount, expires_at=lots[entry.lot_id])
        if bucket == AVAILABLE:
            book.expire_due(account, now)
        write(book)
        record.reversed_amount -= amount
        record.wanted_amount -= taken.wanted or amount
        record.save(update_fields=["wanted_amount", "reversed_amount"])
        tell(POINTS_REVERSED, member_id=member_id, currency=currency, amount=amount, now=now, is_quiet=is_quiet)
    return Moved(journal_id=made, amount=amount, balance=account.balance)


def _was_restored(taken: Journal) -> bool:
    """Whether this reversal was undone before, for whatever cause; what undoes it names it."""
    return Journal.objects.filter(kind=JournalKind.REVERSE, reverses_id=taken.reverses_id, movement=taken.pk).exists()


def _wait_again(journal_id: int) -> int:
    """The bucket that the reversal took from: an award that had not been sure waits once more."""
    waiting = PendingAward.objects.select_for_update().get(journal_id=journal_id)
    if waiting.state != PendingState.WITHDRAWN:
        return AVAILABLE
    waiting.state, waiting.settled_at = PendingState.WAITING, None
    waiting.save(update_fields=["state", "settled_at"])
    return PENDING
