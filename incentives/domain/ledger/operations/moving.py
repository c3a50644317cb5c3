"""Spend, adjust, open a balance, transfer."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from incentives.domain.ledger import keys
from incentives.domain.ledger.book import LedgerError
from incentives.domain.ledger.operations.steps import (
    Moved,
    begin,
    bounds_of,
    done_before,
    journal_under,
    need,
    open_journal,
)
from incentives.domain.ledger.permits import check_receiver, check_spender
from incentives.domain.ledger.store import open_book, write
from incentives.domain.ledger.telling import tell
from incentives.enums import Contra, JournalKind
from incentives.models import NEVER, Currency, Note
from members.domain.outcomes import POINTS_ADJUSTED, POINTS_SPENT, POINTS_TRANSFERRED


class NotTransferable(LedgerError):
    """Points of this currency stay with whoever earned them."""


def spend(*, member_id: int, currency: Currency, amount: int, key: bytes, now: datetime, actor: str = "") -> Moved:
    """Take points for something redeemed, the soonest to expire first. Raises InsufficientPoints, MayNotSpend."""
    with transaction.atomic():
        book, done = begin(member_id, currency, key, now)
        if done is not None:
            return done
        check_spender(member_id, now)
        account = book.account(member_id, currency.pk)
        need(account, amount)
        journal_id = open_journal(book, account, key, JournalKind.SPEND, now, actor=actor)
        book.draw(account, journal_id, Contra.REDEEMED, amount)
        write(book)
        tell(POINTS_SPENT, member_id=member_id, currency=currency, amount=-amount, now=now)
    return Moved(journal_id=journal_id, amount=-amount, balance=account.balance)


def adjust(
    *,
    member_id: int,
    currency: Currency,
    amount: int,
    key: bytes,
    now: datetime,
    reason: str,
    actor: str = "",
    is_quiet: bool = False,
) -> Moved:
    """Add or take points by hand, with the reason beside the books. Raises InsufficientPoints when taking too many.

    Quietly, no message is written about it.
    """
    assert amount, "an adjustment moves something"
    assert reason, "an adjustment says why"
    with transaction.atomic():
        book, done = begin(member_id, currency, key, now)
        if done is not None:
            return done
        account = book.account(member_id, currency.pk)
        if amount > 0:
            book.award(
                member_id=member_id, currency_id=currency.pk, amount=amount, key=key, effective_at=now,
                kind=JournalKind.ADJUST.value, contra=Contra.ADJUSTED.value, actor=actor,
            )  # fmt: skip
        else:
            need(account, -amount)
            journal_id = open_journal(book, account, key, JournalKind.ADJUST, now, actor=actor)
            book.draw(account, journal_id, Contra.ADJUSTED, -amount)
        journal_id = journal_under(book, key)
        write(book)
        Note.objects.create(journal_id=journal_id, text=reason)
        tell(POINTS_ADJUSTED, member_id=member_id, currency=currency, amount=amount, now=now, is_quiet=is_quiet)
    return Moved(journal_id=journal_id, amount=amount, balance=account.balance)


def open_balance(
    *,
    member_id: int,
    currency: Currency,
    amount: int,
    key: bytes,
    effective_at: datetime,
    expires_at: datetime = NEVER,
    actor: str = "",
) -> Moved:
    """Bring a balance from elsewhere, with its own date and expiry."""
    now = timezone.now()
    with transaction.atomic():
        book, done = begin(member_id, currency, key, now)
        if done is not None:
            return done
        book.award(
            member_id=member_id, currency_id=currency.pk, amount=amount, key=key, effective_at=effective_at,
            expires_at=expires_at, kind=JournalKind.OPENING.value, actor=actor,
        )  # fmt: skip
        write(book)
        tell(POINTS_ADJUSTED, member_id=member_id, currency=currency, amount=amount, now=now)
    return Moved(journal_id=journal_under(book, key), amount=amount, balance=book.balance(member_id, currency.pk))


def transfer(
    *, payer_id: int, payee_id: int, currency: Currency, amount: int, key: bytes, now: datetime, actor: str = ""
) -> Moved:
    """Give points to another member, each lot with its expiry. Two journals, one movement.

    Raises InsufficientPoints, NotTransferable, MayNotSpend and MayNotReceive.
    """
    if not currency.is_transferable:
        raise NotTransferable(f"{currency.code} cannot be given to others.")
    if payer_id == payee_id:
        raise LedgerError("Payer and payee are the same member.")
    with transaction.atomic():
        book = open_book(member_ids=[payer_id, payee_id], currency_ids=[currency.pk], lower_bounds=bounds_of(currency))
        done = done_before(payer_id, currency, key)
        if done is not None:
            return done
        check_spender(payer_id, now)
        check_receiver(payee_id)
        payer, payee = book.account(payer_id, currency.pk), book.account(payee_id, currency.pk)
        book.expire_due(payer, now)
        need(payer, amount)
        journal_id = book.ids.take("journal")
        out = open_journal(book, payer, key, JournalKind.TRANSFER, now, movement=journal_id, actor=actor)
        parts = book.draw(payer, out, Contra.TRANSIT, amount)
        into = open_journal(
            book, payee, keys.of_reversal(key, "payee"), JournalKind.TRANSFER, now, movement=journal_id, actor=actor
        )
        for lot, part in parts:
            book.put(payee, into, Contra.TRANSIT, part, expires_at=lot.expires_at, pool=lot.pool)
        write(book)
        tell(POINTS_TRANSFERRED, member_id=payer_id, currency=currency, amount=-amount, now=now)
        tell(POINTS_TRANSFERRED, member_id=payee_id, currency=currency, amount=amount, now=now)
    return Moved(journal_id=out, amount=-amount, balance=payer.balance)
