"""What every movement does: lock, see whether it was done before, expire what is due, and say what moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from incentives.domain.ledger.book import AVAILABLE, Book, InsufficientPoints
from incentives.domain.ledger.rows import AccountState
from incentives.domain.ledger.store import open_book
from incentives.enums import Bucket, JournalKind
from incentives.models import Account, Currency, Entry, Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What an operation did: amounts in minor units. `is_new` is False where it had been done before."""

    journal_id: int
    amount: int
    balance: int
    is_new: bool = True
    unrecovered: int = 0


def begin(
    member_id: int, currency: Currency, key: bytes, now: datetime, *, buckets: Sequence[int] = (AVAILABLE,)
) -> tuple[Book, Moved | None]:
    """Lock the account and see whether this was done before; if not, what is due to expire does so first."""
    book = open_book(
        member_ids=[member_id], currency_ids=[currency.pk], buckets=buckets, lower_bounds=bounds_of(currency)
    )
    done = done_before(member_id, currency, key)
    if done is None:
        book.expire_due(book.account(member_id, currency.pk), now)
    return book, done


def done_before(member_id: int, currency: Currency, key: bytes) -> Moved | None:
    """What was done under this key before; looked up under the account's lock."""
    earlier = Journal.objects.filter(member_id=member_id, key=key).first()
    if earlier is None:
        return None
    accounts = Account.objects.filter(member_id=member_id, currency_id=currency.pk, bucket=Bucket.AVAILABLE)
    account_id = accounts.values_list("pk", flat=True).get()
    entries = Entry.objects.filter(journal_id=earlier.pk, account_id=account_id)
    amount = entries.aggregate(total=Sum("amount"))["total"] or 0
    last = entries.order_by("-sequence").first()
    return Moved(
        journal_id=earlier.pk,
        amount=amount,
        balance=last.balance_after if last else 0,
        is_new=False,
        unrecovered=(earlier.wanted or abs(amount)) - abs(amount),
    )


def open_journal(
    book: Book,
    account: AccountState,
    key: bytes,
    kind: JournalKind,
    effective_at: datetime,
    *,
    actor: str = "",
    movement: int | None = None,
    reverses_id: int | None = None,
    wanted: int | None = None,
    event_id: int | None = None,
) -> int:
    return book.open_journal(
        member_id=account.member_id, currency_id=account.currency_id, key=key, kind=kind.value,
        effective_at=effective_at, movement=movement, reverses_id=reverses_id, actor=actor, wanted=wanted,
        event_id=event_id,
    )  # fmt: skip


def journal_under(book: Book, key: bytes) -> int:
    return next(journal.id for journal in book.journals if journal.key == key)


def need(account: AccountState, amount: int) -> None:
    assert amount > 0, "amounts are positive; the operation says which way they go"
    if account.balance < amount:
        raise InsufficientPoints(amount, max(0, account.balance))


def bounds_of(currency: Currency) -> dict[int, int]:
    return {currency.pk: -currency.debt_limit}
