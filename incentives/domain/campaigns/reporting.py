"""What a campaign cost and brought: each slot from the ledger, each step, and how its guests stayed beside others.

The cohort before are those who joined in as long a time as the campaign has run so far, right before it began.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Greatest

from incentives.domain.campaigns import gatherings
from incentives.domain.campaigns.gatherings import ActivityLine
from incentives.domain.campaigns.holding_out import Compared, compared
from incentives.domain.campaigns.people import guests_of, participants_of
from incentives.domain.ledger.queries import major
from incentives.enums import JournalKind, PendingState, Slot
from incentives.models import Campaign, Journal
from members.domain.invitations.growth import ACCEPTED_WITHIN, PLACES
from members.domain.sql import rows_of
from members.models import Event, EventType, Invitation, Member

DAYS = (7, 30, 60)
# A share of fewer than these says little; it is shown in grey.
COHORT_MIN = 20
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SlotCost:
    """What a slot has cost so far in major units, what of it still waits, and how many awards that were."""

    slot: Slot
    awards: int
    cost: Decimal
    waiting: Decimal


@dataclass(frozen=True, slots=True)
class Steps:
    """How far invitations and guests have come."""

    sent: int
    joined: int
    broke_ice: int
    active: int
    retained: int


@dataclass(frozen=True, slots=True)
class Stayed:
    """How many of a cohort contributed in the week that begins `days` after each joined; only whom it is over for."""

    days: int
    guests: int
    guests_there: int
    before: int
    before_there: int

    @property
    def share(self) -> Decimal | None:
        return _ratio(self.guests_there, self.guests)

    @property
    def share_before(self) -> Decimal | None:
        return _ratio(self.before_there, self.before)

    @property
    def is_small(self) -> bool:
        return min(self.guests, self.before) < COHORT_MIN


@dataclass(frozen=True, slots=True)
class Report:
    """Amounts are in major units. `k` is joins within 14 days by members' invitations / the audience at the start."""

    slots: list[SlotCost]
    cost: Decimal
    budget: Decimal
    steps: Steps
    audience: int
    k: Decimal | None
    stayed: list[Stayed]
    held_out: list[Compared]
    per_retained: Decimal | None
    currency: str
    activities: list[ActivityLine]

    @property
    def funnel(self) -> list[tuple[str, int, int]]:
        """Each step with its count, and how many per cent of the step before it that is."""
        steps = [(name, getattr(self.steps, name)) for name in Steps.__slots__]
        shares = [100, *(100 * each // max(1, up) for (_n, up), (_m, each) in itertools.pairwise(steps))]
        return [(name, count, min(100, share)) for (name, count), share in zip(steps, shares, strict=True)]

    @property
    def multiplies(self) -> bool | None:
        return None if self.k is None else self.k >= 1


def report_of(campaign: Campaign, *, now: datetime) -> Report:
    """Read what a campaign has come to; a fixed number of queries."""
    slots = _slots(campaign)
    steps = _steps(campaign)
    cost = sum((each.cost for each in slots), Decimal(0))
    audience = campaign.audience_size or 0
    return Report(
        slots=slots,
        cost=cost,
        budget=major(campaign.budget, campaign.currency.scale),
        steps=steps,
        audience=audience,
        k=_ratio(_by_members(campaign), audience),
        stayed=_stayed(campaign, now),
        held_out=compared(campaign, now=now),
        per_retained=(cost / steps.retained).quantize(Decimal("0.01")) if steps.retained else None,
        currency=campaign.currency.code,
        activities=gatherings.report(campaign),
    )


# What each rule has awarded to those who took part; a journal is found by its member, which it is indexed by.
_COSTS = """
WITH awards AS ({awards})
SELECT a.rule_code, count(*), sum(a.amount), sum(coalesce(r.reversed_amount, 0)),
  sum(CASE WHEN p.state = %s THEN p.amount ELSE 0 END), sum(CASE WHEN p.state = %s THEN p.amount ELSE 0 END)
FROM (SELECT x.id, x.rule_code, sum(e.amount) AS amount FROM awards x JOIN incentives_entry e ON e.journal_id = x.id
  GROUP BY x.id, x.rule_code) a
LEFT JOIN incentives_reversal r ON r.journal_id = a.id
LEFT JOIN incentives_pendingaward p ON p.journal_id = a.id
GROUP BY a.rule_code
"""


def _slots(campaign: Campaign) -> list[SlotCost]:
    """Awards less what of them was taken back or has lapsed, slot by slot, in the order of the slots."""
    slot_of: dict[str, str] = dict(campaign.rules.values_list("rule__code", "slot"))
    awards = Journal.objects.filter(
        member_id__in=participants_of(campaign).values("pk"), rule_code__in=slot_of, kind=JournalKind.AWARD
    )
    sums: dict[str, list[int]] = {slot: [0, 0, 0] for slot in slot_of.values()}
    if slot_of:
        sql, params = awards.order_by().values("id", "rule_code").query.sql_with_params()
        states = [PendingState.LAPSED.value, PendingState.WAITING.value]
        for code, count, paid, taken, lapsed, waiting in rows_of(_COSTS.format(awards=sql), [*params, *states]):
            line = sums[slot_of[code]]
            line[0] += count
            line[1] += int(paid) - int(taken) - int(lapsed)
            line[2] += int(waiting)
    scale = campaign.currency.scale
    return [
        SlotCost(slot, sums[slot][0], major(sums[slot][1], scale), major(sums[slot][2], scale))
        for slot in Slot
        if slot in sums
    ]


def _steps(campaign: Campaign) -> Steps:
    """A code for many counts as sent as often as somebody came with it, and at least once."""
    codes = Invitation.objects.filter(campaign=campaign.code).aggregate(sent=Sum(Greatest("uses", 1)))
    reached = guests_of(campaign.code).aggregate(
        joined=Count("pk"), broke_ice=Count("broke_ice_at"), active=Count("active_at"), retained=Count("retained_at")
    )
    return Steps(sent=codes["sent"] or 0, **reached)


def _by_members(campaign: Campaign) -> int:
    in_time = Q(joined_at__lte=F("invitation__sent_at") + ACCEPTED_WITHIN)
    return guests_of(campaign.code).filter(in_time, inviter__isnull=False, inviter__is_house=False).count()


def _stayed(campaign: Campaign, now: datetime) -> list[Stayed]:
    begins = campaign.begins_at
    length = min(campaign.closed_at or campaign.ends_at, campaign.ends_at, max(now, begins)) - begins
    guests = Member.objects.filter(pk__in=guests_of(campaign.code).values("member_id"))
    before = (
        Member.objects.whole().newcomers().filter(is_house=False, joined_at__gte=begins - length, joined_at__lt=begins)
    )
    here, there = _there(guests, now), _there(before, now)
    return [Stayed(days, *here[days], *there[days]) for days in DAYS]


def _there(cohort: QuerySet[Member], now: datetime) -> dict[int, tuple[int, int]]:
    """For each horizon how many of a cohort it is over for, and how many of them contributed in its week."""
    counts = {}
    for days in DAYS:
        over = Q(joined_at__lte=now - timedelta(days=days) - WEEK)
        did = Event.objects.filter(
            member=OuterRef("pk"), type__in=EventType.objects.taking_part(),
            occurred_at__gte=OuterRef("joined_at") + timedelta(days=days),
            occurred_at__lt=OuterRef("joined_at") + timedelta(days=days) + WEEK,
        )  # fmt: skip
        counts[f"mature_{days}"] = Count("pk", filter=over)
        counts[f"there_{days}"] = Count("pk", filter=Q(over, Exists(did)))
    found = cohort.aggregate(**counts)
    return {days: (found[f"mature_{days}"], found[f"there_{days}"]) for days in DAYS}


def _ratio(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(PLACES) if whole else None
