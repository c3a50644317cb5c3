"""Reads a member's timeline, newest first, page by page."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.db.models import Q

from members.models import Event, EventKey

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_PLACE = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,18})", re.ASCII)


class BadCursor(Exception):
    """A text that no timeline gave as the way to its next page."""


@dataclass(frozen=True, slots=True)
class EventName:
    """An event as its source knows it."""

    source: str
    id: str


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """Something that happened. What Laurels itself records has no `id`, but often a `cause`."""

    type: str
    source: str
    id: str | None
    time: datetime
    received_at: datetime
    data: dict[str, Any] | None
    cause: EventName | None


@dataclass(frozen=True, slots=True)
class Timeline:
    lines: list[TimelineLine]
    following: str | None


def timeline_of(
    *,
    member_id: int,
    sources: Collection[str],
    types: Collection[str] = (),
    begins: datetime | None = None,
    ends: datetime | None = None,
    cursor: str = "",
    count: int = 50,
) -> Timeline:
    """A page of the events that these sources, and we ourselves, recorded; `ends` is exclusive. Raises BadCursor."""
    events = Event.objects.filter(Q(source__code__in=sources) | Q(source__is_internal=True), member_id=member_id)
    if types:
        events = events.filter(type__code__in=types)
    if begins is not None:
        events = events.filter(occurred_at__gte=begins)
    if ends is not None:
        events = events.filter(occurred_at__lt=ends)
    if cursor:
        moment, event_id = _read_cursor(cursor)
        events = events.filter(Q(occurred_at__lt=moment) | Q(occurred_at=moment, pk__lt=event_id))
    found = list(events.select_related("type", "source", "payload", "key").order_by("-occurred_at", "-pk")[: count + 1])
    rows, has_more = found[:count], len(found) > count
    causes = _names({event.cause_id for event in rows if event.cause_id}, sources)
    return Timeline([_line(event, causes) for event in rows], _cursor(rows[-1]) if has_more else None)


def _names(event_ids: set[int], sources: Collection[str]) -> dict[int, EventName]:
    keys = EventKey.objects.filter(pk__in=event_ids, source__code__in=sources)
    return {pk: EventName(code, external_id) for pk, code, external_id in keys.values_list(
        "pk", "source__code", "external_id"
    )}  # fmt: skip


def _line(event: Event, causes: dict[int, EventName]) -> TimelineLine:
    key, payload = getattr(event, "key", None), getattr(event, "payload", None)
    return TimelineLine(
        type=event.type.code,
        source=event.source.code,
        id=key.external_id if key is not None else None,
        time=event.occurred_at,
        received_at=event.received_at,
        # None once it was erased.
        data=msgspec.json.decode(payload.data) if payload is not None else None,
        cause=causes.get(event.cause_id or 0),
    )


def _cursor(event: Event) -> str:
    return f"{(event.occurred_at - EPOCH) // MICROSECOND}.{event.pk}"


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    place = _PLACE.fullmatch(cursor[:40])
    moment = _moment(int(place[1])) if place is not None else None
    if place is None or moment is None:
        raise BadCursor("This cursor is not valid; start again without it.")
    return moment, int(place[2])


def _moment(microseconds: int) -> datetime | None:
    try:
        return EPOCH + microseconds * MICROSECOND
    except OverflowError:
        return None
