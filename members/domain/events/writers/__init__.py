"""Puts finished rows of events into the database: one file for each vendor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from members.domain.events.writers import postgresql, sqlite
from members.domain.events.writers.rows import NewEvent

__all__ = ["NewEvent", "write_alike", "write_events", "write_outcomes"]


def write_events(events: list[NewEvent]) -> dict[int, int]:
    """Insert the events whose (source, id) is new, with key, payload and work, and return position to event id.

    A position that is missing was already there. Runs inside the caller's transaction.
    """
    writer = postgresql if connection.vendor == "postgresql" else sqlite
    return writer.write_events(events) if events else {}


def write_outcomes(
    rows: Sequence[tuple[int, int, int, int | None, object, object, str | None, int | None]],
) -> list[int]:
    """Insert our own outcome events and return their ids, in order.

    A row is (member, type, source, cause or None, occurred_at, received_at, payload or None, lane of its work or None).
    They have no key of their own: (cause, type) tells them apart, and they are written with their cause's judgement.
    """
    writer = postgresql if connection.vendor == "postgresql" else sqlite
    return writer.write_outcomes(rows) if rows else []


def write_alike(
    member_ids: Sequence[int], lanes: Sequence[int | None], *, type_id: int, source_id: int, at: datetime, data: str
) -> None:
    """Insert the same outcome event for many members, without a cause: the same words are sent once."""
    writer = postgresql if connection.vendor == "postgresql" else sqlite
    if member_ids:
        writer.write_alike(member_ids, lanes, type_id=type_id, source_id=source_id, at=at, data=data)
