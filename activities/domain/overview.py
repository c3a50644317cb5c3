"""What operators see of a month at once: every activity in it, drafts too, and what the month lacks."""

from __future__ import annotations

import calendar as days
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils.translation import gettext as _

from activities.domain.wording import words_in
from activities.enums import ActivityKind, ActivityState
from activities.models import BRAND_AUDIENCE_MIN, Activity
from members.domain.counters.periods import zone_named

ROUND_THE_EARTH = timedelta(hours=26)
BOARD_MAX = 50
OPEN_STAGES = (
    ActivityState.DRAFT, ActivityState.ANNOUNCED, ActivityState.OPEN, ActivityState.RUNNING, ActivityState.FINISHED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    id: int
    name: str
    time: str
    day: date
    kind: str
    kind_code: str
    state: str
    state_code: str
    seats: str
    is_full: bool


@dataclass(frozen=True, slots=True)
class Month:
    """The weeks of a month, each day with what is on it, and what is to be looked at."""

    first: date
    weeks: list[list[tuple[date, list[Line]]]]
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class Stage:
    title: str
    code: str
    lines: list[Line]
    more: int


def month_of(first: date, *, spaces: frozenset[int] | None = None) -> Month:
    """A month of activities in one query; with `spaces` those of these spaces only."""
    weeks = days.Calendar().monthdatescalendar(first.year, first.month)
    begin = datetime.combine(weeks[0][0], time(), tzinfo=UTC) - ROUND_THE_EARTH
    until = datetime.combine(weeks[-1][-1], time(), tzinfo=UTC) + timedelta(days=1) + ROUND_THE_EARTH
    found = _within(Activity.objects.between(begin, until).order_by("starts_at", "pk"), spaces)
    on: dict[date, list[Line]] = {}
    inside = []
    for each in found:
        line = _line(each)
        on.setdefault(line.day, []).append(line)
        if (line.day.year, line.day.month) == (first.year, first.month) and each.state != ActivityState.CANCELLED:
            inside.append(each)
    return Month(
        first,
        [[(day, on.get(day, [])) for day in week] for week in weeks],
        _warnings(inside, everywhere=spaces is None),
    )


def board(*, spaces: frozenset[int] | None = None) -> list[Stage]:
    """Everything that is not closed, by stage, the next first: one query."""
    found = _within(Activity.objects.filter(state__in=OPEN_STAGES).order_by("starts_at", "pk"), spaces)
    by_state: dict[str, list[Line]] = {}
    for each in found:
        by_state.setdefault(each.state, []).append(_line(each))
    return [
        Stage(str(state.label), state.value, lines[:BOARD_MAX], max(0, len(lines) - BOARD_MAX))
        for state in OPEN_STAGES
        for lines in [by_state.get(state.value, [])]
    ]


def _within(found: Iterable[Activity], spaces: frozenset[int] | None) -> Iterable[Activity]:
    return [each for each in found if spaces is None or each.space_id in spaces]


def _line(activity: Activity) -> Line:
    local = activity.starts_at.astimezone(zone_named(activity.zone))
    taken, capacity = activity.seats_taken, activity.capacity
    return Line(
        activity.pk, words_in(activity.names, activity.code), f"{local:%H:%M}", local.date(),
        str(activity.get_kind_display()), activity.kind, str(activity.get_state_display()), activity.state,
        str(taken) if capacity is None else f"{taken} / {capacity}", activity.is_full,
    )  # fmt: skip


def _warnings(inside: list[Activity], *, everywhere: bool) -> list[str]:
    """The monthly rhythm, and the promise of size that a brand activity makes."""
    found = []
    if everywhere and not any(each.kind == ActivityKind.MEMBER for each in inside):
        found.append(_("This month has no activity for members."))
    for each in inside:
        if each.kind != ActivityKind.BRAND or each.small_reason.strip():
            continue
        goal = each.audience_min if each.audience_min is not None else BRAND_AUDIENCE_MIN
        reached = each.reach if each.reach is not None else each.audience_expected
        if reached is None or reached < goal:
            said = {"name": words_in(each.names, each.code), "reached": reached or 0, "goal": goal}
            found.append(_("%(name)s: %(reached)d people of at least %(goal)d.") % said)
    return found
