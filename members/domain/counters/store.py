"""Reads and writes counters' rows, many at a time, on either database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from django.db import connection

ValueKey = tuple[int, int, str, int]
ItemKey = tuple[int, int, str, int, str]

_VALUES = """
SELECT v.member_id, v.counter_id, v.key, v.period, v.value, v.peak
FROM {given} JOIN members_countervalue v
  ON v.member_id = g.member_id AND v.counter_id = g.counter_id AND v.key = g.key
 AND v.period BETWEEN g.low AND g.high
"""
_ITEMS = """
SELECT i.member_id, i.counter_id, i.key, i.period, i.item, i.last_day
FROM {given} JOIN members_counteritem i
  ON i.member_id = g.member_id AND i.counter_id = g.counter_id AND i.key = g.key
 AND i.period = g.low AND i.last_day >= g.high
"""
_POSTGRESQL_GIVEN = (
    "unnest(%s::bigint[], %s::int[], %s::text[], %s::int[], %s::int[]) AS g(member_id, counter_id, key, low, high)"
)
_SQLITE_GIVEN = (
    "(SELECT json_extract(value, '$[0]') AS member_id, json_extract(value, '$[1]') AS counter_id,"
    " json_extract(value, '$[2]') AS key,"
    " json_extract(value, '$[3]') AS low, json_extract(value, '$[4]') AS high"
    " FROM json_each(%s)) AS g"
)


def read_values(ranges: Iterable[tuple[int, int, str, int, int]]) -> Iterator[tuple[ValueKey, int, int]]:
    """Rows of (member, counter, key) with a period from low to high, both included."""
    for row in _read(_VALUES, ranges):
        yield (row[0], row[1], row[2], row[3]), row[4], row[5]


def read_items(ranges: Iterable[tuple[int, int, str, int, int]]) -> Iterator[tuple[ItemKey, int]]:
    """Items of (member, counter, key, period) seen on or after a day."""
    for row in _read(_ITEMS, ranges):
        yield (row[0], row[1], row[2], row[3], row[4]), row[5]


def write_values(rows: Sequence[tuple[ValueKey, int, int]]) -> None:
    """Put the values, sorted by key so that no two writers can wait for each other."""
    _upsert(
        "INSERT INTO members_countervalue (member_id, counter_id, key, period, value, peak)",
        ("bigint", "int", "text", "int", "bigint", "bigint"),
        "ON CONFLICT (member_id, counter_id, key, period) DO UPDATE SET value = excluded.value, peak = excluded.peak",
        [(*key, value, peak) for key, value, peak in rows],
    )


def write_items(rows: Sequence[tuple[ItemKey, int]]) -> None:
    _upsert(
        "INSERT INTO members_counteritem (member_id, counter_id, key, period, item, last_day)",
        ("bigint", "int", "text", "int", "text", "int"),
        "ON CONFLICT (member_id, counter_id, key, period, item) DO UPDATE SET last_day = excluded.last_day",
        [(*key, last_day) for key, last_day in rows],
    )


def delete_values(keys: Sequence[ValueKey]) -> None:
    """Remove runs that were joined to an earlier one."""
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute(
                "DELETE FROM members_countervalue"
                " WHERE member_id = %s AND counter_id = %s AND key = %s AND period = %s",
                list(key),
            )


def _read(query: str, ranges: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    rows = sorted(ranges)
    if not rows:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            columns: list[Any] = [list(column) for column in zip(*rows, strict=True)]
            cursor.execute(query.format(given=_POSTGRESQL_GIVEN), columns)
        else:
            cursor.execute(query.format(given=_SQLITE_GIVEN), [msgspec.json.encode(rows).decode()])
        return list(cursor.fetchall())


def _upsert(insert: str, types: tuple[str, ...], conflict: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            arrays = ", ".join(f"%s::{kind}[]" for kind in types)
            columns: list[Any] = [list(column) for column in zip(*rows, strict=True)]
            cursor.execute(f"{insert} SELECT * FROM unnest({arrays}) {conflict}", columns)
        else:
            marks = ", ".join(["%s"] * len(types))
            cursor.executemany(f"{insert} VALUES ({marks}) {conflict}", rows)
