"""Events in: the one way onto a member's timeline. The commit of `record_events` is the promise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db import transaction

from members.domain.events import envelopes
from members.domain.events.envelopes import Bounds, Item, Refused
from members.domain.events.writers import NewEvent, write_events
from members.domain.joining import Arrival, tell_joined
from members.domain.registry import registry
from members.lanes import lane_of
from members.models import EventKey, Member, Rejection, Space

Verdict = Literal["accepted", "duplicate", "conflict", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one item; `pointer` is a JSON pointer into the request."""

    verdict: Verdict
    source: str = ""
    id: str = ""
    event_id: int | None = None
    code: str = ""
    sentence: str = ""
    pointer: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a request: one result an item, in order, and the lanes that got work."""

    results: list[Result]
    lanes: frozenset[int]


def default_bounds() -> Bounds:
    return Bounds(
        events_max=settings.EVENTS_PER_REQUEST_MAX,
        event_bytes_max=settings.EVENT_BYTES_MAX,
        request_bytes_max=settings.REQUEST_BYTES_MAX,
    )


def record_events(
    *,
    items: Sequence[bytes],
    allowed_sources: frozenset[str] | None,
    now: datetime,
    dry_run: bool = False,
    bounds: Bounds | None = None,
    is_quiet: bool = False,
    is_judged: bool = True,
) -> Receipt:
    """Check every item and file those that are good, in one transaction.

    An item that was filed before with the same content is a duplicate, with other content a conflict; both
    change nothing, so a sender may repeat a request after any failure. One bad item never rejects its
    neighbours. `allowed_sources` limits in whose name the caller may report (None: any but our own). Quietly, no
    message is written about the events, and no rule hears that those whom they bring have joined; not judged, they
    stand on the timeline and nothing more.
    """
    bounds = bounds or default_bounds()
    registry.refresh()
    if any(not _is_known(raw) for raw in items):
        registry.refresh(force=True)
    read = [_read(raw, now=now, bounds=bounds, allowed=allowed_sources) for raw in items]
    if dry_run:
        return _file(read, now=now, dry_run=True)
    with transaction.atomic():
        return _file(read, now=now, dry_run=False, is_quiet=is_quiet, is_judged=is_judged)


def _is_known(raw: bytes) -> bool:
    """Guess cheaply whether the item's type is registered; a wrong guess costs one look at the database."""
    try:
        envelope = envelopes.peek(raw)
    except Refused:
        return True
    return envelope.type in registry.schemas and envelope.source in registry.sources


def _read(raw: bytes, *, now: datetime, bounds: Bounds, allowed: frozenset[str] | None) -> Item | Result:
    try:
        item = envelopes.read(raw, registry.schemas, bounds, now, timedelta(seconds=settings.FUTURE_SECONDS_MAX))
        _check_source(item, allowed)
    except Refused as error:
        source, external_id, ref = envelopes.names_in(raw)
        return Result(
            verdict="rejected",
            source=source,
            id=external_id,
            ref=ref,
            code=error.code,
            sentence=error.sentence,
            pointer=error.pointer,
        )
    return item


def _check_source(item: Item, allowed: frozenset[str] | None) -> None:
    source = registry.sources.get(item.source)
    if source is None:
        known = ", ".join(sorted(s.code for s in registry.sources.values() if not s.is_internal)) or "none yet"
        sentence = f"There is no source {item.source!r}; an operator can add it. Known sources: {known}."
        raise Refused("unknown_source", sentence, "/source")
    if source.is_internal or (allowed is not None and item.source not in allowed):
        raise Refused("forbidden_source", f"This key may not report events of {item.source!r}.", "/source")


def _file(
    read: list[Item | Result], *, now: datetime, dry_run: bool, is_quiet: bool = False, is_judged: bool = True
) -> Receipt:
    results: dict[int, Result] = {i: each for i, each in enumerate(read) if isinstance(each, Result)}
    items = {i: each for i, each in enumerate(read) if isinstance(each, Item)}
    spaces = _spaces_of(items.values(), dry_run=dry_run)
    for i in [i for i, item in items.items() if item.space is not None and item.space not in spaces]:
        results[i] = _unknown_space(items.pop(i))
    members, woken = _members_of(items.values(), now=now, dry_run=dry_run, is_quiet=is_quiet)
    places: list[int] = []
    events: list[NewEvent] = []
    for i, item in items.items():
        member_id = members.get(item.subject)
        if member_id is None:
            results[i] = _unknown_member(item)
            continue
        places.append(i)
        lane = lane_of(member_id) if is_judged else None
        events.append(_new_event(item, member_id, now, lane=lane, space_id=spaces.get(item.space)))
    written = {} if dry_run else write_events(events, is_quiet=is_quiet)
    lanes = woken | {lane for position in written if (lane := events[position].lane) is not None}
    for position, event_id in written.items():
        item = items[places[position]]
        results[places[position]] = Result(verdict="accepted", source=item.source, id=item.id, event_id=event_id)
    known = [position for position in range(len(events)) if position not in written]
    for position, result in _compared(known, events, dry_run=dry_run):
        item = items[places[position]]
        results[places[position]] = replace(result, source=item.source, id=item.id, ref=item.subject)
    receipt = Receipt(results=[results[i] for i in range(len(read))], lanes=lanes)
    if not dry_run:
        _keep_rejections(receipt.results, now=now)
    return receipt


def _members_of(
    items: Iterable[Item], *, now: datetime, dry_run: bool, is_quiet: bool
) -> tuple[dict[str, int], frozenset[int]]:
    """Map the refs of the items to member ids, creating members where their source says so.

    Returns the lanes that got work by that as well.
    """
    items = list(items)
    wanted = {item.subject for item in items}
    members = Member.objects.ids_by_ref(wanted) if wanted else {}
    missing = {item.subject: item for item in reversed(items) if item.subject not in members and _creates_members(item)}
    if missing and dry_run:
        return members | dict.fromkeys(missing, 0), frozenset()
    if not missing:
        return members, frozenset()
    made, lanes = _create(missing, now=now, is_quiet=is_quiet)
    return members | made, lanes


def _create(missing: Mapping[str, Item], *, now: datetime, is_quiet: bool) -> tuple[dict[str, int], frozenset[int]]:
    """Make a member for each ref, as of the first item about them, and tell that they have joined."""
    # In order of ref, so that two requests that bring the same newcomers cannot wait for each other.
    made = {
        member.public_id: member
        for ref in sorted(missing)
        for member in [Member(ref=ref, joined_at=missing[ref].occurred_at or now)]
    }
    Member.objects.bulk_create(made.values(), ignore_conflicts=True)
    found = list(Member.objects.filter(ref__in=missing).values_list("ref", "id", "public_id"))
    # Whom another request has made meanwhile has an id that we did not draw, and was told by that request.
    ours = [
        Arrival(member_id, made[public_id].joined_at, channel=missing[ref].source)
        for ref, member_id, public_id in found
        if public_id in made
    ]
    return {ref: member_id for ref, member_id, _ in found}, tell_joined(ours, now=now, is_quiet=is_quiet)


def _creates_members(item: Item) -> bool:
    """Whether an event may bring its own member; into a closed community only an invitation leads."""
    return registry.sources[item.source].creates_members and not settings.CLOSED_COMMUNITY


def _spaces_of(items: Iterable[Item], *, dry_run: bool) -> dict[str | None, int]:
    """Map the spaces that items name to their numbers, making those that are missing where their source says so.

    Nothing is asked where no item names one.
    """
    wanted = {item.space: item for item in items if item.space is not None}
    if not wanted:
        return {}
    found: dict[str | None, int] = dict(Space.objects.filter(ref__in=wanted).values_list("ref", "id"))
    new = sorted(
        ref for ref, item in wanted.items() if ref not in found and registry.sources[item.source].creates_spaces
    )
    if new and dry_run:
        return found | dict.fromkeys(new, 0)
    for ref in new:
        # Two requests may bring the same space; whoever is second takes it as it is.
        found[ref] = Space.objects.get_or_create(ref=ref)[0].pk
    return found


def _unknown_space(item: Item) -> Result:
    return Result(
        verdict="rejected",
        source=item.source,
        id=item.id,
        ref=item.subject,
        code="unknown_space",
        sentence=f"There is no space {item.space!r}; an operator can add it, or leave space out.",
        pointer="/space",
    )


def _unknown_member(item: Item) -> Result:
    return Result(
        verdict="rejected",
        source=item.source,
        id=item.id,
        ref=item.subject,
        code="unknown_member",
        sentence=f"There is no member {item.subject!r}; create it with PUT /api/v1/members/{{ref}} first.",
        pointer="/subject",
    )


def _new_event(item: Item, member_id: int, now: datetime, *, lane: int | None, space_id: int | None) -> NewEvent:
    return NewEvent(
        source_id=registry.sources[item.source].id,
        external_id=item.id,
        digest=item.digest,
        member_id=member_id,
        type_id=registry.types[item.type].id,
        occurred_at=item.occurred_at or now,
        received_at=now,
        data=item.data.decode(),
        lane=lane,
        space_id=space_id,
    )


def _compared(known: list[int], events: list[NewEvent], *, dry_run: bool) -> Iterable[tuple[int, Result]]:
    """Tell duplicates from conflicts by digest; in a dry run also what would be accepted."""
    if not known:
        return
    filed = {
        (source_id, external_id): (event_id, bytes(digest))
        for source_id, external_id, event_id, digest in EventKey.objects.filter(
            source_id__in={events[position].source_id for position in known},
            external_id__in={events[position].external_id for position in known},
        ).values_list("source_id", "external_id", "event_id", "digest")
    }
    for position in known:
        event = events[position]
        found = filed.get((event.source_id, event.external_id))
        if found is None:
            assert dry_run, "what was not written was there before"
            filed[event.source_id, event.external_id] = (0, event.digest)
            yield position, Result(verdict="accepted")
        elif found[1] == event.digest:
            yield position, Result(verdict="duplicate", event_id=found[0] or None)
        else:
            yield (
                position,
                Result(
                    verdict="conflict",
                    event_id=found[0] or None,
                    code="conflict",
                    sentence="This id was reported before with other content; nothing was changed.",
                    pointer="/id",
                ),
            )


def _keep_rejections(results: list[Result], *, now: datetime) -> None:
    refused = [result for result in results if result.verdict in ("rejected", "conflict")]
    Rejection.objects.bulk_create(
        [
            Rejection(
                source=_storable(result.source, 64),
                external_id=_storable(result.id, 128),
                ref=_storable(result.ref, 128),
                code=result.code,
                pointer=_storable(result.pointer, 200),
                sentence=_storable(result.sentence, 500),
                received_at=now,
            )
            for result in refused
        ]
    )


def _storable(text: str, length_max: int) -> str:
    return text.replace("\x00", "")[:length_max]
