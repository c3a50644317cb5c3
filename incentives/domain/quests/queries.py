"""A member's quests, ready to show: those under way, those that could begin, those that are over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from incentives.domain.engine import rulebook
from incentives.domain.engine.facts import MemberFacts, load_members
from incentives.domain.engine.paying import refusal
from incentives.domain.engine.rulebook import RuleBook
from incentives.domain.quests.documents import AT_ONCE, BY_CHOICE, Document, Step, read_quest
from incentives.domain.quests.plans import QuestPlan, Span
from incentives.domain.quests.progress import reached, streak_now
from incentives.domain.quests.rewards import Reward, rewards_of
from incentives.domain.quests.streaks import Streak
from incentives.domain.rules.documents import Texts
from incentives.enums import RunState
from incentives.models import QuestRun
from members.domain.counters.periods import local_day
from members.domain.language import seconds_of
from members.models import Member

SHOWN_MAX = 200
# Nobody has begun: it counts by itself, or the member may choose it.
READY, OFFERED = "ready", "offered"


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step: how far, until when, and done when. `streak` is the row of weeks as it stands today."""

    code: str
    when: str
    names: Mapping[str, str]
    reached: int
    wanted: int
    done_at: datetime | None
    due_at: datetime | None
    streak: Streak | None
    rewards: list[Reward]


@dataclass(frozen=True, slots=True)
class QuestLine:
    """A quest of a member: `state` is ready, offered, open, completed or expired."""

    code: str
    version: int
    names: Mapping[str, str]
    texts: Mapping[str, str]
    state: str
    repeat: str
    is_welcome: bool
    is_ordered: bool
    started_at: datetime | None
    due_at: datetime | None
    closed_at: datetime | None
    steps: list[StepLine]
    rewards: list[Reward]

    @property
    def done(self) -> int:
        return sum(step.done_at is not None for step in self.steps)


@dataclass
class _Shelf:
    """What is read once for all of a member's quests."""

    rules: RuleBook
    facts: MemberFacts
    now: datetime
    _documents: dict[int, Document] = field(default_factory=dict)
    _rewards: dict[int, dict[str, list[Reward]]] = field(default_factory=dict)

    def document(self, version_id: int, stored: Mapping[str, Any]) -> Document:
        if version_id not in self._documents:
            self._documents[version_id] = read_quest(dict(stored))
        return self._documents[version_id]

    def rewards(self, version_id: int, document: Document, version: int) -> dict[str, list[Reward]]:
        if version_id not in self._rewards:
            self._rewards[version_id] = rewards_of(self.rules, self.facts, document, version, now=self.now)
        return self._rewards[version_id]


def quests_of(member: Member, *, now: datetime) -> list[QuestLine]:
    """A member's quests: under way first, then those to begin, then what is over, the newest 200; a few queries."""
    rules = rulebook.current()
    shelf = _Shelf(rules, load_members([member.pk], rules)[member.pk], now)
    runs = list(QuestRun.objects.filter(member=member).select_related("version__quest").order_by("-pk")[:SHOWN_MAX])
    begun = [_begun(run, shelf) for run in runs]
    ahead = list(_ahead(shelf, {(run.quest_id, run.period) for run in runs}))
    order = {RunState.OPEN: 0, OFFERED: 1, READY: 1, RunState.COMPLETED: 2, RunState.EXPIRED: 2}
    return sorted([*begun, *ahead], key=lambda line: (order[line.state], not line.is_welcome))


def _begun(run: QuestRun, shelf: _Shelf) -> QuestLine:
    ends = [each for each in (run.due_at, run.version.ended_at) if each is not None]
    due_at = min(ends, default=None)
    is_over = run.state == RunState.OPEN and due_at is not None and due_at <= shelf.now
    document = shelf.document(run.version_id, run.version.document)
    return _line(
        document, run.version_id, run.version.number, RunState.EXPIRED if is_over else RunState(run.state), shelf,
        started_at=run.started_at, due_at=due_at, closed_at=run.closed_at, progress=run.progress,
    )  # fmt: skip


def _ahead(shelf: _Shelf, begun: set[tuple[int, int]]) -> Iterator[QuestLine]:
    """Quests that are open to the member now and not begun."""
    facts, now = shelf.facts, shelf.now
    if refusal(facts, now):
        return
    for plan in shelf.rules.quests.values():
        span = _opens(plan, facts, now)
        if span is None or (plan.quest_id, plan.period(now, facts.zone)) in begun or not plan.is_for(facts, now):
            continue
        document = shelf.document(plan.version_id, plan.document)
        state = READY if plan.begins == AT_ONCE else OFFERED
        yield _line(document, plan.version_id, plan.version, state, shelf, due_at=span.ends)


def _opens(plan: QuestPlan, facts: MemberFacts, now: datetime) -> Span | None:
    """The time that a quest would have if it began now; None where it cannot."""
    if plan.begins == AT_ONCE:
        return plan.own_span(now, facts.zone)
    return plan.span_from(now, facts.zone) if plan.begins == BY_CHOICE and plan.is_open_at(now) else None


def _line(
    document: Document,
    version_id: int,
    version: int,
    state: str,
    shelf: _Shelf,
    *,
    started_at: datetime | None = None,
    due_at: datetime | None = None,
    closed_at: datetime | None = None,
    progress: Mapping[str, Any] | None = None,
) -> QuestLine:
    rewards = shelf.rewards(version_id, document, version)
    return QuestLine(
        code=document.code,
        version=version,
        names=_texts(document.name),
        texts=_texts(document.text),
        state=str(state),
        repeat=document.repeat,
        is_welcome=document.welcome,
        is_ordered=document.order == "ordered",
        started_at=started_at,
        due_at=due_at,
        closed_at=closed_at,
        steps=list(_steps(document.steps, progress or {}, started_at, rewards, shelf)),
        rewards=rewards[""],
    )


def _steps(
    steps: Iterable[Step],
    progress: Mapping[str, Any],
    started_at: datetime | None,
    rewards: Mapping[str, list[Reward]],
    shelf: _Shelf,
) -> Iterator[StepLine]:
    today = local_day(shelf.now, shelf.facts.zone)
    for step in steps:
        found = progress.get(step.code)
        is_streak = step.in_a_row is not None
        count = min(reached(found, is_streak=is_streak), step.count)
        is_done = count >= step.count
        streak = streak_now(found, day=today) if is_streak else None
        within = seconds_of(step.within) if step.within is not None else None
        yield StepLine(
            code=step.code,
            when=step.when,
            names=_texts(step.name),
            reached=count if is_done or streak is None else min(streak.weeks, step.count),
            wanted=step.count,
            done_at=datetime.fromisoformat(found["at"]) if found is not None and is_done else None,
            due_at=started_at + timedelta(seconds=within) if started_at is not None and within is not None else None,
            streak=streak,
            rewards=rewards[step.code],
        )


def _texts(said: Texts | str) -> dict[str, str]:
    """Words by language; words without one are English."""
    return dict(said) if isinstance(said, dict) else {"en": said} if said else {}
