"""Moves running campaigns on: tells those they are for, sees who has done what they ask, and ends them in time.

Each campaign is held while it is looked at, so that two workers and a stop take turns; what was reached stands in
`CampaignMember`, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from incentives.domain.campaigns import quests
from incentives.domain.campaigns.people import audience_of, guests_of, sure, took_part
from incentives.domain.campaigns.plans import closes_at
from incentives.domain.campaigns.stopping import finish_quests, retire_rules, silence
from incentives.domain.campaigns.tasks import finished
from incentives.domain.pump import hints
from incentives.enums import CampaignState
from incentives.models import Campaign, CampaignMember, RuleVersion
from members.domain.events.telling import tell
from members.domain.outcomes import CAMPAIGN_OPENED, CAMPAIGN_RETURNED, CAMPAIGN_TASK_DONE

TOLD_MAX, ROUNDS_MAX = 2_000, 50


def advance_campaigns(*, now: datetime) -> int:
    """Do what is due for every campaign that is not over, and return how many members were told something."""
    running = Campaign.objects.filter(state__in=(CampaignState.RUNNING, CampaignState.ENDED), begins_at__lte=now)
    live = RuleVersion.objects.filter(state__in=("live", "paused"), rule__campaign_rule__isnull=False)
    found = running.filter(pk__in=live.values("rule__campaign_rule__campaign_id"))
    count = sum(_advance(pk, now) for pk in found.order_by("pk").values_list("pk", flat=True))
    _finish_stopped(now)
    return count


def _finish_stopped(now: datetime) -> None:
    """End the quests of stopped campaigns once those who had begun had their time."""
    due = Campaign.objects.filter(state=CampaignState.STOPPED, quests__finish_by__lte=now, quests__ended_at=None)
    for pk in due.order_by("pk").values_list("pk", flat=True).distinct():
        with transaction.atomic():
            finish_quests(Campaign.objects.select_for_update(of=("self",)).get(pk=pk), now)


def _advance(campaign_id: int, now: datetime) -> int:
    count = 0
    for _round in range(ROUNDS_MAX):
        with transaction.atomic():
            campaign = _held(campaign_id)
            told = _announce(campaign, now) if campaign is not None else 0
            if told:
                hints.wake_on_commit()
        count += told
        if told < TOLD_MAX:
            break
    with transaction.atomic():
        campaign = _held(campaign_id)
        if campaign is not None:
            reached = _tasks(campaign, now) + _returns(campaign, now)
            if reached:
                hints.wake_on_commit()
            count += reached
            _end(campaign, now)
    return count


def _held(campaign_id: int) -> Campaign | None:
    """The campaign, locked; None if it was stopped meanwhile."""
    held = Campaign.objects.select_for_update(of=("self",)).select_related("follows", "currency")
    return held.filter(pk=campaign_id).exclude(state=CampaignState.STOPPED).first()


def _announce(campaign: Campaign, now: datetime) -> int:
    """Tell some of those it is for that it has begun. Who joined later hears of it by other ways."""
    if campaign.state != CampaignState.RUNNING or campaign.ends_at <= now:
        return 0
    told = campaign.members.exclude(told_at=None).values("member_id")
    waiting = audience_of(campaign).filter(joined_at__lte=campaign.started_at).exclude(pk__in=told)
    ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:TOLD_MAX])
    said = {"campaign": campaign.code, "until": campaign.ends_at.isoformat()}
    _reach(campaign, "told_at", CAMPAIGN_OPENED, dict.fromkeys(ids, said), now)
    return len(ids)


def _tasks(campaign: Campaign, now: datetime) -> int:
    """Tell those whose friends have broken the ice in the number and time that the campaign asks for."""
    numbers = campaign.numbers
    if "friends" not in numbers:
        return 0
    before = campaign.members.exclude(done_at=None).values("member_id")
    guests = guests_of(campaign.code).exclude(inviter__in=before)
    done = finished(guests, friends=numbers["friends"], days=numbers["days"])
    said = {pk: {"campaign": campaign.code, "friends": min(count, 10_000)} for pk, count in done.items()}
    return _reach(campaign, "done_at", CAMPAIGN_TASK_DONE, said, now)


def _returns(campaign: Campaign, now: datetime) -> int:
    """Tell those who took part in the round before and of whose guests one has broken the ice in this one."""
    if campaign.follows is None:
        return 0
    again = sure(guests_of(campaign.code)).filter(broke_ice_at__isnull=False, inviter__isnull=False)
    before = campaign.members.exclude(returned_at=None).values("member_id")
    back = took_part(campaign.follows.code).filter(pk__in=again.values("inviter_id")).exclude(pk__in=before)
    said = {"campaign": campaign.code, "before": campaign.follows.code}
    ids = back.order_by("pk").values_list("pk", flat=True)
    return _reach(campaign, "returned_at", CAMPAIGN_RETURNED, dict.fromkeys(ids, said), now)


def _reach(campaign: Campaign, moment: str, told: str, said: Mapping[int, Mapping[str, Any]], now: datetime) -> int:
    """Write down that members have come this far, and tell their timelines; the campaign is held."""
    if not said:
        return 0
    CampaignMember.objects.bulk_create(
        [CampaignMember(campaign=campaign, member_id=pk) for pk in sorted(said)], ignore_conflicts=True
    )
    campaign.members.filter(member__in=list(said), **{moment: None}).update(**{moment: now})
    tell(told, sorted(said.items()), now=now)
    return len(said)


def _end(campaign: Campaign, now: datetime) -> None:
    """Past its end it is over; its rules pay on for guests who are still on their way, then they end, too."""
    if campaign.state == CampaignState.RUNNING and campaign.ends_at <= now:
        silence(campaign)
        quests.close_doors(campaign, until=closes_at(campaign), now=now)
        campaign.state, campaign.closed_at = CampaignState.ENDED, now
        campaign.save(update_fields=["state", "closed_at"])
    if closes_at(campaign) <= now:
        finish_quests(campaign, now)
        retire_rules(campaign, now)
