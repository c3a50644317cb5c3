"""Where a member stands on each ladder: what is held and until when, what is missing, and what it will come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from members.domain.counters.compiled import SUM_SCALE
from members.domain.ladders.deciding import Case, decide, reached
from members.domain.ladders.demands import Demand
from members.domain.ladders.evaluating import measurable_ladders, places_as_given
from members.domain.ladders.measures import counter_words, scale_of, words_of
from members.domain.ladders.plans import NO_RANK, LadderPlan, TierPlan, is_rolling
from members.domain.ladders.quotas import seated
from members.domain.ladders.reading import hands_of, read_cases
from members.domain.sql import Some
from members.enums import CounterKind, Falls
from members.models import Counter, Ladder, Leave, QuotaPlace, TierInvitation, TierPin

# How far ahead it is looked where no period ends.
AHEAD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class TierLine:
    code: str
    names: dict[str, str]
    threshold: Decimal


@dataclass(frozen=True, slots=True)
class Want:
    """A counter, or a metric over its last days (None: ever), that has come so far, and how far it must.

    What `is_limit` is held against a member: it may come so far at most.
    """

    counter: str
    has: Decimal
    needs: Decimal
    metric: str = ""
    within_days: int | None = None
    is_limit: bool = False

    @property
    def is_there(self) -> bool:
        return self.has <= self.needs if self.is_limit else self.has >= self.needs

    @property
    def words(self) -> str:
        """What is looked at, such as `likers` or `quality contents in 90 days`."""
        what = words_of(self.metric) if self.metric else counter_words(self.counter)
        if self.within_days is None:
            return what
        return _("%(what)s in %(days)d days") % {"what": what, "days": self.within_days}


@dataclass(frozen=True, slots=True)
class DutyLine:
    """What is asked for this month: any one of these is enough."""

    any_of: tuple[Want, ...]

    @property
    def is_done(self) -> bool:
        return any(each.is_there for each in self.any_of)


@dataclass(frozen=True, slots=True)
class Line:
    """The member's place in line for a scarce tier."""

    tier: TierLine
    place: int
    places: int


@dataclass(frozen=True, slots=True)
class Loan:
    """A tier lent by hand."""

    tier: TierLine
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Projection:
    """What will be held at a moment if nothing more happens."""

    tier: TierLine | None
    at: datetime
    is_a_fall: bool


@dataclass(frozen=True, slots=True)
class StandingLine:
    """One ladder: the tier held, the value of the metric, and what is missing to the next tier, in major units.

    `safe_until` is None where the tier cannot be lost, or can at any time; `grace_until` where it is earned.
    """

    ladder: str
    names: dict[str, str]
    purpose: str
    tier: TierLine | None
    since: datetime | None
    value: Decimal
    next_tier: TierLine | None
    missing: Decimal | None
    share: int
    tiers: tuple[TierLine, ...]
    demands: tuple[Want, ...] = ()
    demands_held: tuple[Want, ...] = ()
    needs_invitation: bool = False
    invited_into: TierLine | None = None
    duties: tuple[DutyLine, ...] = ()
    duties_missed: int = 0
    can_fall: bool = False
    safe_until: datetime | None = None
    grace_until: datetime | None = None
    projection: Projection | None = None
    line: Line | None = None
    loan: Loan | None = None
    away_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LadderLine:
    """A ladder with its tiers, the lowest first; thresholds in major units."""

    code: str
    names: dict[str, str]
    purpose: str
    metric: str
    window: str
    tiers: tuple[TierLine, ...]


def ladders() -> list[LadderLine]:
    """Every ladder, whoever stands on it. One whose metric is gone is left out, as it is from judging."""
    found = []
    for ladder, plan, scale in measurable_ladders():
        tiers = tuple(_line(tier, scale) for tier in plan.tiers)
        found.append(LadderLine(plan.code, plan.names, ladder.purpose, plan.metric, plan.window, tiers))
    return found


def standing_of(member_id: int, *, now: datetime) -> list[StandingLine]:
    """A line for each ladder, in a number of queries that grows with the ladders only."""
    return [_standing(ladder, plan, scale, member_id, now) for ladder, plan, scale in measurable_ladders()]


def _standing(ladder: Ladder, plan: LadderPlan, scale: int, member_id: int, now: datetime) -> StandingLine:
    case = _case(plan, member_id, now)
    held = case.held.rank
    shown = tuple(_line(tier, scale) for tier in plan.tiers)
    following = plan.tiers[held + 1] if held + 1 < len(plan.tiers) else None
    next_line = shown[held + 1] if following is not None else None
    worth = Decimal(case.value).scaleb(-scale)
    return StandingLine(
        ladder=plan.code,
        names=plan.names,
        purpose=ladder.purpose,
        tier=shown[held] if held > NO_RANK else None,
        since=case.held.since if held > NO_RANK else None,
        value=worth,
        next_tier=next_line,
        missing=max(Decimal(0), next_line.threshold - worth) if next_line is not None else None,
        share=share_of(shown[held].threshold if held > NO_RANK else Decimal(0), next_line, worth),
        tiers=shown,
        demands=_wants(following.demands if following is not None else (), case.counters),
        demands_held=_wants(plan.tiers[held].demands if held > NO_RANK else (), case.counters),
        needs_invitation=following is not None and following.is_by_invitation and following.id not in case.invited,
        invited_into=_invited_into(plan, shown, member_id),
        duties=_duties(plan, case),
        duties_missed=case.held.duties_missed,
        can_fall=plan.falls != Falls.NEVER,
        safe_until=_safe_until(plan, case, now),
        grace_until=case.held.grace_until,
        projection=_projection(plan, case, shown, now),
        line=_place(plan, shown, held, member_id),
        loan=_loan(plan, shown, member_id, now),
        away_until=_away_until(plan, case, now),
    )


def _case(plan: LadderPlan, member_id: int, now: datetime) -> Case:
    hands = hands_of(plan, now, [member_id])
    (case,) = read_cases(plan, Some(ids=(member_id,)), now, hands, all_of_them=True)
    return case


def _line(tier: TierPlan, scale: int) -> TierLine:
    return TierLine(tier.code, tier.names, Decimal(tier.threshold).scaleb(-scale))


def _wants(demands: tuple[Demand, ...], counts: Mapping[str, int]) -> tuple[Want, ...]:
    scaled = set()
    if any(each.counter for each in demands):
        sums = Counter.objects.filter(code__in=[each.counter for each in demands if each.counter], kind=CounterKind.SUM)
        scaled = set(sums.values_list("code", flat=True))

    def want(each: Demand) -> Want:
        unit = SUM_SCALE if each.counter in scaled else 1
        if each.metric:
            unit = 10 ** scale_of(each.metric, in_demands=True)
        is_limit = each.at_most is not None
        has, needs = counts.get(each.key, 0), each.at_least if each.at_most is None else each.at_most
        return Want(each.counter, Decimal(has) / unit, Decimal(needs) / unit, each.metric, each.days, is_limit)

    return tuple(want(each) for each in demands)


def _duties(plan: LadderPlan, case: Case) -> tuple[DutyLine, ...]:
    """What the held tier asks for this month."""
    if case.held.rank == NO_RANK or not plan.tiers[case.held.rank].duties:
        return ()
    current = max(month for _, month in case.months)
    counts = {key: value for (key, month), value in case.months.items() if month == current}
    return tuple(DutyLine(_wants(each.any_of, counts)) for each in plan.tiers[case.held.rank].duties)


def _safe_until(plan: LadderPlan, case: Case, now: datetime) -> datetime | None:
    """The end of the period; of the next one where this period's value is enough already."""
    safe = case.held.safe_until
    if plan.falls == Falls.NEVER or safe is None or case.held.rank == NO_RANK:
        return None
    if plan.is_calendar and now < safe and reached(plan, case, case.value) >= case.held.rank:
        return plan.span(safe, case.joined_at).ends_at
    return safe


def _projection(plan: LadderPlan, case: Case, shown: tuple[TierLine, ...], now: datetime) -> Projection | None:
    """Decide as if it were the end of the period, and of grace, already; None where no time changes anything."""
    if plan.is_calendar:
        at = plan.span(now, case.joined_at).ends_at
    elif is_rolling(plan):
        safe = case.held.safe_until
        at = safe if safe is not None and safe > now else now + AHEAD
    else:
        return None
    assert at is not None, "a calendar period ends"
    then = _case(plan, case.member_id, at)
    if plan.has_quota:
        then = seated(then, places_as_given(plan, [case.member_id]))
    held = decide(plan, then, at).held
    if held.grace_until is not None and held.grace_until > at:
        at = held.grace_until
        held = decide(plan, replace(then, held=held), at).held
    rank = held.rank
    return Projection(shown[rank] if rank > NO_RANK else None, at, rank < case.held.rank)


def _place(plan: LadderPlan, shown: tuple[TierLine, ...], held: int, member_id: int) -> Line | None:
    """The nearest scarce tier that the member is in line for, the held one if there is none above it."""
    found = {}
    if plan.has_quota:
        for row in QuotaPlace.objects.filter(member_id=member_id, tier__in=plan.ranks):
            found[plan.rank_of(row.tier_id)] = row
    above = sorted(rank for rank in found if rank > held) or [rank for rank in found if rank == held]
    return Line(shown[above[0]], found[above[0]].place, found[above[0]].places) if above else None


def _loan(plan: LadderPlan, shown: tuple[TierLine, ...], member_id: int, now: datetime) -> Loan | None:
    pins = TierPin.objects.filter(member_id=member_id, tier__in=plan.ranks).in_force_at(now)
    pin = pins.order_by("-set_at", "-pk").first()
    return Loan(shown[plan.rank_of(pin.tier_id)], pin.until, pin.reason) if pin is not None else None


def _away_until(plan: LadderPlan, case: Case, now: datetime) -> datetime | None:
    """Until when the member is away, where the held tier would ask for something."""
    if case.held.rank == NO_RANK or not plan.tiers[case.held.rank].duties:
        return None
    return Leave.objects.filter(member_id=case.member_id).at(now).values_list("ends_at", flat=True).first()


def _invited_into(plan: LadderPlan, shown: tuple[TierLine, ...], member_id: int) -> TierLine | None:
    """The tier that the member may say yes to."""
    if not any(tier.is_by_invitation for tier in plan.tiers):
        return None
    found = TierInvitation.objects.filter(
        member_id=member_id, tier__in=plan.ranks, accepted_at__isnull=True, ended_at__isnull=True
    ).first()
    return shown[plan.rank_of(found.tier_id)] if found is not None else None


def share_of(floor: Decimal, following: TierLine | None, value: Decimal) -> int:
    """How much of the way to the next tier is done, in whole per cent, floored."""
    if following is None:
        return 100
    way = following.threshold - floor
    return max(0, min(100, int((value - floor) * 100 / way))) if way > 0 else 0
