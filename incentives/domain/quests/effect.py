"""Do those who finish the welcome quest stay? Their day-30 retention beside that of those who did not finish it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q

from incentives.enums import QuestState, RunState
from incentives.models import QuestRun, QuestVersion
from members.domain.newcomers.funnel import STAYING
from members.domain.newcomers.shares import Share
from members.models import Newcomer

# From this day on it is known of everybody whether they stayed.
MATURE = timedelta(days=37)


@dataclass(frozen=True, slots=True)
class Effect:
    """Who stayed, of those who finished the welcome and of those who did not. A comparison, not a proof: people who
    finish things are people who stay."""

    finished: Share
    others: Share


def welcome_effect(*, now: datetime) -> Effect | None:
    """Compare mature newcomers who were on a welcome quest; None where there was none. Two queries."""
    started = QuestVersion.objects.exclude(state=QuestState.DRAFT).filter(document__welcome=True)
    quests = list(started.values_list("quest_id", flat=True).distinct())
    if not quests:
        return None
    on_it = QuestRun.objects.filter(quest_id__in=quests, member_id=OuterRef("pk"))
    found = (
        Newcomer.objects.filter(
            Exists(on_it), joined_at__lte=now - MATURE, member__is_house=False, member__merged_into__isnull=True
        )
        .annotate(has_finished=Exists(on_it.filter(state=RunState.COMPLETED)))
        .values("has_finished")
        .annotate(people=Count("pk"), stayed=Count("pk", filter=Q(retained_at__isnull=False) & STAYING))
    )
    shares = {bool(row["has_finished"]): Share(row["stayed"], row["people"]) for row in found}
    nobody = Share(0, 0)
    return Effect(shares.get(True, nobody), shares.get(False, nobody))
