"""Takes runs of quests back where what carried them on did not happen after all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from incentives.domain.engine import rulebook
from incentives.domain.engine.facts import MemberFacts, load_members
from incentives.domain.engine.pasts import Past, read_past
from incentives.domain.engine.paying import refusal
from incentives.domain.engine.rulebook import RuleBook
from incentives.domain.quests.plans import Span, StepPlan
from incentives.domain.quests.progress import Run, advance
from incentives.enums import RunState
from incentives.models import QuestRun
from members.domain.outcomes import QUEST_COMPLETED, QUEST_STEP_COMPLETED
from members.models import Event

Concerned = tuple[QuestRun, Run]


def may_tell(event_ids: Iterable[int]) -> set[int]:
    """The events that may have to go with these: whatever told of steps and quests which they may have carried on."""
    rules, found = rulebook.current(), set(event_ids)
    asked = new = set(found)
    while new:
        told = {
            event_id
            for stored, run in _concerned(_events(new), rules, QuestRun.objects.all())
            for event_id in _told(stored, run, {step.code for step in run.plan.steps})
        }
        new = told - found
        found |= new
    return found - asked


def step_back(event_ids: Iterable[int]) -> set[int]:
    """Count runs without these events, before they are marked; return the events that told of what is no longer so.

    Whatever a run lost without them is taken from where it stands, so that conditions which look otherwise at the
    member today take nothing else away. A quest that was completed and is no more is under way again, or its time is
    up. Those events are looked at in turn: a quest may count what another one told. The caller holds the lanes.
    """
    rules, gone = rulebook.current(), set(event_ids)
    asked = new = set(gone)
    while new:
        told: set[int] = set()
        for stored, run in _concerned(_events(new), rules, QuestRun.objects.select_for_update()):
            told |= _without(stored, run, gone=gone, new=new, rules=rules)
        new = told - gone
        gone |= new
    return gone - asked


def _events(event_ids: Iterable[int]) -> list[Event]:
    return list(Event.objects.filter(pk__in=set(event_ids)))


def _concerned(events: Sequence[Event], rules: RuleBook, runs: QuerySet[QuestRun]) -> Iterator[Concerned]:
    """The runs in whose time one of the events happened, of a type that they count."""
    happened: dict[int, list[Event]] = {}
    for event in events:
        happened.setdefault(event.member_id, []).append(event)
    rows = runs.filter(member_id__in=happened, version_id__in=rules.quests)
    for row in rows.order_by("pk"):
        plan = rules.quests[row.version_id]
        ends = min((each for each in (row.due_at, plan.ended_at) if each is not None), default=None)
        run = Run(plan, row.member_id, row.period, Span(row.started_at, ends), row.state, row.closed_at, row.progress)
        types = _types(run)
        if any(each.type_id in types and run.span.holds(each.occurred_at) for each in happened[row.member_id]):
            yield row, run


def _without(stored: QuestRun, run: Run, *, gone: set[int], new: set[int], rules: RuleBook) -> set[int]:
    """Store a run without the events that are gone; return the events that told of what it has lost."""
    # What it told itself bears nobody out.
    own = _told(stored, run, {step.code for step in run.plan.steps})
    found = read_past(rules, {run.member_id: run.span.begins}, _types(run)).get(run.member_id, [])
    past = [each for each in found if each.id not in own]
    member = load_members([run.member_id], rules)[run.member_id]
    before = _walked(run, member, [each for each in past if each.id not in gone - new])
    after = _walked(run, member, [each for each in past if each.id not in gone])
    progress = {step.code: _less(step, run, before, after) for step in run.plan.steps}
    kept = Run(run.plan, run.member_id, run.period, run.span, progress={k: v for k, v in progress.items() if v})
    if kept.progress == run.progress:
        return set()
    lost = {step.code for step in run.plan.steps if run.done_at(step) is not None and kept.done_at(step) is None}
    told = _told(stored, run, lost)
    stored.progress = kept.progress
    if lost and stored.state == RunState.COMPLETED:
        stored.state, stored.closed_at = RunState.OPEN, None
    stored.save(update_fields=["progress", "state", "closed_at"])
    return told


def _walked(run: Run, member: MemberFacts, past: Iterable[Past]) -> Run:
    """The run as it comes to be by these events alone."""
    again = Run(run.plan, run.member_id, run.period, run.span)
    for each in past:
        if not refusal(member, each.happened.moment):
            list(advance(again, each.happened, member))
    return again


def _less(step: StepPlan, run: Run, before: Run, after: Run) -> dict[str, Any] | None:
    """What a step keeps of its progress when it loses what lies between two walks."""
    stood, a, b = (each.progress.get(step.code) for each in (run, before, after))
    if stood is None or a == b or a is None:
        return stood
    newest = b["at"] if b is not None else stood["at"]
    if step.is_streak:
        fewer = set(a["weeks"]) - set(b["weeks"] if b is not None else ())
        weeks = [each for each in stood["weeks"] if each not in fewer]
        return {"at": newest, "weeks": weeks} if weeks else None
    number = stood["n"] - a["n"] + (b["n"] if b is not None else 0)
    return {"at": newest, "n": number} if number > 0 else None


def _told(stored: QuestRun, run: Run, steps: set[str]) -> set[int]:
    """The events that told that these steps of a run were done, and with them the whole quest."""
    done = {step.code: run.done_at(step) for step in run.plan.steps if step.code in steps}
    moments: set[datetime] = {each for each in done.values() if each is not None}
    if stored.state == RunState.COMPLETED and stored.closed_at is not None:
        moments.add(stored.closed_at)
    if not moments or not steps:
        return set()
    kinds = Q(type__code__in=(QUEST_STEP_COMPLETED, QUEST_COMPLETED))
    found = Event.objects.filter(kinds, member_id=run.member_id, occurred_at__in=moments, retraction__isnull=True)
    return {
        event_id
        for event_id, data in found.values_list("pk", "payload__data")
        if data is not None and _tells(json.loads(data), run, steps)
    }


def _tells(said: dict[str, Any], run: Run, steps: set[str]) -> bool:
    return {**said, "step": None} == {**run.said(), "step": None} and said.get("step") in {None, *steps}


def _types(run: Run) -> set[int]:
    return {kind for step in run.plan.steps for kind in step.type_ids}
