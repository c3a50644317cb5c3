"""The pyramid: devoted, active and passing members, by how many days of the last 28 they took part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from members.domain.contents.metrics import QUALITY, is_kept
from members.domain.ladders.measures import Spans, counted, values, why_unmeasurable
from members.domain.ladders.windows import Span
from members.domain.local_days import day_of
from members.domain.sql import Some, among, moment, rows_of
from members.enums import MemberStatus
from members.models import Counter, EventType

DAYS = 28
DEVOTED_DAYS, DEVOTED_QUALITY, DEVOTED_STAY_DAYS, ACTIVE_DAYS = 8, 2, 6, 2
# What the shares are compared with, in per cent.
TARGET = {"devoted": 20, "active": 60, "passing": 20}
# Members count once they have had this long to find their place, and while they have been seen this recently.
SETTLED, SEEN = timedelta(days=28), timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Was:
    """The layer a member was in, and whether they were below its line already last time."""

    layer: str
    is_leaving: bool


def layer_of(days: int, quality: int | None, was: Was | None) -> tuple[str, bool]:
    """The layer of so many active days and quality contents (None: nobody counts them), and whether they are leaving.

    Who is devoted stays so until two evaluations running find fewer than six days.
    """
    if days >= DEVOTED_DAYS and (quality is None or quality >= DEVOTED_QUALITY):
        return "devoted", False
    if was is not None and was.layer == "devoted":
        if days >= DEVOTED_STAY_DAYS:
            return "devoted", False
        if not was.is_leaving:
            return "devoted", True
    return ("active" if days >= ACTIVE_DAYS else "passing"), False


def layers_now(some: Some, was: Mapping[int, Was], now: datetime) -> dict[int, tuple[str, bool]]:
    """The layer of everybody in the base: not of the house, joined 28 days ago, seen within 180."""
    types = list(EventType.objects.exclude(is_internal=True).values_list("pk", flat=True))
    clause, params = some.clause("m.id")
    seen, seen_params = among("e.type_id", types)
    base = rows_of(
        "SELECT m.id FROM members_member m WHERE m.status = %s AND NOT m.is_house AND m.joined_at <= %s"
        f" AND {clause} AND EXISTS (SELECT 1 FROM members_event e WHERE e.member_id = m.id AND e.occurred_at >= %s"
        f" AND {seen})",
        [MemberStatus.ACTIVE.value, moment(now - SETTLED), *params, moment(now - SEEN), *seen_params],
    )
    days = _active_days(some, now)
    quality = _quality(some, now)
    return {
        i: layer_of(days.get(i, 0), quality.get(i, 0) if quality is not None else None, was.get(i)) for (i,) in base
    }


def figures_of(member_id: int, now: datetime) -> dict[str, int | None]:
    """What decides about a member's layer now; quality contents are None where nobody counts them."""
    some = Some(ids=(member_id,))
    quality = _quality(some, now)
    return {
        "active_days": _active_days(some, now).get(member_id, 0),
        "quality_contents": quality.get(member_id, 0) if quality is not None else None,
    }


def _active_days(some: Some, now: datetime) -> dict[int, int]:
    """Different local days with a contribution or a conversation; a day is cut at today's offset of the zone."""
    types = EventType.objects.ids_taking_part()
    whom, params = some.clause("e.member_id")
    kinds, kind_params = among("e.type_id", types)
    day, day_params = day_of("e.occurred_at", now)
    rows = rows_of(
        f"SELECT e.member_id, count(DISTINCT {day}) FROM members_event e JOIN members_member z ON z.id = e.member_id"
        f" WHERE e.occurred_at > %s AND e.occurred_at <= %s AND {whom} AND {kinds} GROUP BY e.member_id",
        [*day_params, moment(now - timedelta(days=DAYS)), moment(now), *params, *kind_params],
    )
    return dict(rows)


def _quality(some: Some, now: datetime) -> dict[int, int] | None:
    """Quality contents by member: of the register, unless the settings name a counter; None where nobody counts."""
    if not settings.QUALITY_COUNTER:
        if not is_kept():
            return None
        return values(QUALITY, some, Spans(Span(now - timedelta(days=DAYS))), now)
    found = Counter.objects.filter(code=settings.QUALITY_COUNTER).first()
    if found is None or why_unmeasurable(found):
        return None
    said = counted(found, some, now)
    return {member_id: int(value) for member_id, value in rows_of(said.sql, said.params)}
