"""Where a member stands with the community's rules, and what happened in a month, by kind and never by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.utils import timezone

from members.domain.conduct.ladder import live_strikes
from members.domain.conduct.violations import APPEAL_WITHIN
from members.enums import ViolationState
from members.models import ConductStep, Freeze, Member, Violation

SHOWN_MAX = 50


@dataclass(frozen=True, slots=True)
class Conduct:
    """`clear_at` is when the last live strike is forgotten: the way back. `next_step` is what would follow then."""

    strikes: int
    clear_at: datetime | None
    next_step: ConductStep | None
    freezes: list[Freeze]
    violations: list[Violation]


@dataclass(frozen=True, slots=True)
class MonthLine:
    month: date
    kind: str
    count: int


def conduct_of(member: Member, now: datetime) -> Conduct:
    """A member's standing, in a fixed number of queries."""
    violations = Violation.objects.filter(member=member).select_related("kind").order_by("-recorded_at", "-pk")
    strikes = live_strikes(member.pk, now)
    last = violations.live_at(now).order_by("-strikes_until").first()
    return Conduct(
        strikes=strikes,
        clear_at=last.strikes_until if last is not None else None,
        next_step=ConductStep.objects.filter(strikes__gt=strikes).order_by("strikes").first(),
        freezes=list(Freeze.objects.filter(member=member, lifted_at=None, ends_at__gt=now).order_by("ends_at")),
        violations=list(violations[:SHOWN_MAX]),
    )


def may_appeal(violation: Violation, now: datetime) -> bool:
    return violation.state == ViolationState.STANDS and now < violation.recorded_at + APPEAL_WITHIN


def months(count: int = 12) -> list[MonthLine]:
    """How many violations of each kind stood, by month in the programme's zone, the newest first."""
    found = (
        Violation.objects.exclude(state=ViolationState.OVERTURNED)
        .annotate(month=TruncMonth("recorded_at", tzinfo=timezone.get_default_timezone()))
        .values_list("month", "kind__code")
        .annotate(count=Count("pk"))
        .order_by("-month", "kind__code")
    )
    lines = [MonthLine(month.date(), kind, number) for month, kind, number in found]
    newest = sorted({line.month for line in lines}, reverse=True)[:count]
    return [line for line in lines if line.month in newest]
