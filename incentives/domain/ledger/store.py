"""Opens books: locks accounts in order of id, reads their lots, and hands the decided rows to the writer."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import IntegrityError, connection
from django.utils import timezone

from incentives.domain.ledger.book import Book
from incentives.domain.ledger.rows import AccountState, LotState
from incentives.domain.ledger.writers import postgresql, sqlite
from incentives.enums import Bucket
from incentives.models import Journal, Lot
from members.domain.sql import aware, moment

ID_BLOCK = 1_000
_TABLES = {"journal": "incentives_journal", "entry": "incentives_entry", "lot": "incentives_lot"}


class AlreadyPosted(Exception):
    """A key of the book is in the ledger already: somebody was faster. Roll back and look again."""


class PostgresqlIds:
    """Ids from the sequences, a block at a time; what a batch leaves over serves this thread's next one."""

    _left = threading.local()

    def take(self, table: str) -> int:
        blocks: dict[str, list[int]] = self._left.__dict__.setdefault(connection.settings_dict["NAME"], {})
        block = blocks.get(table)
        if not block:
            block = blocks[table] = postgresql.take_ids(_TABLES[table], ID_BLOCK)
        return block.pop()


class SqliteIds:
    """Ids counted on from the highest: the transaction is the only writer there is."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}

    def take(self, table: str) -> int:
        following = self._next.get(table)
        if following is None:
            following = sqlite.next_id(_TABLES[table])
        self._next[table] = following + 1
        return following


def open_book(
    *,
    member_ids: Iterable[int],
    currency_ids: Iterable[int],
    buckets: Sequence[int] = (Bucket.AVAILABLE.value,),
    lower_bounds: dict[int, int] | None = None,
) -> Book:
    """Lock the accounts of these members in these currencies for the rest of the transaction.

    Missing ones are opened first, `lower_bounds` (by currency, at most 0) saying how far they may ever fall.
    Every writer locks in order of account id, so two can never wait for each other.
    """
    assert connection.in_atomic_block, "locks last only as long as a transaction"
    wanted = {(m, c, b) for m in set(member_ids) for c in set(currency_ids) for b in buckets}
    accounts = _locked(wanted)
    missing = sorted(wanted - accounts.keys())
    if missing:
        bounds = lower_bounds or {}
        _writer().open_accounts([(m, c, b, bounds.get(c, 0) if b == 1 else 0) for m, c, b in missing])
        accounts |= _locked(set(missing))
    _read_lots(accounts.values())
    ids: Any = PostgresqlIds() if connection.vendor == "postgresql" else SqliteIds()
    last = max((a.posted_at for a in accounts.values() if a.posted_at is not None), default=None)
    read_at = _clock()
    return Book(accounts, ids, read_at if last is None or read_at >= last else last, _find_lot)


def write(book: Book) -> None:
    """Put down what was decided: journals, lots, entries, accounts, in this order, for the guards look from the end.

    Raises AlreadyPosted if a key is there already.
    """
    if not book.entries:
        return
    try:
        _writer().write(book)
    except IntegrityError as error:
        if "effect_posted_once" in str(error) or "incentives_journal.key" in str(error):
            raise AlreadyPosted(str(error)) from error
        raise


def _writer() -> Any:
    return postgresql if connection.vendor == "postgresql" else sqlite


def posted_keys(member_ids: Iterable[int], keys: Iterable[bytes]) -> set[bytes]:
    """Which of the keys are in the ledger."""
    found = Journal.objects.filter(member_id__in=set(member_ids), key__in=set(keys))
    return {bytes(key) for key in found.values_list("key", flat=True)}


def _locked(wanted: set[tuple[int, int, int]]) -> dict[tuple[int, int, int], AccountState]:
    if not wanted:
        return {}
    members, currencies, buckets = (sorted(set(column)) for column in zip(*wanted, strict=True))
    columns = "id, member_id, currency_id, bucket, balance, sequence, lower_bound, posted_at"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"SELECT {columns} FROM incentives_account WHERE member_id = ANY(%s) AND currency_id = ANY(%s)"
                " AND bucket = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                [members, currencies, buckets],
            )
        else:
            cursor.execute(
                f"SELECT {columns} FROM incentives_account"
                " WHERE member_id IN (SELECT value FROM json_each(%s))"
                " AND currency_id IN (SELECT value FROM json_each(%s)) AND bucket IN (SELECT value FROM json_each(%s))",
                [msgspec.json.encode(each).decode() for each in (members, currencies, buckets)],
            )
        rows = cursor.fetchall()
    states = {
        (row[1], row[2], row[3]): AccountState(row[0], row[1], row[2], row[3], row[4], row[5], row[6], aware(row[7]))
        for row in rows
    }
    return {key: state for key, state in states.items() if key in wanted}


def _read_lots(accounts: Iterable[AccountState]) -> None:
    by_id = {account.id: account for account in accounts}
    if not by_id:
        return
    columns = "id, account_id, pool, expires_at, is_debt, granted, remaining"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"SELECT {columns} FROM incentives_lot"
                " WHERE account_id = ANY(%s) AND (remaining <> 0 OR expires_at > now())",
                [sorted(by_id)],
            )
        else:
            cursor.execute(
                f"SELECT {columns} FROM incentives_lot"
                " WHERE account_id IN (SELECT value FROM json_each(%s)) AND (remaining <> 0 OR expires_at > %s)",
                [msgspec.json.encode(sorted(by_id)).decode(), moment(timezone.now())],
            )
        for row in cursor.fetchall():
            _add_lot(by_id[row[1]], row)


def _find_lot(account: AccountState, pool: str, expires_at: datetime) -> LotState | None:
    """Look for a lot that is past and used up, which opening a book leaves out."""
    row = (
        Lot.objects.filter(account_id=account.id, pool=pool, expires_at=expires_at, is_debt=False)
        .values_list("id", "account_id", "pool", "expires_at", "is_debt", "granted", "remaining")
        .first()
    )
    return _add_lot(account, row) if row is not None else None


def _add_lot(account: AccountState, row: Sequence[Any]) -> LotState:
    expires_at = aware(row[3])
    assert expires_at is not None
    lot = LotState(row[0], row[1], row[2], expires_at, bool(row[4]), row[5], row[6])
    account.lots[lot.pool, lot.expires_at, lot.is_debt] = lot
    return lot


def _clock() -> datetime:
    """The database's clock, read after the locks: later than everything this transaction waited for."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None
    read_at: datetime = row[0]
    return read_at
