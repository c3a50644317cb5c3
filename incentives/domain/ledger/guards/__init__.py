"""Guard triggers: what the database itself refuses, whoever asks.

Installed again after every migration, since rebuilding a table on SQLite silently drops its triggers; and taken away
before it, since a trigger that names the table being rebuilt stops it there.
"""

from __future__ import annotations

from django.db import connection

from incentives.domain.ledger.guards import postgresql, sqlite


def install() -> None:
    """Put every guard in place; running it again changes nothing."""
    statements = postgresql.STATEMENTS if connection.vendor == "postgresql" else sqlite.STATEMENTS
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def make_way() -> None:
    """Take the guards away where migrations rebuild tables, which is on SQLite; `install` brings them back."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for name in sqlite.NAMES:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def missing() -> list[str]:
    """Names of guards that are not in place."""
    if connection.vendor == "postgresql":
        wanted: tuple[str, ...] = postgresql.NAMES
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    else:
        wanted = sqlite.NAMES
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = {row[0] for row in cursor.fetchall()}
    return sorted(set(wanted) - found)
