"""Closes runs whose time is up, and tells it. May run twice, late, and on two workers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from incentives.domain.pump import hints
from incentives.domain.quests.documents import read_quest
from incentives.domain.quests.progress import reached
from incentives.domain.rules.documents import BadDocument
from incentives.enums import QuestState, RunState
from incentives.models import QuestRun, QuestVersion
from members.domain.events.telling import tell_of
from members.domain.outcomes import QUEST_EXPIRED

CHUNK = 500
# What happened in time may take a moment to be reported and judged.
PATIENCE = timedelta(minutes=10)


def close_runs(*, now: datetime) -> int:
    """Close what was due some minutes ago, and what is left of quests that were ended; return how many."""
    count = 0
    while True:
        with transaction.atomic():
            runs = _due(now)
            _close(runs, now)
        count += len(runs)
        if len(runs) < CHUNK:
            return count


def _due(now: datetime) -> list[QuestRun]:
    before = now - PATIENCE
    ended = list(QuestVersion.objects.filter(state=QuestState.ENDED, ended_at__lte=before).values_list("pk", flat=True))
    found = QuestRun.objects.filter(state=RunState.OPEN).filter(Q(due_at__lte=before) | Q(version_id__in=ended))
    # Whoever judges a member's events holds their runs; those come the next time.
    held = found.select_for_update(skip_locked=True, of=("self",)).select_related("version__quest")
    return list(held.order_by("pk")[:CHUNK])


def _close(runs: Sequence[QuestRun], now: datetime) -> None:
    told = []
    for run in runs:
        ends = [each for each in (run.due_at, run.version.ended_at) if each is not None]
        run.state, run.closed_at = RunState.EXPIRED, max(min(ends), run.started_at)
        done, of = done_of(run)
        said = {"quest": run.version.quest.code, "version": run.version.number, "done": done, "of": of}
        told.append((run.member_id, said, run.closed_at))
    QuestRun.objects.bulk_update(runs, ["state", "closed_at"])
    if tell_of(QUEST_EXPIRED, told, now=now):
        hints.wake_on_commit()


def done_of(run: QuestRun) -> tuple[int, int]:
    """How many steps of a run are done, and how many there are."""
    try:
        steps = read_quest(run.version.document).steps
    except BadDocument:
        return 0, len(run.version.document.get("steps", ()))
    done = [reached(run.progress.get(step.code), is_streak=step.in_a_row is not None) >= step.count for step in steps]
    return sum(done), len(steps)
