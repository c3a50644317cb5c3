"""Puts finished rows of events into the database: one file for each vendor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import ModuleType

from django.db import connection, transaction

from members.domain.events.writers import postgresql, sqlite
from members.domain.events.writers.rows import NewEvent
from members.domain.notifications import filing

__all__ = ["NewEvent", "write_alike", "write_events", "write_outcomes"]

Outcome = tuple[int, int, int, int | None, datetime, datetime, str | None, int | None]


def write_events(events: list[NewEvent], *, is_quiet: bool = False) -> dict[int, int]:
    """Insert the events whose (source, id) is new, with key, payload and work, and return position to event id.

    A position that is missing was already there; quietly, no template hears of them. Runs inside the caller's
    transaction.
    """
    if not events:
        return {}
    written: dict[int, int] = _writer().write_events(events)
    if (heard := filing.heard()) and not is_quiet:
        news = [(pk, events[n]) for n, pk in written.items() if events[n].type_id in heard]
        filing.file((pk, event.occurred_at, event.received_at) for pk, event in news)
    return written


def write_outcomes(rows: Sequence[Outcome], *, is_quiet: bool = False) -> list[int]:
    """Insert our own outcome events and return their ids, in order; quietly, no template hears of them.

    A row is (member, type, source, cause or None, occurred_at, received_at, payload or None, lane of its work or None).
    They have no key of their own: (cause, type) tells them apart, and they are written with their cause's judgement.
    """
    if not rows:
        return []
    heard = filing.heard()
    if not heard or is_quiet:
        written: list[int] = _writer().write_outcomes(rows)
        return written
    # Not everybody who tells has opened a transaction; without a savepoint, one that is open is simply joined.
    with transaction.atomic(savepoint=False):
        written = _writer().write_outcomes(rows)
        news = [(pk, row) for pk, row in zip(written, rows, strict=True) if row[1] in heard]
        filing.file((pk, row[4], row[5]) for pk, row in news)
    return written


def write_alike(
    member_ids: Sequence[int], lanes: Sequence[int | None], *, type_id: int, source_id: int, at: datetime, data: str
) -> None:
    """Insert the same outcome event for many members, without a cause: the same words are sent once."""
    if not member_ids:
        return
    if filing.is_heard(type_id):
        # Only this way tells which events they have become.
        pairs = zip(member_ids, lanes, strict=True)
        write_outcomes([(member_id, type_id, source_id, None, at, at, data, lane) for member_id, lane in pairs])
    else:
        _writer().write_alike(member_ids, lanes, type_id=type_id, source_id=source_id, at=at, data=data)


def _writer() -> ModuleType:
    return postgresql if connection.vendor == "postgresql" else sqlite
