"""A book into SQLite: one prepared statement a table, run for every row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import connection

from incentives.domain.ledger.book import Book


def next_id(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def open_accounts(rows: list[tuple[int, int, int, int]]) -> None:
    """Make accounts of (member, currency, bucket, lower bound) where there are none."""
    with connection.cursor() as cursor:
        _each(
            cursor,
            "INSERT INTO incentives_account (member_id, currency_id, bucket, lower_bound, balance, sequence)"
            " VALUES (%s, %s, %s, %s, 0, 0) ON CONFLICT (member_id, currency_id, bucket) DO NOTHING",
            rows,
        )


def write(book: Book) -> None:
    moved = [lot for account in book.accounts.values() for lot in account.lots.values() if lot.is_moved]
    texts: dict[datetime, str] = {}

    def text(moment: datetime) -> str:
        known = texts.get(moment)
        if known is None:
            known = texts[moment] = moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
        return known

    with connection.cursor() as cursor:
        _many(
            cursor,
            "INSERT INTO incentives_journal (id, member_id, currency_id, key, kind, effective_at, event_id, rule_code,"
            " rule_version, effect_number, run, reverses_id, movement, actor, wanted) VALUES ({})",
            [(*row[:5], text(row[5]), *row[6:]) for row in book.journals],
        )
        _many(
            cursor,
            "INSERT INTO incentives_lot (id, account_id, pool, expires_at, is_debt, granted, remaining) VALUES ({})",
            [
                (x.id, x.account_id, x.pool, text(x.expires_at), x.is_debt, x.granted, x.remaining)
                for x in moved
                if x.is_new
            ],
        )
        _each(
            cursor,
            "UPDATE incentives_lot SET granted = %s, remaining = %s WHERE id = %s",
            [(x.granted, x.remaining, x.id) for x in moved if not x.is_new],
        )
        _many(
            cursor,
            "INSERT INTO incentives_entry (id, journal_id, member_id, account_id, contra, lot_id, amount, sequence,"
            " balance_after, posted_at) VALUES ({})",
            [(*row[:9], text(row[9])) for row in book.entries],
        )
        _each(
            cursor,
            "UPDATE incentives_account SET balance = %s, sequence = %s, posted_at = %s WHERE id = %s",
            [(a.balance, a.sequence, text(book.posted_at), a.id) for a in book.accounts.values() if a.is_moved],
        )


def _many(cursor: Any, statement: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        _each(cursor, statement.format(", ".join(["%s"] * len(rows[0]))), rows)


def _each(cursor: Any, statement: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        cursor.executemany(statement, rows)
