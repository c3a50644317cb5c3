"""Reads quests from the database: what they may name, and the versions that anybody is on or may begin."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone

from incentives.domain.quests.checking import Nameable, Report, check_quest
from incentives.domain.quests.documents import read_quest
from incentives.domain.quests.plans import QuestPlan, plan_of
from incentives.domain.rules.documents import BadDocument
from incentives.enums import QuestState, RunState
from incentives.models import QuestInterval, QuestRun, QuestVersion
from members.models import EventType, Segment, Tier

if TYPE_CHECKING:
    from incentives.domain.catalogues import Known

IN_USE = (QuestState.LIVE, QuestState.PAUSED)
# So long after a quest has ended for somebody, events of its time are still looked at.
LATE = timedelta(days=3)


def nameable(known: Known) -> Nameable:
    """Collect what quests may name beyond the catalogue of rules."""
    ranks: dict[int, int] = {}
    tiers = {}
    found = Tier.objects.in_use().select_related("ladder").order_by("ladder_id", "threshold", "pk")
    for tier in found:
        rank = ranks.get(tier.ladder_id, 0)
        ranks[tier.ladder_id] = rank + 1
        tiers[f"{tier.ladder.code}/{tier.code}"] = (tier.ladder_id, rank)
    return Nameable(
        catalogue=known.catalogue,
        contributions=frozenset(EventType.objects.filter(is_contribution=True).values_list("code", flat=True)),
        segments=frozenset(Segment.objects.values_list("code", flat=True)),
        tiers=tiers,
    )


def check(raw: object, known: Known) -> Report:
    """Check a raw document against the catalogue; what cannot be read becomes findings."""
    try:
        document = read_quest(raw)
    except BadDocument as error:
        return Report(tuple(error.findings), None)
    return check_quest(document, nameable(known))


def quest_plans(known: Known, type_ids: Mapping[str, int]) -> tuple[list[QuestPlan], dict[str, str]]:
    """Compile the versions that somebody is on, may begin, or has just left; and say which do not check any more."""
    plans: list[QuestPlan] = []
    broken: dict[str, str] = {}
    versions = followed(now=timezone.now())
    if not versions:
        return plans, broken
    named = nameable(known)
    for version in versions:
        try:
            report = check_quest(read_quest(version.document), named)
        except BadDocument as error:
            broken[f"quest {version}"] = str(error)
            continue
        if report.quest is None:
            broken[f"quest {version}"] = " ".join(str(finding) for finding in report.errors)
            continue
        plans.append(
            plan_of(
                report.quest,
                quest_id=version.quest_id,
                version_id=version.pk,
                version=version.number,
                stored=version.document,
                type_ids=type_ids,
                intervals=tuple((each.open_from, each.open_until) for each in version.intervals.all()),
                ended_at=version.ended_at,
            )
        )
    return plans, broken


def followed(*, now: datetime) -> list[QuestVersion]:
    """The versions that somebody is on, may begin, or has just left."""
    recent = now - LATE
    on_it = QuestRun.objects.filter(version=OuterRef("pk")).filter(Q(state=RunState.OPEN) | Q(closed_at__gt=recent))
    left = QuestInterval.objects.filter(version=OuterRef("pk"), open_until__gt=recent)
    found = QuestVersion.objects.exclude(state=QuestState.DRAFT).filter(
        Q(state__in=IN_USE) | Q(Exists(on_it)) | Q(Exists(left))
    )
    ordered = Prefetch("intervals", QuestInterval.objects.order_by("open_from"))
    return list(found.select_related("quest").prefetch_related(ordered).order_by("pk"))
