"""Decides what one member holds. Pure: everything is handed in, nothing is read or written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.utils import timezone

from members.domain.counters.periods import local_day, month_of
from members.domain.ladders.demands import Duty
from members.domain.ladders.plans import NO_RANK, LadderPlan
from members.enums import Falls, Rises, StandingReason

MISSED_MAX = 2


@dataclass(slots=True)
class Held:
    """What a member holds on a ladder; a rank is a place among the ladder's tiers, -1 for none."""

    rank: int = NO_RANK
    since: datetime | None = None
    safe_until: datetime | None = None
    grace_until: datetime | None = None
    duties_missed: int = 0
    duties_checked: int = 0
    owes_duty: bool = False


@dataclass(slots=True)
class Case:
    """All that decides about one member.

    `value` is the metric in the window that runs, `value_before` in the calendar period before. `counters` are what
    tiers demand, by a demand's key, `months` what they ask for each month, by (key, first day of the month), and
    `forgiven` the months that nothing is asked for. `won` are the ranks with a quota in which the member has a place.
    `pinned` is the rank lent by hand, `lent_before` what was held before a loan that has ended now.
    """

    member_id: int
    joined_at: datetime
    is_active: bool
    held: Held
    value: int
    value_before: int | None = None
    counters: Mapping[str, int] = field(default_factory=dict)
    months: Mapping[tuple[str, int], int] = field(default_factory=dict)
    forgiven: Collection[int] = ()
    invited: Collection[int] = ()
    won: Collection[int] = ()
    pinned: int = NO_RANK
    lent_before: int | None = None
    is_house: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What the member holds from now on, why if that is another tier, and whether they are warned."""

    held: Held
    reason: StandingReason | None = None
    is_warned: bool = False


def decide(plan: LadderPlan, case: Case, now: datetime) -> Decision:
    """Decide what a member holds. Deciding again with what was decided changes nothing."""
    actual = case.held
    if case.lent_before is not None:
        # What was lent goes back; then everything is as if it had never been held.
        case = replace(case, held=replace(actual, rank=case.lent_before, safe_until=None, grace_until=None))
    decision = _decide(plan, case, now)
    if case.pinned > decision.held.rank:
        decision = _moved(plan, case, case.pinned, StandingReason.PIN, now)
    if decision.held.rank == actual.rank:
        return decision if decision.reason is None else replace(decision, reason=None)
    return decision if case.lent_before is None else replace(decision, reason=StandingReason.PIN_ENDED)


def _decide(plan: LadderPlan, case: Case, now: datetime) -> Decision:
    held = case.held
    if held.rank > NO_RANK and not is_open(plan, case, held.rank):
        why = StandingReason.QUOTA if plan.tiers[held.rank].has_quota else StandingReason.INVITATION
        return _moved(plan, case, _below(plan, case), why if case.is_active else StandingReason.STATUS, now)
    held, is_warned = _look_at_duties(plan, case, now)
    if held.duties_missed >= MISSED_MAX:
        owing = replace(case, held=replace(held, owes_duty=True))
        return _moved(plan, owing, _below(plan, owing), StandingReason.DUTY, now)
    if held is not case.held:
        case = replace(case, held=held)
    decision = _rise_or_fall(plan, case, now)
    return replace(decision, is_warned=True) if is_warned and decision.reason is None else decision


def _rise_or_fall(plan: LadderPlan, case: Case, now: datetime) -> Decision:
    held = case.held
    current = reached(plan, case, case.value)
    before = current if case.value_before is None else reached(plan, case, case.value_before)
    best = max(current, before)
    gained = before if plan.rises == Rises.AT_START else best
    if case.is_active and gained > held.rank:
        why = StandingReason.INVITATION if plan.tiers[gained].is_by_invitation else StandingReason.EARNED
        return _moved(plan, case, gained, why, now)
    if best >= held.rank:
        return Decision(_renewed(plan, case, now))
    if plan.falls == Falls.NEVER or (held.safe_until is not None and now < held.safe_until):
        return Decision(held)
    grace_until = held.grace_until
    if grace_until is None and plan.grace_days:
        grace_until = (held.safe_until or now) + timedelta(days=plan.grace_days)
    if grace_until is not None and now < grace_until:
        return Decision(replace(held, grace_until=grace_until))
    rank = max(best, _below(plan, case)) if plan.falls == Falls.STEP else best
    return _moved(plan, case, rank, StandingReason.NOT_EARNED, now)


def reached(plan: LadderPlan, case: Case, value: int) -> int:
    """The highest rank that a value reaches, with everything else that its tier asks for."""
    for rank in range(len(plan.tiers) - 1, NO_RANK, -1):
        if reaches(plan, case, rank, value) and is_open(plan, case, rank):
            return rank
    return NO_RANK


def reaches(plan: LadderPlan, case: Case, rank: int, value: int) -> bool:
    """Whether value, diversity and, after a fall for it, the duty of a rank are there. Its door may still be shut."""
    tier = plan.tiers[rank]
    if value < tier.bar(rank, case.held.rank):
        return False
    if not all(each.is_met(case.counters.get(each.key, 0)) for each in tier.demands):
        return False
    return not (case.held.owes_duty and tier.duties and rank > case.held.rank) or _has_done(case, tier.duties)


def is_open(plan: LadderPlan, case: Case, rank: int) -> bool:
    """Whether the member may hold a rank at all: invited where that is needed, with a place where they are few."""
    tier = plan.tiers[rank]
    return (not tier.is_by_invitation or tier.id in case.invited) and (not tier.has_quota or rank in case.won)


def _has_done(case: Case, duties: tuple[Duty, ...]) -> bool:
    """Whether the duties of the newest month are done already."""
    return _are_done(case, duties, max((month for _, month in case.months), default=0))


def _are_done(case: Case, duties: tuple[Duty, ...], month: int) -> bool:
    return all(each.is_done(lambda key: case.months.get((key, month), 0)) for each in duties)


def _below(plan: LadderPlan, case: Case) -> int:
    """The next lower rank that the member may hold: one step, and the first that is still earned where tiers fall."""
    best = case.value if case.value_before is None else max(case.value, case.value_before)
    for rank in range(case.held.rank - 1, NO_RANK, -1):
        if is_open(plan, case, rank) and (plan.falls != Falls.EARNED or reaches(plan, case, rank, best)):
            return rank
    return NO_RANK


def _moved(plan: LadderPlan, case: Case, rank: int, why: StandingReason, now: datetime) -> Decision:
    month = month_at(now)
    owes = case.held.owes_duty and not (rank > case.held.rank and rank > NO_RANK and plan.tiers[rank].duties)
    safe_until = plan.safe_until(now, case.joined_at) if rank > NO_RANK else None
    held = Held(rank, now, safe_until, None, 0, month, owes_duty=owes)
    return Decision(held, why)


def month_at(moment: datetime) -> int:
    """The ordinal of the first of the programme's month that holds a moment."""
    return month_of(local_day(moment, timezone.get_default_timezone()))


def _renewed(plan: LadderPlan, case: Case, now: datetime) -> Held:
    """It is still earned: another time of safety begins when the last one is over, and grace is not needed."""
    held = case.held
    is_over = held.rank > NO_RANK and (held.safe_until is None or now >= held.safe_until)
    safe_until = plan.safe_until(now, case.joined_at) if is_over else held.safe_until
    if safe_until == held.safe_until and held.grace_until is None:
        return held
    return replace(held, safe_until=safe_until, grace_until=None)


def _look_at_duties(plan: LadderPlan, case: Case, now: datetime) -> tuple[Held, bool]:
    """Judge the months that are over; the month in which the tier was gained is free. Return (held, warned now)."""
    held = case.held
    duties = plan.tiers[held.rank].duties if held.rank > NO_RANK else ()
    if not duties:
        return held, False
    missed = held.duties_missed
    checked = max(held.duties_checked, month_at(held.since) if held.since is not None else 0)
    # A month is over when it is over everywhere.
    current = month_at(now - timedelta(days=1))
    for month in sorted({month for _, month in case.months if checked < month < current}):
        done = _are_done(case, duties, month)
        checked = month
        if not done and month in case.forgiven:
            continue
        missed = 0 if done else missed + 1
        if missed >= MISSED_MAX:
            break
    if checked <= held.duties_checked or missed == held.duties_missed == 0:
        return held, False
    return replace(held, duties_missed=missed, duties_checked=checked), missed == 1 and held.duties_missed == 0
