"""Hold points, then capture them or give them back."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from incentives.domain.ledger import keys
from incentives.domain.ledger.book import AVAILABLE, HELD, Book, LedgerError
from incentives.domain.ledger.operations.steps import bounds_of, need, open_journal
from incentives.domain.ledger.permits import check_spender
from incentives.domain.ledger.store import open_book, write
from incentives.domain.ledger.telling import tell
from incentives.enums import Contra, HoldState, JournalKind
from incentives.models import Currency, Hold, Journal
from members.domain.outcomes import POINTS_SPENT


class UnknownHold(LedgerError):
    """There is no such hold."""


class HoldClosed(LedgerError):
    """The hold was captured or given back before."""


def hold(
    *,
    member_id: int,
    currency: Currency,
    amount: int,
    key: bytes,
    now: datetime,
    expires_at: datetime,
    actor: str = "",
) -> Hold:
    """Set points aside until `expires_at`, keeping each lot's expiry. Raises InsufficientPoints, MayNotSpend."""
    with transaction.atomic():
        book = open_book(
            member_ids=[member_id],
            currency_ids=[currency.pk],
            buckets=(AVAILABLE, HELD),
            lower_bounds=bounds_of(currency),
        )
        earlier = Journal.objects.filter(member_id=member_id, key=key).first()
        if earlier is not None:
            return Hold.objects.get(pk=uuid.UUID(earlier.actor.rpartition("#")[2]))
        check_spender(member_id, now)
        account, held = book.account(member_id, currency.pk), book.account(member_id, currency.pk, HELD)
        book.expire_due(account, now)
        need(account, amount)
        made = Hold(member_id=member_id, currency_id=currency.pk, amount=amount, expires_at=expires_at)
        journal_id = open_journal(book, account, key, JournalKind.HOLD, now, actor=f"{actor[:40]}#{made.pk}")
        parts = book.draw(account, journal_id, Contra.TRANSIT, amount)
        for lot, part in parts:
            book.put(held, journal_id, Contra.TRANSIT, part, expires_at=lot.expires_at, pool=lot.pool)
        made.parts = [[lot.pool, lot.expires_at.isoformat(), part] for lot, part in parts]
        write(book)
        made.save(force_insert=True)
    return made


def capture(*, hold_id: uuid.UUID, now: datetime, amount: int | None = None, actor: str = "") -> Hold:
    """Redeem what is held, or a part of it; the rest goes back. A second capture raises HoldClosed."""
    with transaction.atomic():
        made, book = _locked_hold(hold_id)
        taken = made.amount if amount is None else amount
        if not 0 < taken <= made.amount:
            raise LedgerError(f"Between 1 and {made.amount} can be captured.")
        _settle(made, book, taken, now=now, state=HoldState.CAPTURED, actor=actor)
    return made


def void(*, hold_id: uuid.UUID, now: datetime, state: HoldState = HoldState.VOIDED, actor: str = "") -> Hold:
    """Give everything back into the lots it came from. What expired meanwhile expires on its return."""
    with transaction.atomic():
        made, book = _locked_hold(hold_id)
        _settle(made, book, 0, now=now, state=state, actor=actor)
    return made


def release_expired_holds(*, now: datetime, count_max: int = 500) -> int:
    """Give back open holds whose time is over; return how many."""
    due = Hold.objects.filter(state=HoldState.OPEN, expires_at__lte=now).values_list("pk", flat=True)[:count_max]
    count = 0
    for hold_id in list(due):
        try:
            void(hold_id=hold_id, now=now, state=HoldState.EXPIRED, actor="timeout")
        except HoldClosed:
            continue
        count += 1
    return count


def _settle(made: Hold, book: Book, taken: int, *, now: datetime, state: HoldState, actor: str) -> None:
    held = book.account(made.member_id, made.currency_id, HELD)
    account = book.account(made.member_id, made.currency_id)
    kind = JournalKind.CAPTURE if taken else JournalKind.VOID
    journal_id = open_journal(book, account, keys.of_request(str(made.pk), "settle"), kind, now, actor=actor)
    rest = taken
    for pool, text, amount in made.parts:
        expires_at = datetime.fromisoformat(text)
        lot = held.lots[pool, expires_at, False]
        part = min(rest, amount)
        rest -= part
        if part:
            book.take_lot(held, journal_id, Contra.REDEEMED, lot, part)
        if amount - part:
            book.take_lot(held, journal_id, Contra.TRANSIT, lot, amount - part)
            book.put(account, journal_id, Contra.TRANSIT, amount - part, expires_at=expires_at, pool=pool)
    # What expired while it was held expires on its return.
    book.expire_due(account, now)
    write(book)
    if taken:
        currency = Currency.objects.get(pk=made.currency_id)
        tell(POINTS_SPENT, member_id=made.member_id, currency=currency, amount=-taken, now=now)
    made.captured, made.voided, made.state = taken, made.amount - taken, state
    made.save(update_fields=["captured", "voided", "state"])


def _locked_hold(hold_id: uuid.UUID) -> tuple[Hold, Book]:
    found = Hold.objects.filter(pk=hold_id).first()
    if found is None:
        raise UnknownHold("There is no such hold.")
    # Accounts before holds: the same order for everybody who moves points.
    book = open_book(member_ids=[found.member_id], currency_ids=[found.currency_id], buckets=(AVAILABLE, HELD))
    made = Hold.objects.select_for_update().get(pk=hold_id)
    if made.state != HoldState.OPEN:
        raise HoldClosed(f"This hold is {made.get_state_display()}.")
    return made, book
