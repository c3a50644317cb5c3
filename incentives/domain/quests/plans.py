"""A quest as it is followed: everything looked up, conditions compiled, times in each member's own calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from incentives.domain.quests.checking import CheckedQuest
from incentives.domain.quests.documents import AT_ONCE, Begin
from members.domain.counters.periods import local_day, midnight, next_period, period_of
from members.domain.language import Checked, compile_expression, seconds_of

if TYPE_CHECKING:
    from incentives.domain.engine.facts import MemberFacts

Condition = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step: which types it counts, on what condition, how often, and within what time of the beginning."""

    code: str
    type_ids: frozenset[int]
    holds: Condition | None
    count: int
    within: timedelta | None
    is_streak: bool

    def counts(self, event: Any, member: MemberFacts, moment: datetime) -> bool:
        return self.holds is None or bool(self.holds(event, member, (), moment, member.zone))


@dataclass(frozen=True, slots=True)
class Span:
    """The time a run has: from (included) and until (excluded, None for no end)."""

    begins: datetime
    ends: datetime | None

    def holds(self, moment: datetime) -> bool:
        return self.begins <= moment and (self.ends is None or moment < self.ends)


@dataclass(frozen=True)
class QuestPlan:
    """One version of a quest. `intervals` is when members could begin with it."""

    quest_id: int
    version_id: int
    code: str
    version: int
    document: Mapping[str, Any]
    steps: tuple[StepPlan, ...]
    is_ordered: bool
    begins: str
    begins_on: int
    begins_if: Condition | None
    audience_if: Condition | None
    segment: str
    tier: tuple[int, int] | None
    within: timedelta | None
    first_day: date | None
    last_day: date | None
    repeat: str
    is_welcome: bool
    intervals: tuple[tuple[datetime, datetime | None], ...]
    ended_at: datetime | None

    def is_open_at(self, moment: datetime) -> bool:
        """Whether somebody could begin at a moment."""
        return any(begins <= moment and (ends is None or moment < ends) for begins, ends in self.intervals)

    def is_for(self, member: MemberFacts, moment: datetime) -> bool:
        """Whether a member belongs to the audience as they are now."""
        if self.segment and self.segment not in member.segments:
            return False
        if self.tier is not None and member.ranks.get(self.tier[0], -1) < self.tier[1]:
            return False
        return self.audience_if is None or bool(self.audience_if(None, member, (), moment, member.zone))

    def period(self, moment: datetime, zone: tzinfo) -> int:
        """Which run of a member a moment belongs to: the ordinal of its period's first day, 0 for once and for all."""
        return period_of(self.repeat, local_day(moment, zone)) if self.repeat != "once" else 0

    def span_from(self, begun_at: datetime, zone: tzinfo) -> Span | None:
        """The time of a run that begins at a moment; None where the moment lies outside of the quest's own time."""
        first = midnight(self.first_day, zone) if self.first_day is not None else None
        ends = [midnight(self.last_day + timedelta(days=1), zone)] if self.last_day is not None else []
        if self.repeat != "once":
            following = next_period(self.repeat, local_day(begun_at, zone))
            assert following is not None, "a repeating quest has periods"
            ends.append(midnight(following, zone))
        if self.within is not None:
            ends.append(begun_at + self.within)
        if self.ended_at is not None:
            ends.append(self.ended_at)
        span = Span(begun_at, min(ends, default=None))
        is_inside = span.holds(begun_at) and (first is None or first <= begun_at)
        return span if is_inside else None

    def own_span(self, moment: datetime, zone: tzinfo) -> Span | None:
        """The time of a quest that is open to everybody at once, as it is at a moment.

        It begins with the interval that the quest was started in, with its first day, or with the period.
        """
        assert self.begins == AT_ONCE, "others begin with an event or a choice"
        opened = next((a for a, b in self.intervals if a <= moment and (b is None or moment < b)), None)
        if opened is None:
            return None
        starts = [opened]
        if self.first_day is not None:
            starts.append(midnight(self.first_day, zone))
        if self.repeat != "once":
            starts.append(midnight(date.fromordinal(self.period(moment, zone)), zone))
        span = self.span_from(max(starts), zone)
        return span if span is not None and span.holds(moment) else None


def plan_of(
    checked: CheckedQuest,
    *,
    quest_id: int,
    version_id: int,
    version: int,
    stored: Mapping[str, Any],
    type_ids: Mapping[str, int],
    intervals: tuple[tuple[datetime, datetime | None], ...],
    ended_at: datetime | None,
) -> QuestPlan:
    """Compile a checked quest; `stored` is its document as it was kept."""
    document = checked.document
    begins, window, audience = document.begins, document.window, document.audience
    return QuestPlan(
        quest_id=quest_id,
        version_id=version_id,
        code=document.code,
        version=version,
        document=stored,
        steps=tuple(
            StepPlan(
                code=each.step.code,
                type_ids=frozenset(type_ids[code] for code in each.types if code in type_ids),
                holds=_compiled(each.condition),
                count=each.step.count,
                within=_length(each.step.within),
                is_streak=each.step.in_a_row is not None,
            )
            for each in checked.steps
        ),
        is_ordered=document.order == "ordered",
        begins="event" if isinstance(begins, Begin) else begins,
        begins_on=type_ids[begins.when] if isinstance(begins, Begin) else 0,
        begins_if=_compiled(checked.begins_if),
        audience_if=_compiled(checked.audience_if),
        segment=(audience.segment or "") if audience is not None else "",
        tier=checked.tier,
        within=_length(window.within) if window is not None else None,
        first_day=window.from_ if window is not None else None,
        last_day=window.until if window is not None else None,
        repeat=document.repeat,
        is_welcome=document.welcome,
        intervals=intervals,
        ended_at=ended_at,
    )


def _compiled(checked: Checked | None) -> Condition | None:
    return compile_expression(checked) if checked is not None else None


def _length(text: str | None) -> timedelta | None:
    return timedelta(seconds=seconds_of(text) or 0) if text is not None else None
