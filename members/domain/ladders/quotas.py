"""Gives out scarce tiers: the best qualify, ties in a stable order, and everybody in line has a place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from members.domain.ladders.deciding import Case, reaches
from members.domain.ladders.plans import LadderPlan
from members.enums import Falls, MemberStatus, Rises
from members.models import Event, EventType, Member

ACTIVE_WITHIN = timedelta(days=28)


@dataclass(slots=True)
class Places:
    """Who has won which ranks, and where everybody who qualified stands: rank to (places, members in order)."""

    won: dict[int, set[int]] = field(default_factory=dict)
    lines: dict[int, tuple[int, list[int]]] = field(default_factory=dict)


def active_members(now: datetime) -> int:
    """Members, house accounts left out, who contributed or spoke within 28 days."""
    types = EventType.objects.ids_taking_part()
    events = Event.objects.filter(type_id__in=types, occurred_at__gt=now - ACTIVE_WITHIN, occurred_at__lte=now)
    found = Member.objects.filter(status=MemberStatus.ACTIVE, is_house=False)
    return found.filter(pk__in=events.values("member_id")).count()


def places_of(plan: LadderPlan, rank: int, active: int) -> int:
    """How many may hold a rank with a quota: the smaller of its number and its share of active members, floored."""
    tier = plan.tiers[rank]
    limits = [tier.quota_members] if tier.quota_members is not None else []
    if tier.quota_percent is not None:
        limits.append(active * tier.quota_percent // 100)
    return min(limits)


def give_out(plan: LadderPlan, cases: Iterable[Case], now: datetime, active: int) -> Places:
    """Give every scarce rank to the best who qualify for it, from the highest rank down.

    Who holds one that is still safe keeps the place; then the value counts, then who was there already, then who came
    first. Members who may not earn, and accounts of the house, take no place. Who has won a higher one leaves room.
    """
    eligible = [case for case in cases if case.is_active and not case.is_house]
    places, taken = Places(), set[int]()
    for rank in range(len(plan.tiers) - 1, -1, -1):
        if not plan.tiers[rank].has_quota:
            continue
        line = [case for case in eligible if case.member_id not in taken and _qualifies(plan, case, rank, now)]
        line.sort(key=partial(_order, plan, rank, now))
        count = places_of(plan, rank, active)
        won = {case.member_id for case in line[:count]}
        taken |= won
        for member_id in won:
            places.won.setdefault(member_id, set()).add(rank)
        places.lines[rank] = (count, [case.member_id for case in line])
    return places


def _order(plan: LadderPlan, rank: int, now: datetime, case: Case) -> tuple[bool, int, bool, int]:
    return not _is_safe(case, rank, now), -_best(plan, rank, case), case.held.rank < rank, case.member_id


def _qualifies(plan: LadderPlan, case: Case, rank: int, now: datetime) -> bool:
    tier = plan.tiers[rank]
    if tier.is_by_invitation and tier.id not in case.invited:
        return False
    stays = _holds(case, rank) and (plan.falls == Falls.NEVER or _is_safe(case, rank, now))
    return stays or reaches(plan, case, rank, _best(plan, rank, case))


def _holds(case: Case, rank: int) -> bool:
    """Whether the member holds the rank by what they did, not by a loan."""
    return case.held.rank == rank and case.pinned < rank and case.lent_before is None


def _is_safe(case: Case, rank: int, now: datetime) -> bool:
    return _holds(case, rank) and case.held.safe_until is not None and now < case.held.safe_until


def _best(plan: LadderPlan, rank: int, case: Case) -> int:
    """The value that counts in line: only a period that is over where members rise at a period's start."""
    if case.value_before is None:
        return case.value
    if plan.rises == Rises.AT_START and case.held.rank < rank:
        return case.value_before
    return max(case.value, case.value_before)


def seated(case: Case, places: Places) -> Case:
    """The case with the ranks that the member has won."""
    return replace(case, won=places.won.get(case.member_id, ()))
