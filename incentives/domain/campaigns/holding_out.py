"""Hold-outs: a few who would have got a hidden benefit get none, so that the report can say what it does.

Only the hidden slot has them, which promises nothing: at most a tenth of each group, in campaigns of at most 60 days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from incentives.models import Campaign
from members.domain.conduct.acceptance import current_rules
from members.domain.newcomers.shares import Share, difference
from members.models import Event, EventType, Referral

PERCENT_MAX, DAYS_MAX = 10, 60
DAYS = (7, 30, 60)
WEEK = timedelta(days=7)
PARTS = 10_000


def place_of(campaign: Campaign, member_id: int) -> int:
    """Where a member stands among ten thousand parts, for this campaign and for ever."""
    digest = hashlib.sha256(f"{campaign.pk}:{member_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % PARTS


def held_out(campaign: Campaign, member_ids: Sequence[int]) -> list[int]:
    """Who of a group gets nothing: those of the lowest places, and never more than the share of the group."""
    share = campaign.hold_out
    low = sorted((place, pk) for pk in member_ids if (place := place_of(campaign, pk)) < share * PARTS // 100)
    return sorted(pk for _place, pk in low[: len(member_ids) * share // 100])


def refusal(*, hold_out: int, reserve: int, length: timedelta) -> str:
    """Why a campaign may not hold out so many; empty where it may."""
    if not 0 <= hold_out <= PERCENT_MAX:
        return _("At most %(most)d %% are held out.") % {"most": PERCENT_MAX}
    if hold_out and not reserve:
        return _("Only something hidden, which nobody was promised, may be held back; there is no hidden part.")
    if hold_out and length > timedelta(days=DAYS_MAX):
        return _("A campaign that holds somebody out lasts %(days)d days at most.") % {"days": DAYS_MAX}
    return ""


def terms_missing(campaign: Campaign) -> bool:
    """Whether it would hold somebody out although the rules in force do not say that this happens."""
    rules = current_rules()
    return campaign.hold_out > 0 and (rules is None or not rules.tells_of_hold_outs)


@dataclass(frozen=True, slots=True)
class Compared:
    """Of those who got it and of those held out, how many contributed in the week that begins `days` after, and how
    many had taken a further step of the campaign by then."""

    days: int
    given: Share
    held: Share
    given_steps: Share
    held_steps: Share

    @property
    def is_small(self) -> bool:
        return self.given.is_small or self.held.is_small

    @property
    def stayed_more(self) -> tuple[int, int]:
        """By how many points of a hundred more stayed, at least and at most, as sure as 95 %."""
        return difference(self.given, self.held)

    @property
    def stepped_more(self) -> tuple[int, int]:
        return difference(self.given_steps, self.held_steps)


def compared(campaign: Campaign, *, now: datetime) -> list[Compared]:
    """A line for each horizon; empty where nobody is held out. One query more than a look at the campaign."""
    moments = list(campaign.releases.filter(held_out__gt=0).values_list("released_at", flat=True))
    if not campaign.hold_out or not moments:
        return []
    people = campaign.members.filter(Q(surprised_at__in=moments) | Q(held_out_at__in=moments)).exclude(
        surprised_at__isnull=False, held_out_at__isnull=False
    )
    arms = people.annotate(
        moment=Coalesce("surprised_at", "held_out_at"),
        arm=Case(When(held_out_at=None, then=Value("given")), default=Value("held"), output_field=CharField()),
    )
    rows = arms.values("arm").annotate(**_counts(campaign.code, now))
    counts: dict[str, dict[str, Any]] = {row["arm"]: dict(row) for row in rows}
    return [_line(counts, days) for days in DAYS]


def _counts(code: str, now: datetime) -> dict[str, Count]:
    counts = {}
    for days in DAYS:
        begins = OuterRef("moment") + timedelta(days=days)
        over = Q(moment__lte=now - timedelta(days=days) - WEEK)
        did = Event.objects.filter(
            member=OuterRef("member"), type__in=EventType.objects.taking_part(), occurred_at__gte=begins,
            occurred_at__lt=begins + WEEK,
        )  # fmt: skip
        own = Referral.objects.filter(member=OuterRef("member"), invitation__campaign=code).filter(
            Q(active_at__gt=OuterRef("moment"), active_at__lte=begins)
            | Q(retained_at__gt=OuterRef("moment"), retained_at__lte=begins)
        )
        brought = Referral.objects.filter(
            inviter=OuterRef("member"), invitation__campaign=code, joined_at__gt=OuterRef("moment"),
            joined_at__lte=begins,
        )  # fmt: skip
        counts[f"of_{days}"] = Count("pk", filter=over)
        counts[f"there_{days}"] = Count("pk", filter=Q(over, Exists(did)))
        counts[f"steps_{days}"] = Count("pk", filter=Q(over) & (Q(Exists(own)) | Q(Exists(brought))))
    return counts


def _line(counts: dict[str, dict[str, Any]], days: int) -> Compared:
    def share(arm: str, what: str) -> Share:
        row = counts.get(arm, {})
        return Share(row.get(f"{what}_{days}", 0), row.get(f"of_{days}", 0))

    return Compared(
        days, share("given", "there"), share("held", "there"), share("given", "steps"), share("held", "steps")
    )
