"""How an event carries a run of a quest on. Decides; reads and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings

from incentives.domain.quests.plans import QuestPlan, Span, StepPlan
from incentives.domain.quests.streaks import Streak, streak_of
from incentives.enums import RunState
from members.domain.counters.periods import local_day, week_of
from members.domain.outcomes import QUEST_COMPLETED, QUEST_STEP_COMPLETED

if TYPE_CHECKING:
    from incentives.domain.engine.facts import MemberFacts

# The type of our own event, its data, and when it happened.
Told = tuple[str, dict[str, Any], datetime]


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as a quest looks at it."""

    type_id: int
    event: Any
    moment: datetime


@dataclass(slots=True)
class Run:
    """A member on one version of a quest; `closed_at` is when it was completed, or when its time was up."""

    plan: QuestPlan
    member_id: int
    period: int
    span: Span
    state: str = RunState.OPEN
    closed_at: datetime | None = None
    progress: dict[str, Any] = field(default_factory=dict)
    is_moved: bool = False

    def newest(self) -> datetime | None:
        """When the newest event happened that has counted."""
        moments = [datetime.fromisoformat(each["at"]) for each in self.progress.values()]
        return max(moments, default=None)

    def done_at(self, step: StepPlan) -> datetime | None:
        """When a step was done; None while it is not."""
        found = self.progress.get(step.code)
        is_done = found is not None and reached(found, is_streak=step.is_streak) >= step.count
        return datetime.fromisoformat(found["at"]) if found is not None and is_done else None

    def said(self) -> dict[str, Any]:
        return {"quest": self.plan.code, "version": self.plan.version}


def reached(found: dict[str, Any] | None, *, is_streak: bool) -> int:
    """How far a step has come: events, or the longest row of weeks there was."""
    if found is None:
        return 0
    if not is_streak:
        return int(found["n"])
    weeks = found["weeks"]
    return streak_of(weeks, rests_max=settings.STREAK_RESTS_A_SEASON, this_week=max(weeks)).best


def streak_now(found: dict[str, Any] | None, *, day: int) -> Streak:
    """A streak as it stands on a local day."""
    weeks = found["weeks"] if found is not None else []
    return streak_of(weeks, rests_max=settings.STREAK_RESTS_A_SEASON, this_week=week_of(day))


def advance(run: Run, happened: Happened, member: MemberFacts) -> Iterator[Told]:
    """Count an event, and say which steps it completed. A run that is completed, or was over by then, stays as it is.

    A run whose time was found to be up is carried on by what happened before and was reported late.
    """
    if run.state == RunState.COMPLETED or not run.span.holds(happened.moment):
        return
    ready_at = run.span.begins
    for step in run.plan.steps:
        is_counted = run.done_at(step) is None and _counts(run, step, happened, member, ready_at)
        if is_counted:
            _count(run, step, happened, member)
        done_at = run.done_at(step)
        if is_counted and done_at is not None:
            yield QUEST_STEP_COMPLETED, {**run.said(), "step": step.code}, done_at
        if run.plan.is_ordered:
            # In an order an event does one step, and the next one waits for what comes after it.
            if is_counted or done_at is None:
                break
            ready_at = max(ready_at, done_at)
    moments = [run.done_at(step) for step in run.plan.steps]
    if all(moment is not None for moment in moments):
        run.closed_at = max(moment for moment in moments if moment is not None)
        run.state, run.is_moved = RunState.COMPLETED, True
        yield QUEST_COMPLETED, run.said(), run.closed_at


def _counts(run: Run, step: StepPlan, happened: Happened, member: MemberFacts, ready_at: datetime) -> bool:
    if happened.type_id not in step.type_ids or happened.moment < ready_at:
        return False
    if step.within is not None and happened.moment >= run.span.begins + step.within:
        return False
    return step.counts(happened.event, member, happened.moment)


def _count(run: Run, step: StepPlan, happened: Happened, member: MemberFacts) -> None:
    before = run.progress.get(step.code)
    newest = happened.moment if before is None else max(happened.moment, datetime.fromisoformat(before["at"]))
    found: dict[str, Any] = {"at": newest.isoformat()}
    if step.is_streak:
        week = week_of(local_day(happened.moment, member.zone))
        weeks = sorted({*(before["weeks"] if before is not None else ()), week})
        # A row that long ago was broken can neither be mended nor finish anything.
        found["weeks"] = [each for each in weeks if each > weeks[-1] - 7 * (3 * step.count + 26)]
    else:
        found["n"] = (before["n"] if before is not None else 0) + 1
    run.progress = {**run.progress, step.code: found}
    run.is_moved = True
