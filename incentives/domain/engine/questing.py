"""Quests in a batch: read for its members at once, carried on event by event, written back at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from incentives.domain.engine.cases import Decided, Waiting
from incentives.domain.engine.facts import MemberFacts
from incentives.domain.engine.pasts import Past, read_past
from incentives.domain.engine.paying import refusal
from incentives.domain.engine.rulebook import RuleBook
from incentives.domain.quests.documents import AT_ONCE
from incentives.domain.quests.plans import QuestPlan, Span
from incentives.domain.quests.progress import Happened, Run, Told, advance
from incentives.enums import RunState
from incentives.models import QuestRun
from members.domain.outcomes import QUEST_STARTED

RunKey = tuple[int, int, int]


@dataclass
class Questing:
    """The runs of a batch's members by (member, quest, period), and what was judged before, where it is needed."""

    rules: RuleBook
    runs: dict[RunKey, Run] = field(default_factory=dict)
    past: dict[int, list[Past]] = field(default_factory=dict)
    # Members on a version that this book does not follow any more.
    foreign: set[RunKey] = field(default_factory=set)

    @classmethod
    def of(cls, waiting: Sequence[Waiting], rules: RuleBook) -> Questing | None:
        """Read what the events of a batch may carry on; None, without a query, where no quest names their types."""
        concerned = [each for each in waiting if each.book.quests and each.run == 0 and each.event is not None]
        if not concerned:
            return None
        found = cls(rules)
        found._load(concerned)
        found._look_back(concerned, {each.id for each in waiting})
        return found

    def follow(self, waiting: Waiting, decided: Decided) -> None:
        """Begin and carry on the quests of an event's member. Who may not earn at that moment gets no further."""
        if not waiting.book.quests or waiting.run or waiting.event is None:
            return
        if refusal(waiting.member, waiting.occurred_at):
            return
        happened = Happened(waiting.book.id, waiting.event, waiting.occurred_at)
        for plan in waiting.book.quests:
            key = (waiting.member.id, plan.quest_id, plan.period(happened.moment, waiting.member.zone))
            run = self.runs.get(key)
            if run is None and key not in self.foreign:
                decided.told.extend(self._begin(plan, key, waiting, happened))
            elif run is not None and run.plan is plan:
                decided.told.extend(self._carry_on(run, waiting, happened))

    def write(self) -> None:
        """Write runs that began or got further."""
        moved = [run for run in self.runs.values() if run.is_moved]
        QuestRun.objects.bulk_create(
            [_row(run) for run in sorted(moved, key=lambda run: (run.member_id, run.plan.quest_id, run.period))],
            update_conflicts=True,
            unique_fields=["member", "quest", "period"],
            update_fields=["state", "closed_at", "progress"],
        )

    def _begin(self, plan: QuestPlan, key: RunKey, waiting: Waiting, happened: Happened) -> Iterator[Told]:
        """Begin a quest, if this is how it begins for whoever it is for."""
        member = waiting.member
        span = _opening(plan, member, happened)
        if span is None or not plan.is_for(member, happened.moment):
            return
        run = Run(plan, member.id, key[2], span)
        told = list(self._catch_up(run, waiting)) if plan.begins != AT_ONCE else []
        told += advance(run, happened, member)
        if plan.begins == AT_ONCE and not run.is_moved:
            return
        run.is_moved = True
        self.runs[key] = run
        yield QUEST_STARTED, run.said(), happened.moment
        yield from told

    def _carry_on(self, run: Run, waiting: Waiting, happened: Happened) -> Iterator[Told]:
        newest = run.newest()
        if run.plan.is_ordered and newest is not None and happened.moment < newest:
            return self._order_anew(run, waiting, happened)
        return advance(run, happened, waiting.member)

    def _catch_up(self, run: Run, waiting: Waiting) -> Iterator[Told]:
        """Count what happened after a beginning that was reported late."""
        for each in self._before(run, waiting):
            yield from advance(run, each.happened, waiting.member)

    def _order_anew(self, run: Run, waiting: Waiting, happened: Happened) -> Iterator[Told]:
        """In an order it matters what came first: walk the whole way again with an event that came late."""
        again = Run(run.plan, run.member_id, run.period, run.span)
        walked = [*self._before(run, waiting), Past(waiting.id, happened)]
        told = [
            each
            for past in sorted(walked, key=lambda past: (past.happened.moment, past.id))
            for each in advance(again, past.happened, waiting.member)
        ]
        done = {step.code for step in run.plan.steps if run.done_at(step) is not None}
        if not all(again.done_at(step) is not None for step in run.plan.steps if step.code in done):
            # Whoever has done a step keeps it, although conditions may look otherwise at it today.
            return
        if again.progress == run.progress:
            return
        run.progress, run.is_moved = again.progress, True
        if again.state == RunState.COMPLETED:
            run.state, run.closed_at = again.state, again.closed_at
        yield from (each for each in told if each[1].get("step") not in done)

    def _before(self, run: Run, waiting: Waiting) -> list[Past]:
        types = {kind for step in run.plan.steps for kind in step.type_ids}
        return [
            past
            for past in self.past.get(run.member_id, ())
            if past.id < waiting.id and past.happened.type_id in types and run.span.holds(past.happened.moment)
        ]

    def _load(self, concerned: Sequence[Waiting]) -> None:
        """Read the runs, and hold them: the job that closes them waits, or passes by."""
        members, quests, periods = set(), set(), set()
        for each in concerned:
            members.add(each.member.id)
            for plan in each.book.quests:
                quests.add(plan.quest_id)
                periods.add(plan.period(each.occurred_at, each.member.zone))
        rows = QuestRun.objects.select_for_update().filter(
            member_id__in=members, quest_id__in=quests, period__in=periods
        )
        for row in rows.order_by("pk"):
            key = (row.member_id, row.quest_id, row.period)
            followed = self.rules.quests.get(row.version_id)
            if followed is None:
                self.foreign.add(key)
                continue
            ends = min((each for each in (row.due_at, followed.ended_at) if each is not None), default=None)
            span = Span(row.started_at, ends)
            self.runs[key] = Run(followed, row.member_id, row.period, span, row.state, row.closed_at, row.progress)

    def _look_back(self, concerned: Sequence[Waiting], batch: set[int]) -> None:
        """Read earlier events of members who begin something, or whose order an event has come too late for."""
        since: dict[int, datetime] = {}
        types: set[int] = set()
        for each in concerned:
            for plan in each.book.quests:
                begins_at = self._walks_again_from(plan, each)
                if begins_at is not None:
                    since[each.member.id] = min(begins_at, since.get(each.member.id, begins_at))
                    types |= {kind for step in plan.steps for kind in step.type_ids}
        if since:
            self.past = read_past(self.rules, since, types, batch=batch)

    def _walks_again_from(self, plan: QuestPlan, waiting: Waiting) -> datetime | None:
        key = (waiting.member.id, plan.quest_id, plan.period(waiting.occurred_at, waiting.member.zone))
        run = self.runs.get(key)
        if run is None:
            return waiting.occurred_at if plan.begins_on == waiting.book.id else None
        newest = run.newest()
        is_late = plan.is_ordered and newest is not None and waiting.occurred_at < newest
        return run.span.begins if is_late else None


def _opening(plan: QuestPlan, member: MemberFacts, happened: Happened) -> Span | None:
    """The time that a member has, if an event is one that the quest begins with; None if it is not."""
    if plan.begins == AT_ONCE:
        return plan.own_span(happened.moment, member.zone)
    if plan.begins_on != happened.type_id or not plan.is_open_at(happened.moment):
        return None
    if plan.begins_if is not None and not plan.begins_if(happened.event, member, (), happened.moment, member.zone):
        return None
    return plan.span_from(happened.moment, member.zone)


def _row(run: Run) -> QuestRun:
    return QuestRun(
        member_id=run.member_id, quest_id=run.plan.quest_id, version_id=run.plan.version_id, period=run.period,
        state=run.state, started_at=run.span.begins, due_at=run.span.ends, closed_at=run.closed_at,
        progress=run.progress,
    )  # fmt: skip
