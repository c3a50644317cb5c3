"""Makes counters: a new one knows at once what was done before it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from members.domain.counters.book import Addition, CounterBook
from members.domain.counters.compiled import BadCounter, CompiledCounter, compile_counter
from members.domain.counters.periods import local_day
from members.domain.events.schemas import DataSchema, parse_schema
from members.domain.language import exact
from members.enums import CounterKind, CounterWindow, DeadLetterState
from members.models import Counter, CounterItem, CounterValue, Event, Lane

EVENTS_PER_WRITE = 20_000
STREAK_WINDOWS = (CounterWindow.EVER, CounterWindow.DAY, CounterWindow.WEEK)


def check_new_counter(counter: Counter) -> CompiledCounter:
    """Compile a counter that is about to be made. Raises BadCounter, also for what an older counter may still be."""
    if counter.kind == CounterKind.STREAK and counter.window not in STREAK_WINDOWS:
        raise BadCounter(
            f"A streak counts days or weeks in a row, not {counter.window}; write window: day or window: week."
        )
    return compile_counter(counter, parse_schema(counter.event_type.code, counter.event_type.schema))


def make_counter(*, counter: Counter) -> Counter:
    """Save a new counter and count every event of its type that has been judged already.

    Nothing is judged meanwhile: all lanes are held, so an event is counted either here or by its own judging, never
    twice. Takes some seconds for each hundred thousand events of the type. Raises BadCounter, ValidationError.
    """
    schema = parse_schema(counter.event_type.code, counter.event_type.schema)
    check_new_counter(counter)
    counter.full_clean()
    with transaction.atomic():
        list(Lane.objects.select_for_update().order_by("number").values_list("number"))
        counter.save(force_insert=True)
        _backfill(compile_counter(counter, schema), counter, schema)
    return counter


def recount(*, member_ids: Sequence[int], type_ids: Collection[int] | None = None) -> None:
    """Count some members' timelines anew, in the caller's transaction, which holds their lanes.

    With `type_ids` only what counts events of these types.
    """
    counters = Counter.objects.select_related("event_type")
    if type_ids is not None:
        counters = counters.filter(event_type_id__in=type_ids)
    known = [counter.pk for counter in counters]
    CounterValue.objects.filter(member_id__in=member_ids, counter_id__in=known).delete()
    CounterItem.objects.filter(member_id__in=member_ids, counter_id__in=known).delete()
    for counter in counters:
        schema = parse_schema(counter.event_type.code, counter.event_type.schema)
        _backfill(compile_counter(counter, schema), counter, schema, member_ids)


def _backfill(
    compiled: CompiledCounter, counter: Counter, schema: DataSchema, member_ids: Sequence[int] | None = None
) -> None:
    book, size, member_before = _opened(compiled), 0, None
    with exact():
        for addition in _additions(compiled, counter, schema, member_ids):
            if size >= EVENTS_PER_WRITE and addition.member_id != member_before:
                book.write()
                book, size = _opened(compiled), 0
            book.apply(addition)
            size, member_before = size + 1, addition.member_id
    book.write()


def _opened(compiled: CompiledCounter) -> CounterBook:
    book = CounterBook()
    book.know([compiled])
    return book


def _additions(
    compiled: CompiledCounter, counter: Counter, schema: DataSchema, member_ids: Sequence[int] | None
) -> Iterator[Addition]:
    """What each judged event adds, member by member in the order of judging."""
    events = Event.objects.filter(type_id=counter.event_type_id, work__isnull=True)
    if member_ids is not None:
        events = events.filter(member_id__in=member_ids)
    events = events.filter(retraction__isnull=True)
    # A dead letter was not judged; it is counted when it is replayed.
    events = events.exclude(dead_letter__state__in=(DeadLetterState.WAITING, DeadLetterState.DISMISSED))
    has_required = any(not spec.optional for spec in schema.fields.values())
    for member_id, zone_name, occurred_at, data in _rows(events.order_by("member_id", "id")):
        if data is None and has_required:
            continue  # A person's words were erased; what they were counted for went with them.
        try:
            event = schema.decoder.decode(data or "{}")
        except msgspec.ValidationError:
            continue
        found = compiled.reads(event)
        if found is not None:
            yield Addition(compiled, member_id, _day(occurred_at, zone_name), *found)


def _rows(events: QuerySet[Event]) -> Iterator[tuple[int, str, datetime, str | None]]:
    columns = ("member_id", "member__time_zone", "occurred_at", "payload__data")
    yield from events.values_list(*columns).iterator(chunk_size=2_000)


def _day(moment: datetime, zone_name: str) -> int:
    name = zone_name or settings.TIME_ZONE
    return local_day(moment, UTC if name == "UTC" else ZoneInfo(name))
