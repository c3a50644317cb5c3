"""A book into PostgreSQL: one statement a table, arrays in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from incentives.domain.ledger.book import Book

JOURNALS = """
INSERT INTO incentives_journal (id, member_id, currency_id, key, kind, effective_at, event_id, rule_code, rule_version,
  effect_number, run, reverses_id, movement, actor, wanted)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::bytea[], %s::smallint[], %s::timestamptz[],
  %s::bigint[], %s::text[], %s::int[], %s::smallint[], %s::smallint[], %s::bigint[], %s::bigint[],
  %s::text[], %s::bigint[])
"""
LOTS_NEW = """
INSERT INTO incentives_lot (id, account_id, pool, expires_at, is_debt, granted, remaining)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[], %s::bool[], %s::bigint[], %s::bigint[])
"""
LOTS_MOVED = """
UPDATE incentives_lot l SET granted = u.granted, remaining = u.remaining
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS u(id, granted, remaining) WHERE l.id = u.id
"""
ENTRIES = """
INSERT INTO incentives_entry (id, journal_id, member_id, account_id, contra, lot_id, amount, sequence, balance_after,
  posted_at)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[], %s::bigint[], %s::bigint[],
  %s::bigint[], %s::bigint[], %s::timestamptz[])
"""
ACCOUNTS = """
UPDATE incentives_account a SET balance = u.balance, sequence = u.sequence, posted_at = u.posted_at
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[]) AS u(id, balance, sequence, posted_at)
WHERE a.id = u.id
"""

OPENED = """
INSERT INTO incentives_account (member_id, currency_id, bucket, lower_bound, balance, sequence)
SELECT *, 0, 0 FROM unnest(%s::bigint[], %s::int[], %s::smallint[], %s::bigint[])
ON CONFLICT (member_id, currency_id, bucket) DO NOTHING
"""


def take_ids(table: str, count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(s) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS s) q,"
            " generate_series(1, %s) ORDER BY 1 DESC",
            [table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def open_accounts(rows: Sequence[tuple[int, int, int, int]]) -> None:
    """Make accounts of (member, currency, bucket, lower bound) where there are none."""
    with connection.cursor() as cursor:
        _run(cursor, OPENED, rows)


def write(book: Book) -> None:
    moved = [lot for account in book.accounts.values() for lot in account.lots.values() if lot.is_moved]
    with connection.cursor() as cursor:
        _run(cursor, JOURNALS, book.journals)
        _run(
            cursor,
            LOTS_NEW,
            [(x.id, x.account_id, x.pool, x.expires_at, x.is_debt, x.granted, x.remaining) for x in moved if x.is_new],
        )
        _run(cursor, LOTS_MOVED, [(x.id, x.granted, x.remaining) for x in moved if not x.is_new])
        _run(cursor, ENTRIES, book.entries)
        _run(
            cursor,
            ACCOUNTS,
            [(a.id, a.balance, a.sequence, book.posted_at) for a in book.accounts.values() if a.is_moved],
        )


def _run(cursor: Any, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    if rows:
        cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])
