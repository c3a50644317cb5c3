"""Moves everything one member has to another, lot by lot: what is available, pending and held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from incentives.domain.ledger import keys
from incentives.domain.ledger.book import AVAILABLE, HELD, PENDING, Book
from incentives.domain.ledger.rows import AccountState
from incentives.domain.ledger.store import open_book, write
from incentives.enums import Contra, HoldState, JournalKind, PendingState
from incentives.models import Account, Currency, Hold, PendingAward

BUCKETS = (AVAILABLE, PENDING, HELD)
# What the actor of these transfers begins with: nobody has given anything away.
MERGED = "merge"
TRANSIT = Contra.TRANSIT.value


@dataclass(frozen=True, slots=True)
class Brought:
    """How much came over, available, pending and held together, in minor units; below 0 where a debt was paid."""

    currency: Currency
    amount: int


def move_everything(*, payer_id: int, payee_id: int, now: datetime, actor: str) -> list[Brought]:
    """Move every balance by journals, each lot with its expiry, and holds and waiting awards with their points.

    A debt of the payer's is paid from what the payee has; what is missing stays on the payer's account.
    """
    ids = set(Account.objects.filter(member_id=payer_id).values_list("currency_id", flat=True))
    currencies = Currency.objects.in_bulk(ids)
    book = open_book(
        member_ids=[payer_id, payee_id], currency_ids=currencies, buckets=BUCKETS,
        lower_bounds={pk: -currency.debt_limit for pk, currency in currencies.items()},
    )  # fmt: skip
    brought = []
    for currency_id in sorted(currencies):
        amount = 0
        for bucket in BUCKETS:
            payer, payee = book.account(payer_id, currency_id, bucket), book.account(payee_id, currency_id, bucket)
            if bucket == AVAILABLE:
                book.expire_due(payer, now)
                book.expire_due(payee, now)
            amount += _move(book, payer, payee, now=now, actor=actor)
        if amount:
            brought.append(Brought(currencies[currency_id], amount))
    write(book)
    Hold.objects.filter(member_id=payer_id, state=HoldState.OPEN).update(member_id=payee_id)
    PendingAward.objects.filter(member_id=payer_id, state=PendingState.WAITING).update(member_id=payee_id)
    return brought


def _move(book: Book, payer: AccountState, payee: AccountState, *, now: datetime, actor: str) -> int:
    if payer.balance < 0:
        paid = min(-payer.balance, max(0, payee.balance))
        return -_transfer(book, payee, payer, paid, now=now, actor=actor)
    return _transfer(book, payer, payee, payer.balance, now=now, actor=actor)


def _transfer(book: Book, payer: AccountState, payee: AccountState, amount: int, *, now: datetime, actor: str) -> int:
    if not amount:
        return 0
    out = _open(book, payer, f"to {payee.id}", now, actor, movement=None)
    into = _open(book, payee, f"from {payer.id}", now, actor, movement=out)
    for lot, part in book.draw(payer, out, TRANSIT, amount):
        book.put(payee, into, TRANSIT, part, expires_at=lot.expires_at, pool=lot.pool)
    return amount


def _open(book: Book, account: AccountState, side: str, now: datetime, actor: str, *, movement: int | None) -> int:
    key = keys.of_request(f"merge {account.id}", side)
    return book.open_journal(
        member_id=account.member_id, currency_id=account.currency_id, key=key, kind=JournalKind.TRANSFER.value,
        effective_at=now, movement=movement, actor=f"{MERGED} {actor}".strip(),
    )  # fmt: skip
