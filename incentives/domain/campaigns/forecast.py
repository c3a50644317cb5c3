"""What a campaign may cost, by what inviting has come to here before.

A step is expected as often as it was reached, by the audience's head and day, in the round before, else by members'
guests between 130 and 40 days ago. Guests of partners are left out: nobody knows how their people answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, QuerySet

from incentives.domain.campaigns.people import guests_of, took_part
from incentives.domain.campaigns.plans import Plan
from incentives.domain.campaigns.tasks import finished
from incentives.domain.campaigns.templates import Step
from incentives.enums import Slot
from incentives.models import Campaign
from members.enums import ReferralState
from members.models import Member, Referral

# Long enough ago that every stage of everybody has come or not.
PAST_FROM, PAST_UNTIL = timedelta(days=130), timedelta(days=40)
PLACES = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Line:
    """What one rule is expected to cost: how often, and how much in major units. None where there is no past."""

    slot: Slot
    code: str
    amount: Decimal
    times: Decimal | None
    cost: Decimal | None


def forecast(campaign: Campaign, plan: Plan, *, audience: int, now: datetime) -> list[Line]:
    """A line for each rule, in the plan's order."""
    steps = _expected(campaign, audience=audience, now=now)
    lines = []
    for each in plan.rules:
        amount = Decimal(str(each.document["then"][0]["amount"]))
        times = steps.get(each.benefit.at)
        cost = (times * amount).quantize(PLACES) if times is not None else None
        lines.append(Line(each.slot, each.document["code"], amount, times, cost))
    return lines


def _expected(campaign: Campaign, *, audience: int, now: datetime) -> dict[Step, Decimal]:
    """How often each step is expected; empty where nothing has happened yet that one could go by."""
    guests, people, days = _past(campaign, now)
    past = guests.aggregate(
        joined=Count("pk"), broke_ice=Count("broke_ice_at"), active=Count("active_at"), retained=Count("retained_at")
    )
    if not past["joined"] or not people:
        return {}
    scale = Decimal(audience) * max(1, (campaign.ends_at - campaign.begins_at).days) / (Decimal(people) * days)
    steps: dict[Step, Decimal] = {}
    for step in ("joined", "broke_ice", "active", "retained"):
        steps[step] = (past[step] * scale).quantize(PLACES)
    if "friends" in campaign.numbers:
        done = len(finished(guests, friends=campaign.numbers["friends"], days=campaign.numbers["days"]))
        steps["task"] = (done * scale).quantize(PLACES)
    if campaign.follows is not None:
        before = took_part(campaign.follows.code).count()
        inviters = guests.filter(broke_ice_at__isnull=False).values("inviter_id").distinct().count()
        steps["returned"] = min(Decimal(before), (inviters * scale).quantize(PLACES))
    if campaign.reserve:
        each = campaign.numbers["surprise"] * 10**campaign.currency.scale
        steps["released"] = Decimal(campaign.reserve // each)
    return steps


def _past(campaign: Campaign, now: datetime) -> tuple[QuerySet[Referral], int, int]:
    """What to go by: guests, of how many people's invitations, in how many days. The round before, if there is one."""
    before = campaign.follows
    if before is not None and before.audience_size:
        guests = guests_of(before.code).filter(inviter__isnull=False)
        return guests, before.audience_size, max(1, (before.ends_at - before.begins_at).days)
    joined = Referral.objects.filter(joined_at__gt=now - PAST_FROM, joined_at__lte=now - PAST_UNTIL)
    joined = joined.filter(inviter__isnull=False).exclude(state=ReferralState.REJECTED)
    people = Member.objects.filter(is_house=False, joined_at__lte=now - PAST_UNTIL).count()
    return joined, people, (PAST_FROM - PAST_UNTIL).days
