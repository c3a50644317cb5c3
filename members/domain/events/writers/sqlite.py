"""Events into SQLite: its transactions take turns, so what is looked up stays true until the commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from members.domain.events.writers.rows import NewEvent

_PROBES_MAX = 400


def write_events(events: list[NewEvent]) -> dict[int, int]:
    assert connection.in_atomic_block, "the look-up below holds only inside a transaction"
    taken = _taken(events)
    fresh: dict[int, int] = {}
    next_id = _next_id()
    for position, event in enumerate(events):
        key = (event.source_id, event.external_id)
        if key not in taken:
            taken.add(key)
            fresh[position] = next_id + len(fresh)
    new = [(event_id, events[position]) for position, event_id in fresh.items()]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO members_eventkey (event_id, source_id, external_id, digest) VALUES (%s, %s, %s, %s)",
            [(event_id, e.source_id, e.external_id, e.digest) for event_id, e in new],
        )
        cursor.executemany(
            "INSERT INTO members_event (id, member_id, type_id, source_id, occurred_at, received_at, space_id)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    event_id,
                    e.member_id,
                    e.type_id,
                    e.source_id,
                    _naive(e.occurred_at),
                    _naive(e.received_at),
                    e.space_id,
                )
                for event_id, e in new
            ],
        )
        cursor.executemany(
            "INSERT INTO members_eventpayload (event_id, data) VALUES (%s, %s)",
            [(event_id, e.data) for event_id, e in new],
        )
        cursor.executemany(
            "INSERT INTO members_work (event_id, lane, available_at, attempts, run) VALUES (%s, %s, %s, 0, 0)",
            [(event_id, e.lane, _naive(e.received_at)) for event_id, e in new if e.lane is not None],
        )
    return fresh


def write_outcomes(rows: Sequence[tuple[Any, ...]]) -> list[int]:
    first = _next_id()
    ids = list(range(first, first + len(rows)))
    texts = _Texts()
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO members_event (id, member_id, type_id, source_id, cause_id, occurred_at, received_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                (event_id, row[0], row[1], row[2], row[3], texts[row[4]], texts[row[5]])
                for event_id, row in zip(ids, rows, strict=True)
            ],
        )
        cursor.executemany(
            "INSERT INTO members_eventpayload (event_id, data) VALUES (%s, %s)",
            [(event_id, row[6]) for event_id, row in zip(ids, rows, strict=True) if row[6] is not None],
        )
        cursor.executemany(
            "INSERT INTO members_work (event_id, lane, available_at, attempts, run) VALUES (%s, %s, %s, 0, 0)",
            [(event_id, row[7], texts[row[5]]) for event_id, row in zip(ids, rows, strict=True) if row[7] is not None],
        )
    return ids


def write_alike(
    member_ids: Sequence[int], lanes: Sequence[int | None], *, type_id: int, source_id: int, at: Any, data: str
) -> None:
    pairs = zip(member_ids, lanes, strict=True)
    write_outcomes([(member_id, type_id, source_id, None, at, at, data, lane) for member_id, lane in pairs])


def _taken(events: list[NewEvent]) -> set[tuple[int, str]]:
    taken: set[tuple[int, str]] = set()
    by_source: dict[int, list[str]] = {}
    for event in events:
        by_source.setdefault(event.source_id, []).append(event.external_id)
    with connection.cursor() as cursor:
        for source_id, ids in by_source.items():
            for start in range(0, len(ids), _PROBES_MAX):
                part = ids[start : start + _PROBES_MAX]
                marks = ", ".join(["%s"] * len(part))
                cursor.execute(
                    f"SELECT external_id FROM members_eventkey WHERE source_id = %s AND external_id IN ({marks})",
                    [source_id, *part],
                )
                taken.update((source_id, row[0]) for row in cursor.fetchall())
    return taken


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) + 1 FROM members_event")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


class _Texts(dict[Any, str]):
    """Moments as texts; the rows of a batch say the same few again and again."""

    def __missing__(self, moment: Any) -> str:
        text = self[moment] = _naive(moment)
        return text


def _naive(moment: Any) -> str:
    """Django's own text form of a moment on SQLite: UTC without a zone."""
    return str(moment.replace(tzinfo=None).isoformat(" "))
