"""The one switch: whatever a campaign has published stops together. What was assigned stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from incentives.domain import publishing
from incentives.domain.campaigns import farewell, gatherings, quests
from incentives.domain.campaigns.gatherings import OwnedActivity
from incentives.domain.campaigns.people import guests_of
from incentives.domain.ledger.queries import major
from incentives.enums import CampaignState
from incentives.models import Campaign, RuleVersion
from members.domain.registry import registry
from members.models import Invitation, MessageTemplate

LIVE = ("live", "paused")


class CannotStop(Exception):
    """A campaign that there is nothing to stop of, or no reason for; the message says which."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What those keep who are half-way. Amounts are in major units.

    `waiting` awards are assigned: they unlock or lapse as promised. Guests stay members; what they reach from now on
    pays nobody. Those `enrolled` in a quest may finish it until `finish_by`. So many are `told`. `activities` are those
    that go on unless they are called off; the drafts that nobody touched go.
    """

    waiting: int
    amount: Decimal
    currency: str
    members: int
    guests: int
    half_way: int
    enrolled: int = 0
    finish_by: datetime | None = None
    told: int = 0
    activities: tuple[OwnedActivity, ...] = ()


def stop(
    *, campaign_id: int, reason: str, by: AbstractBaseUser | None, now: datetime, call_off: Collection[str] = (),
    call_off_reason: str = "",
) -> Kept:  # fmt: skip
    """Retire its rules, take back its codes and silence its messages, at once and for good; tell those half-way.

    What has happened so far is still judged by the rules as they were; awards that wait unlock or lapse as they were
    promised. Drafts of activities that nobody touched go; the activities that `call_off` names are called off, and
    whoever is registered reads `call_off_reason`. Stopping it again changes nothing. Raises CannotStop.
    """
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update(of=("self",)).select_related("currency").get(pk=campaign_id)
        if campaign.state == CampaignState.DRAFT:
            raise CannotStop(_("It has not begun; there is nothing to stop."))
        if campaign.state != CampaignState.STOPPED:
            if not reason.strip():
                raise CannotStop(_("Say why; whoever looks at this later will want to know."))
            _stop_activities(campaign, call_off, call_off_reason.strip(), by, now)
            finish_by = quests.finish_by(campaign, now)
            _end(campaign, finish_by, now)
            campaign.told_of_stop = farewell.tell_all(campaign, finish_by=finish_by, now=now)
            campaign.state, campaign.closed_at, campaign.reason = CampaignState.STOPPED, now, reason.strip()[:200]
            campaign._change_reason = campaign.reason[:100]  # type: ignore[attr-defined]  # noqa: SLF001
            campaign._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001
            campaign.save(update_fields=["state", "closed_at", "reason", "told_of_stop"])
        kept = kept_of(campaign, now=now)
    registry.forget()
    return kept


def kept_of(campaign: Campaign, *, now: datetime) -> Kept:
    """What waits and who is on their way at this moment, and whom a stop would tell; a fixed number of queries."""
    found = farewell.waiting(campaign).aggregate(
        count=Count("pk"), amount=Sum("amount"), members=Count("member_id", distinct=True)
    )
    guests = guests_of(campaign.code)
    numbers = guests.aggregate(guests=Count("pk"), stayed=Count("retained_at"))
    return Kept(
        waiting=found["count"],
        amount=major(found["amount"] or 0, campaign.currency.scale),
        currency=campaign.currency.code,
        members=found["members"],
        guests=numbers["guests"],
        half_way=numbers["guests"] - numbers["stayed"],
        enrolled=quests.runs_of(campaign).count(),
        finish_by=quests.finish_by(campaign, now),
        told=_told(campaign),
        activities=tuple(each for each in gatherings.owned(campaign) if each.can_be_called_off),
    )


def _stop_activities(
    campaign: Campaign, call_off: Collection[str], reason: str, by: AbstractBaseUser | None, now: datetime
) -> None:
    if call_off and not reason:
        raise CannotStop(_("Say why the activities are called off; everybody who is registered reads it."))
    try:
        gatherings.stop(campaign, call_off=call_off, reason=reason, by=str(by or "app"), now=now)
    except gatherings.CannotCallOff as error:
        raise CannotStop(str(error)) from error


def _told(campaign: Campaign) -> int:
    """How many a stop would tell; of one that was stopped, how many it told."""
    return campaign.told_of_stop if campaign.state == CampaignState.STOPPED else farewell.half_way(campaign).count()


def retire_rules(campaign: Campaign, now: datetime, *, besides: Iterable[int] = ()) -> None:
    """End those of its rules that are still in use, in the order of their numbers."""
    found = RuleVersion.objects.filter(rule__campaign_rule__campaign=campaign, state__in=LIVE).exclude(pk__in=besides)
    for version in found.select_related("rule").order_by("rule_id"):
        publishing.end_with_its_campaign(version=version, now=now)


def finish_quests(campaign: Campaign, now: datetime) -> None:
    """End its quests when their day has come, and then the rules that paid for them."""
    ends = campaign.quests.values_list("finish_by", flat=True).first()
    if quests.finish(campaign, now=now) and campaign.state == CampaignState.STOPPED:
        assert ends is not None, "what was finished had its day"
        retire_rules(campaign, ends)


def silence(campaign: Campaign) -> None:
    MessageTemplate.objects.filter(pk__in=campaign.messages.values("template_id")).update(is_active=False)


def _end(campaign: Campaign, finish_by: datetime | None, now: datetime) -> None:
    kept = quests.paid_by(campaign).values_list("pk", flat=True) if finish_by is not None else ()
    retire_rules(campaign, now, besides=list(kept))
    quests.close_doors(campaign, until=finish_by or now, now=now)
    finish_quests(campaign, now)
    Invitation.objects.filter(campaign=campaign.code, revoked_at__isnull=True).update(revoked_at=now)
    silence(campaign)
