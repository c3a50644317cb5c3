"""Tells that somebody has joined: the first event on a member's timeline, by whatever door they came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from members.domain.events.schemas import YEAR_FIRST
from members.domain.events.writers import write_outcomes
from members.domain.notifications import filing
from members.domain.outcomes import INTERNAL_SOURCE, MEMBER_JOINED
from members.domain.registry import registry
from members.lanes import lane_of
from members.models import Event, Work

_EARLIEST = datetime(YEAR_FIRST, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A member who was made just now; `channel` says which way they came, where that is known."""

    member_id: int
    joined_at: datetime
    channel: str = ""


def tell_joined(arrivals: Iterable[Arrival], *, now: datetime, is_quiet: bool = False) -> frozenset[int]:
    """Record that each has joined, in the transaction that made them, and return the lanes that got work.

    It happened when they joined, so only rules that were in force then pay for it, and is written before whatever
    else is known of them. Quietly it stands on the timeline and no rule hears of it, as when members are brought from
    elsewhere.
    """
    registry.refresh()
    kind, source = registry.types[MEMBER_JOINED].id, registry.sources[INTERNAL_SOURCE].id
    rows = []
    for each in arrivals:
        moment = min(max(each.joined_at, _EARLIEST), now).astimezone(UTC)
        data = msgspec.json.encode({"channel": each.channel}).decode() if each.channel else None
        lane = None if is_quiet else lane_of(each.member_id)
        rows.append((each.member_id, kind, source, None, moment, now, data, lane))
    write_outcomes(rows, is_quiet=is_quiet)
    return frozenset(lane for *_, lane in rows if lane is not None)


def hear_of_joining(member_id: int, *, now: datetime) -> bool:
    """Hand a joining that was told quietly to the rules; False if they have heard of it before."""
    joined = Event.objects.filter(member_id=member_id, type__code=MEMBER_JOINED).order_by("pk").first()
    if joined is None:
        return False
    _, is_new = Work.objects.get_or_create(event=joined, defaults={"lane": lane_of(member_id), "available_at": now})
    if is_new and filing.is_heard(joined.type_id):
        filing.file([(joined.pk, joined.occurred_at, now)])
    return is_new
