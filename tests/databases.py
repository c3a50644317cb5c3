"""A database that a test may commit to.

The ledger's guards refuse to be emptied, so a test that needs real commits (threads, processes, a browser) gets a
copy of the migrated test database, and the copy is thrown away.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.utils import translation

from incentives.domain.engine import rulebook
from incentives.domain.privileges import definitions
from members.domain.registry import registry


@contextmanager
def committed_copy(of: str = "") -> Iterator[str]:
    """Point the default connection at a copy of a database (the test database unless told otherwise), and back
    afterwards; yields its name."""
    connections.close_all()
    copy = _copied(of or str(connection.settings_dict["NAME"]))
    try:
        with _pointed_at(copy):
            yield copy
    finally:
        _drop(copy)


@contextmanager
def prepared_copy(prepare: Callable[[], object]) -> Iterator[str]:
    """A copy of the test database that `prepare` has filled, for many tests to copy in turn; yields its name."""
    connections.close_all()
    copy = _copied(str(connection.settings_dict["NAME"]))
    try:
        with _pointed_at(copy):
            prepare()
        yield copy
    finally:
        _drop(copy)


def fresh_memory() -> None:
    """Forget whatever this process has read: two tests may number their rows alike."""
    translation.activate("en")
    rulebook.forget()
    registry.forget()
    definitions.forget()
    cache.clear()


@contextmanager
def shared_transaction() -> Iterator[None]:
    """What is settled here is there for many tests; what each of them does is a savepoint, and goes with it."""
    fresh_memory()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def _pointed_at(name: str) -> Iterator[None]:
    settings = connection.settings_dict
    original = settings["NAME"]
    settings["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        settings["NAME"] = original


def _copied(original: str) -> str:
    if connection.vendor == "postgresql":
        name = f"copy_{uuid.uuid4().hex}"
        _administer(f'CREATE DATABASE "{name}" TEMPLATE "{original}"')
        return name
    path = Path(original).with_name(f"copy-{uuid.uuid4().hex}.sqlite3")
    # Not a copy of the file: what was committed may still stand in the write-ahead log beside it.
    with closing(sqlite3.connect(original)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
    return str(path)


def _drop(name: str) -> None:
    if connection.vendor == "postgresql":
        _administer(f'DROP DATABASE "{name}" WITH (FORCE)')
        return
    for path in Path(name).parent.glob(f"{Path(name).name}*"):
        path.unlink()


def _administer(statement: str) -> None:
    with psycopg.connect(url_of("postgres"), autocommit=True) as plain:
        plain.execute(statement)  # type: ignore[call-overload]


def url_of(name: str) -> str:
    """The address of a database on the test server."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"postgresql://{settings['USER']}@{settings['HOST']}:{settings['PORT']}/{name}"
