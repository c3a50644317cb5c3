"""Take back what a journal moved, whole or in part, as far as it is still there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

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
    JournalKind.AWARD, JournalKind.DEDUCT, JournalKind.SPEND, JournalKind.CAPTURE, JournalKind.ADJUST,
    JournalKind.OPENING,
)  # fmt: skip


def reverse(
    *, journal_id: int, cause: str, now: datetime, amount: int | None = None, actor: str = "", is_quiet: bool = False
) -> Moved:
    """Take back an award, a deduction or a spending: `amount` of it, or all that has not been taken back before.

    Points that were added are taken from their own lot first, then from the soonest to expire, then as debt down
    to the currency's limit; what cannot be recovered is recorded. Points that were taken go back to the lots they
    came from, a part of them in proportion to what each is still owed, by largest remainder. An award that still
    waits is taken out of `pending`, whole. Reversing twice for one cause does it once; quietly, no message is written
    about it. Raises CannotReverse.
    """
    original = Journal.objects.filter(pk=journal_id).first()
    if original is None or original.kind not in _REVERSIBLE:
        raise CannotReverse("Only awards, deductions, spendings, captures, adjustments and openings can be reversed.")
    currency = Currency.objects.get(pk=original.currency_id)
    member_id = whose_now(original.member_id)
    key = keys.of_reversal(bytes(original.key), cause)
    with transaction.atomic():
        waited = PendingAward.objects.filter(journal_id=journal_id).exists()
        buckets = (AVAILABLE, PENDING) if waited else (AVAILABLE,)
        book, done = begin(member_id, currency, key, now, buckets=buckets)
        if done is not None:
            return done
        entries = _moved_by(original)
        moved = sum(entry.amount for entry in entries)
        record, _ = Reversal.objects.select_for_update().get_or_create(
            journal_id=journal_id, defaults={"amount": abs(moved)}
        )
        wanted = _wanted(record, amount)
        touched = Lot.objects.filter(pk__in={e.lot_id for e in entries}).order_by("is_debt")
        # What had paid a debt names the debt's lot first; its own is the one that the rest went into.
        lots = dict(touched.values_list("pk", "expires_at"))
        bucket = _bucket_of(journal_id, now, is_whole=wanted == record.amount)
        account = book.account(member_id, currency.pk, bucket)
        recovered = _recoverable(account, wanted) if moved > 0 else wanted
        made = open_journal(
            book, account, key, JournalKind.REVERSE, now, actor=actor, reverses_id=journal_id,
            wanted=wanted if recovered < wanted else None, event_id=original.event_id,
        )  # fmt: skip
        if moved > 0:
            _take_back(book, account, made, recovered, first=next(iter(lots.values())))
        else:
            for entry, part in zip(entries, _parts(original, entries, wanted), strict=True):
                if part:
                    book.put(account, made, Contra.REVERSED, part, expires_at=lots[entry.lot_id])
        write(book)
        record.wanted_amount += wanted
        record.reversed_amount += recovered
        record.save(update_fields=["wanted_amount", "reversed_amount"])
        given = -recovered if moved > 0 else recovered
        tell(POINTS_REVERSED, member_id=member_id, currency=currency, amount=given, now=now, is_quiet=is_quiet)
    return Moved(journal_id=made, amount=given, balance=account.balance, unrecovered=wanted - recovered)


def shared_out(amount: int, owed: Sequence[int]) -> list[int]:
    """Share an amount in proportion to what is owed, by largest remainder, the first of equals first.

    The parts sum to the amount, and none is more than what is owed: 10 over 5, 5 and 10 is 3, 2 and 5.
    """
    total = sum(owed)
    assert 0 < amount <= total, "no more is given back than is owed"
    parts = [amount * each // total for each in owed]
    by_remainder = sorted(range(len(owed)), key=lambda place: (-(amount * owed[place] % total), place))
    for place in by_remainder[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def _moved_by(original: Journal) -> list[Entry]:
    """The entries that a reversal answers; of a capture what was redeemed, not what went back."""
    entries = Entry.objects.filter(journal_id=original.pk).order_by("sequence")
    if original.kind == JournalKind.CAPTURE:
        entries = entries.filter(contra=Contra.REDEEMED)
    return list(entries)


def _wanted(record: Reversal, amount: int | None) -> int:
    rest = record.amount - record.wanted_amount
    if not rest:
        raise CannotReverse("This journal was reversed before.")
    if amount is None:
        return rest
    if not 0 < amount <= rest:
        raise CannotReverse(f"Between 1 and {rest} of this journal can be reversed.")
    return amount


def _parts(original: Journal, entries: Sequence[Entry], amount: int) -> list[int]:
    """How much of an amount goes back to each entry's lot, after what went back before."""
    owed = [-entry.amount for entry in entries]
    before = Journal.objects.filter(kind=JournalKind.REVERSE, reverses_id=original.pk).order_by("pk")
    for journal_id in before.values_list("pk", flat=True):
        given = Entry.objects.filter(journal_id=journal_id).aggregate(total=Sum("amount"))["total"]
        owed = [rest - part for rest, part in zip(owed, shared_out(given, owed), strict=True)]
    return shared_out(amount, owed)


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


def _bucket_of(journal_id: int, now: datetime, *, is_whole: bool) -> int:
    """Where the points of a journal lie; an award that waits is withdrawn from pending."""
    waiting = PendingAward.objects.select_for_update().filter(journal_id=journal_id).first()
    if waiting is None or waiting.state == PendingState.MATURED:
        return AVAILABLE
    if waiting.state != PendingState.WAITING:
        raise CannotReverse("This award was never sure and is gone already.")
    if not is_whole:
        raise CannotReverse("An award that still waits can only be reversed whole.")
    waiting.state, waiting.settled_at = PendingState.WITHDRAWN, now
    waiting.save(update_fields=["state", "settled_at"])
    return PENDING
