"""Pieces of hand-written SQL that are said in two ways: one for PostgreSQL, one for SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import connection

ROWS_MAX = 20_000


def moment(value: datetime | None) -> Any:
    """A moment as a parameter; SQLite keeps UTC without saying so."""
    if value is None or connection.vendor == "postgresql":
        return value
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def aware(value: datetime | str | None) -> datetime | None:
    """A moment as it was read."""
    if value is None:
        return None
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Some:
    """Whom a statement is about: a range of member ids, both ends included, or a list of them."""

    low: int = 0
    high: int = 2**62
    ids: tuple[int, ...] | None = None

    def clause(self, column: str) -> tuple[str, list[Any]]:
        if self.ids is None:
            return f"{column} BETWEEN %s AND %s", [self.low, self.high]
        return among(column, self.ids)


def among(column: str, ids: Sequence[int]) -> tuple[str, list[Any]]:
    """A condition that a column is one of these numbers."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", [list(ids)]
    return f"{column} IN (SELECT value FROM json_each(%s))", [msgspec.json.encode(list(ids)).decode()]


def insert(table: str, columns: dict[str, str], rows: Sequence[tuple[Any, ...]], conflict: str = "") -> None:
    """Insert rows; `columns` maps names to PostgreSQL's types. The rows come sorted by whatever others lock by."""
    if not rows:
        return
    head = f"INSERT INTO {table} ({', '.join(columns)})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for start in range(0, len(rows), ROWS_MAX):
                relation, values = _columns(columns, rows[start : start + ROWS_MAX])
                cursor.execute(f"{head} {relation} {conflict}", values)
        else:
            marks = ", ".join(["%s"] * len(columns))
            plain = [tuple(moment(x) if isinstance(x, datetime) else x for x in row) for row in rows]
            cursor.executemany(f"{head} VALUES ({marks}) {conflict}", plain)


def _columns(columns: dict[str, str], rows: Sequence[tuple[Any, ...]]) -> tuple[str, list[Any]]:
    """Rows as a SELECT: a column that says the same everywhere is sent once, the others as arrays."""
    names, arrays, constants, values = [], [], [], []
    for place, (name, kind) in enumerate(columns.items()):
        said = [row[place] for row in rows]
        if place and all(each == said[0] for each in said):
            names.append(f"%s::{kind}")
            constants.append(said[0])
        else:
            names.append(f"g.{name}")
            arrays.append((name, kind))
            values.append(said)
    relation = f"unnest({', '.join(f'%s::{kind}[]' for _, kind in arrays)}) AS g({', '.join(n for n, _ in arrays)})"
    return f"SELECT {', '.join(names)} FROM {relation}", [*constants, *values]


def given(name: str, columns: dict[str, str], rows: Sequence[tuple[Any, ...]]) -> tuple[str, list[Any]]:
    """A relation of literal rows to join with: `(…) AS name(columns)`."""
    if connection.vendor == "postgresql":
        arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
        values: list[Any] = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in columns]
        return f"unnest({arrays}) AS {name}({', '.join(columns)})", values
    parts = ", ".join(f"json_extract(value, '$[{place}]') AS {column}" for place, column in enumerate(columns))
    plain = [[moment(x) if isinstance(x, datetime) else x for x in row] for row in rows]
    return f"(SELECT {parts} FROM json_each(%s)) AS {name}", [msgspec.json.encode(plain).decode()]


def rows_of(statement: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Everything that a statement finds."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(params))
        return list(cursor.fetchall())


def run(statement: str, params: Sequence[Any]) -> None:
    """Do what a statement says."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(params))
