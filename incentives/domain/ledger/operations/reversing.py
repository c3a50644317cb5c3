"""Take back what a journal moved, as far as it is still there."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from incentives.domain.ledger import keys
from incentives.domain.ledger.book import AVAILABLE, PENDING, Book, LedgerError
from incentives.domain.ledger.operations.steps import Moved, begin, open_journal
from incentives.domain.ledger.rows import AccountState
from incentives.domain.ledger.store import write
from incentives.domain.ledger.telling import tell
from incentives.enums import Contra, JournalKind, PendingState
from incentives.models import Currency, Entry, Journal, Lot, PendingAward, Reversal
from members.domain.outcomes import POINTS_REVERSED
from members.models import Member


class CannotReverse(LedgerError):
    """This journal cannot be taken back."""


_REVERSIBLE = (
    JournalKind.AWARD, JournalKind.DEDUCT, JournalKind.SPEND, JournalKind.ADJUST, JournalKind.OPENING,
)  # fmt: skip


def reverse(*, journal_id: int, cause: str, now: datetime, actor: str = "", is_quiet: bool = False) -> Moved:
    """Take back a whole award, deduction or spending.

    Points that were added are taken from their own lot first, then from the soonest to expire, then as debt down
    to the currency's limit; what cannot be recovered is recorded. An award that still waits is taken out of
    `pending`, where it is whole. Reversing twice for one cause does it once; quietly, no message is written about it.
    Raises CannotReverse.
    """
    original = Journal.objects.filter(pk=journal_id).first()
    if original is None or original.kind not in _REVERSIBLE:
        raise CannotReverse("Only awards, deductions, spendings, adjustments and openings can be reversed.")
    currency = Currency.objects.get(pk=original.currency_id)
    member_id = whose_now(original.member_id)
    key = keys.of_reversal(bytes(original.key), cause)
    with transaction.atomic():
        waited = PendingAward.objects.filter(journal_id=journal_id).exists()
        buckets = (AVAILABLE, PENDING) if waited else (AVAILABLE,)
        book, done = begin(member_id, currency, key, now, buckets=buckets)
        if done is not None:
            return done
        entries = list(Entry.objects.filter(journal_id=journal_id).order_by("sequence"))
        moved = sum(entry.amount for entry in entries)
        record, _ = Reversal.objects.select_for_update().get_or_create(
            journal_id=journal_id, defaults={"amount": abs(moved)}
        )
        if record.reversed_amount:
            raise CannotReverse("This journal was reversed before.")
        touched = Lot.objects.filter(pk__in={e.lot_id for e in entries}).order_by("is_debt")
        # What had paid a debt names the debt's lot first; its own is the one that the rest went into.
        lots = dict(touched.values_list("pk", "expires_at"))
        account = book.account(member_id, currency.pk, _bucket_of(journal_id, now))
        recovered = _recoverable(account, moved) if moved > 0 else -moved
        made = open_journal(
            book, account, key, JournalKind.REVERSE, now, actor=actor, reverses_id=journal_id,
            wanted=moved if recovered < moved else None, event_id=original.event_id,
        )  # fmt: skip
        if moved > 0:
            _take_back(book, account, made, recovered, first=next(iter(lots.values())))
        else:
            for entry in entries:
                book.put(account, made, Contra.REVERSED, -entry.amount, expires_at=lots[entry.lot_id])
        write(book)
        record.reversed_amount = recovered
        record.save(update_fields=["reversed_amount"])
        amount = -recovered if moved > 0 else recovered
        tell(POINTS_REVERSED, member_id=member_id, currency=currency, amount=amount, now=now, is_quiet=is_quiet)
    return Moved(journal_id=made, amount=amount, balance=account.balance, unrecovered=abs(moved) - recovered)


def whose_now(member_id: int) -> int:
    """Whose points these are now: a merged member's are its survivor's."""
    return Member.objects.values_list("merged_into_id", flat=True).get(pk=member_id) or member_id


def _recoverable(account: AccountState, moved: int) -> int:
    """How much of what was added can be taken back: what is there, and what the member may owe."""
    there = min(moved, max(0, account.balance))
    debt = max(0, min(moved - there, account.balance - there - account.lower_bound))
    if not there + debt:
        raise CannotReverse("Nothing is left to take back, and the currency allows no debt.")
    return there + debt


def _take_back(book: Book, account: AccountState, journal_id: int, amount: int, *, first: datetime) -> None:
    there = min(amount, max(0, account.balance))
    if there:
        book.draw(account, journal_id, Contra.REVERSED, there, first=first)
    if amount > there:
        book.owe(account, journal_id, Contra.REVERSED, amount - there)


def _bucket_of(journal_id: int, now: datetime) -> int:
    """Where the points of a journal lie; an award that waits is withdrawn from pending."""
    waiting = PendingAward.objects.select_for_update().filter(journal_id=journal_id).first()
    if waiting is None or waiting.state == PendingState.MATURED:
        return AVAILABLE
    if waiting.state != PendingState.WAITING:
        raise CannotReverse("This award was never sure and is gone already.")
    waiting.state, waiting.settled_at = PendingState.WITHDRAWN, now
    waiting.save(update_fields=["state", "settled_at"])
    return PENDING
