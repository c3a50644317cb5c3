"""Guard triggers: what the database itself refuses, whoever asks.

Installed again after every migration, since rebuilding a table on SQLite silently drops its triggers; and taken away
before it, since a trigger that names the table being rebuilt stops it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from incentives.domain.ledger.guards import postgresql, sqlite


@dataclass(frozen=True, slots=True)
class Guards:
    """What guards one table of an app above: by database, the triggers' names and how they are put in place."""

    table: str
    names: dict[str, tuple[str, ...]]
    statements: dict[str, Sequence[str]]


_above: dict[str, Guards] = {}


def add(guards: Guards) -> None:
    """Let a table of an app above be guarded like the ledger; it says so when it is loaded."""
    _above[guards.table] = guards


def install() -> None:
    """Put every guard in place; running it again changes nothing."""
    statements = [*(postgresql.STATEMENTS if connection.vendor == "postgresql" else sqlite.STATEMENTS)]
    # While migrations are taken back a table above may be gone.
    tables = set(connection.introspection.table_names())
    for each in _above.values():
        if each.table in tables:
            statements += each.statements[connection.vendor]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def make_way() -> None:
    """Take the guards away where migrations rebuild tables, which is on SQLite; `install` brings them back."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for name in _wanted():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def missing() -> list[str]:
    """Names of guards that are not in place."""
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = {row[0] for row in cursor.fetchall()}
    return sorted(set(_wanted()) - found)


def _wanted() -> list[str]:
    own = postgresql.NAMES if connection.vendor == "postgresql" else sqlite.NAMES
    return [*own, *(name for each in _above.values() for name in each.names[connection.vendor])]
