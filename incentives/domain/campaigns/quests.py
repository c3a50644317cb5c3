"""Quests that a campaign owns: they start with it, only its rules pay for them, and they stop with it.

Stopping closes the door; whoever has begun may finish until a day that is said beforehand, and is paid as promised.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, Max, QuerySet

from incentives.domain.quests import publishing
from incentives.domain.quests.loading import IN_USE
from incentives.enums import QuestState, RunState
from incentives.models import Campaign, CampaignQuest, QuestRun, QuestVersion, RuleVersion
from members.domain.outcomes import QUEST_COMPLETED, QUEST_STEP_COMPLETED

PAID_BY = (QUEST_COMPLETED, QUEST_STEP_COMPLETED)
LEFT = (*IN_USE, QuestState.REPLACED)


def begin(campaign: Campaign, documents: list[dict[str, Any]], *, by: AbstractBaseUser | None, now: datetime) -> None:
    """Start its quests. Raises `quests.publishing.CannotStart`."""
    for document in documents:
        version = publishing.save_draft(document=document, by=by)
        publishing.start_quest(version=version, now=now, by=by)
        CampaignQuest.objects.create(campaign=campaign, quest_id=version.quest_id)


def runs_of(campaign: Campaign) -> QuerySet[QuestRun]:
    """Who is on one of its quests now."""
    return QuestRun.objects.filter(quest__campaign_quest__campaign=campaign, state=RunState.OPEN)


def finish_by(campaign: Campaign, now: datetime) -> datetime | None:
    """Until when whoever has begun may finish if it stopped now, or has been stopped; None where nobody has begun.

    No later than the last of them has time anyway.
    """
    owned = campaign.quests.aggregate(quests=Count("pk"), set_to=Max("finish_by"))
    if not owned["quests"]:
        return None
    found = runs_of(campaign).aggregate(runs=Count("pk"), dated=Count("due_at"), last=Max("due_at"))
    if not found["runs"]:
        return None
    ends = [now + timedelta(days=settings.CAMPAIGN_FINISH_DAYS)]
    ends += [found["last"]] if found["dated"] == found["runs"] else []
    ends += [owned["set_to"]] if owned["set_to"] is not None else []
    return max(min(ends), now)


def close_doors(campaign: Campaign, *, until: datetime, now: datetime) -> None:
    """Let nobody begin any more; whoever has begun may finish until then."""
    for version in _versions(campaign).filter(state=QuestState.LIVE):
        publishing.pause_quest(version=version, now=now)
    campaign.quests.filter(ended_at=None).update(finish_by=until)


def finish(campaign: Campaign, *, now: datetime) -> bool:
    """End what is left of its quests once the day has come, as of that day; says whether that happened now."""
    due = campaign.quests.filter(ended_at__isnull=True, finish_by__lte=now)
    ends = due.aggregate(ends=Max("finish_by"))["ends"]
    if ends is None:
        return False
    for version in _versions(campaign).filter(state__in=LEFT):
        publishing.end_quest(version=version, now=ends)
    due.update(ended_at=ends)
    return True


def paid_by(campaign: Campaign) -> QuerySet[RuleVersion]:
    """The rules that pay for its quests; they last as long as somebody may finish one."""
    return RuleVersion.objects.filter(rule__campaign_rule__campaign=campaign, event_type__in=PAID_BY)


def _versions(campaign: Campaign) -> QuerySet[QuestVersion]:
    found = QuestVersion.objects.filter(quest__campaign_quest__campaign=campaign)
    return found.select_related("quest").order_by("quest_id", "number")
