"""The databases of a run: made from templates, compared by sums, and written to by hand."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from tests.bench.processes import ask

TABLES = {
    "journals": "SELECT count(*), coalesce(sum(length(rule_code)), 0) FROM incentives_journal WHERE rule_code <> 'old'",
    "entries": "SELECT count(*), coalesce(sum(amount), 0) FROM incentives_entry",
    "balances": "SELECT count(*), coalesce(sum(balance), 0), coalesce(sum(sequence), 0) FROM incentives_account",
    "counters": "SELECT count(*), coalesce(sum(value), 0) FROM members_countervalue",
    "limits": "SELECT count(*), coalesce(sum(times), 0) FROM incentives_limituse",
    "judgements": "SELECT count(*) FROM incentives_judgement",
    "events": "SELECT count(*) FROM members_event",
    "work": "SELECT count(*) FROM members_work",
}


class Postgresql:
    """Databases on one server, copied from templates."""

    name = "postgresql"

    def __init__(self, url: str, folder: Path) -> None:
        self.root, self.folder, self.count, self.has_base = url.rpartition("/")[0], folder, 0, False

    def administer(self, statement: str) -> None:
        with psycopg.connect(f"{self.root}/postgres", autocommit=True) as plain:
            plain.execute(statement)  # type: ignore[call-overload]

    def new(self, name: str) -> str:
        """A database with every table and not a row: migrated once, then copied."""
        if not self.has_base:
            self.administer("CREATE DATABASE base")
            ask(f"{self.root}/base", self.folder, "migrate")
            self.has_base = True
        self.administer(f"CREATE DATABASE {name} TEMPLATE base")
        return f"{self.root}/{name}"

    def copy(self, url: str) -> str:
        self.count += 1
        name = f"copy{self.count}"
        self.administer(f"CREATE DATABASE {name} TEMPLATE {url.rpartition('/')[2]}")
        with psycopg.connect(f"{self.root}/{name}", autocommit=True) as plain:
            plain.execute("CHECKPOINT")
        return f"{self.root}/{name}"

    def drop(self, url: str) -> None:
        self.administer(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def sums(self, url: str) -> dict[str, Any]:
        with psycopg.connect(url) as plain:
            return {name: [int(x) for x in plain.execute(query).fetchone()] for name, query in TABLES.items()}  # type: ignore[union-attr,call-overload]

    def replay(self, url: str, batches: list[Any]) -> float:
        """Write the recorded rows with one client, a transaction a batch: the floor."""
        with psycopg.connect(url) as plain:
            plain.execute("SELECT 1")
            plain.commit()
            started = time.perf_counter()
            for batch in batches:
                cursor = plain.cursor()
                for statement, values, many in batch:
                    (cursor.executemany if many else cursor.execute)(statement, values)
                plain.commit()
            return time.perf_counter() - started


class Sqlite:
    """Databases in files."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0

    def new(self, name: str) -> str:
        """A database with every table and not a row."""
        url = f"sqlite:///{self.folder / name}.sqlite3"
        ask(url, self.folder, "migrate")
        return url

    def path(self, url: str) -> Path:
        return Path(url.removeprefix("sqlite:///"))

    def copy(self, url: str) -> str:
        self.count += 1
        target = self.folder / f"copy{self.count}.sqlite3"
        source, made = sqlite3.connect(self.path(url)), sqlite3.connect(target)
        source.backup(made)
        source.close()
        made.close()
        return f"sqlite:///{target}"

    def drop(self, url: str) -> None:
        for path in self.folder.glob(f"{self.path(url).name}*"):
            path.unlink()

    def sums(self, url: str) -> dict[str, Any]:
        plain = sqlite3.connect(self.path(url))
        try:
            return {name: list(plain.execute(query).fetchone()) for name, query in TABLES.items()}
        finally:
            plain.close()

    def replay(self, url: str, batches: list[Any]) -> float:
        plain = sqlite3.connect(self.path(url), isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "recursive_triggers=ON", "cache_size=-65536"):
            plain.execute(f"PRAGMA {pragma}")
        ready = [
            [(statement.replace("%s", "?"), plain_values(values, many=many), many) for statement, values, many in batch]
            for batch in batches
        ]
        started = time.perf_counter()
        for batch in ready:
            plain.execute("BEGIN IMMEDIATE")
            for statement, values, many in batch:
                (plain.executemany if many else plain.execute)(statement, values)
            plain.execute("COMMIT")
        seconds = time.perf_counter() - started
        plain.close()
        return seconds


def plain_values(values: Any, *, many: bool) -> Any:
    if many:
        return [plain_values(row, many=False) for row in values]
    return [
        v.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
        if isinstance(v, datetime) and v.tzinfo
        else str(v)
        if isinstance(v, datetime)
        else v
        for v in values or ()
    ]
