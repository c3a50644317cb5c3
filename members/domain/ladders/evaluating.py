"""Decides again who holds what: set-based, in chunks of members, as often as one likes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from members.domain.chunks import chunks
from members.domain.ladders.deciding import Case, Held, decide
from members.domain.ladders.demands import BadDemand
from members.domain.ladders.measures import BadMetric, scale_of
from members.domain.ladders.plans import LadderPlan, plan_of
from members.domain.ladders.quotas import Places, active_members, give_out, seated
from members.domain.ladders.reading import Hands, hands_of, read_cases
from members.domain.ladders.writing import Move, tell_moves, write_lines, write_moves, write_standings
from members.domain.sql import Some
from members.lanes import lane_of
from members.models import Counter, Ladder, Lane, QuotaPlace, TierPin


@dataclass(slots=True)
class Evaluation:
    """What an evaluation came to: who moved, and who was warned."""

    plan: LadderPlan
    moves: list[Move] = field(default_factory=list)
    warned: list[int] = field(default_factory=list)

    @property
    def rises(self) -> list[Move]:
        return [move for move in self.moves if move.rose]

    @property
    def falls(self) -> list[Move]:
        return [move for move in self.moves if not move.rose]

    def __str__(self) -> str:
        return f"{self.plan.code}: {len(self.rises)} rose, {len(self.falls)} fell, {len(self.warned)} were warned"


def evaluate(*, plan: LadderPlan, now: datetime, are_heard: bool = True) -> Evaluation:
    """Decide for every member what they hold, a chunk in a transaction.

    `are_heard` says whether rules listen to what is told of it. Whoever is judging waits meanwhile, a chunk long.
    """
    evaluation = Evaluation(plan)
    hands = hands_of(plan, now)
    places = _places(plan, hands, now)
    for some in chunks():
        with transaction.atomic():
            hold_lanes()
            _evaluate(evaluation, some, hands, places, now, are_heard=are_heard)
    if plan.has_quota:
        with transaction.atomic():
            write_lines(plan, places.lines)
    _end_loans(hands, now)
    return evaluation


def evaluate_members(*, plan: LadderPlan, member_ids: Sequence[int], now: datetime) -> Evaluation:
    """Decide for a few members, at once; scarce places stay as they were last given out."""
    evaluation = Evaluation(plan)
    with transaction.atomic():
        hold_lanes({lane_of(member_id) for member_id in member_ids})
        hands = hands_of(plan, now, member_ids)
        some = Some(ids=tuple(member_ids))
        _evaluate(evaluation, some, hands, places_as_given(plan, member_ids), now, are_heard=True)
        _end_loans(hands, now)
    return evaluation


def evaluate_where_asked(*, metric: str, member_ids: Sequence[int], now: datetime) -> None:
    """Decide for a few members, at once, on every ladder with a tier that asks for a metric."""
    for _ladder, plan, _scale in measurable_ladders():
        if any(each.metric == metric for each in plan.demanded):
            evaluate_members(plan=plan, member_ids=member_ids, now=now)


def foresee(*, plan: LadderPlan, now: datetime) -> Evaluation:
    """What an evaluation would come to; nothing is written."""
    evaluation = Evaluation(plan)
    hands = hands_of(plan, now)
    places = _places(plan, hands, now)
    for some in chunks():
        _decide(evaluation, some, hands, places, now)
    return evaluation


def hold_lanes(numbers: Iterable[int] | None = None) -> None:
    """Keep everybody else from judging members until the transaction ends; always in the order of the lanes."""
    lanes = Lane.objects.select_for_update().order_by("number")
    list((lanes if numbers is None else lanes.filter(number__in=numbers)).values_list("number"))


@contextmanager
def editing_ladder() -> Iterator[None]:
    """Change a ladder while nobody is judged: every event is judged wholly by the old one or wholly by the new."""
    with transaction.atomic():
        hold_lanes()
        yield


def current_plan(ladder: Ladder) -> LadderPlan:
    """The ladder as it stands in the database now."""
    return plan_of(Ladder.objects.get(pk=ladder.pk), {counter.code: counter for counter in Counter.objects.all()})


def measurable_ladders() -> list[tuple[Ladder, LadderPlan, int]]:
    """Every ladder with its plan and its metric's decimals. One whose metric or demands are gone judges nobody."""
    counters = {counter.code: counter for counter in Counter.objects.all()}
    found = []
    for ladder in Ladder.objects.order_by("pk").prefetch_related("tiers"):
        try:
            found.append((ladder, plan_of(ladder, counters), scale_of(ladder.metric)))
        except (BadMetric, BadDemand):
            continue
    return found


def _evaluate(
    evaluation: Evaluation, some: Some, hands: Hands, places: Places, now: datetime, *, are_heard: bool
) -> None:
    plan = evaluation.plan
    moves, warned, held = _decide(evaluation, some, hands, places, now)
    write_standings(plan, held)
    write_moves(plan, moves, now)
    if moves or warned:
        tell_moves(plan, moves, warned, now, are_heard=are_heard)


def _decide(
    evaluation: Evaluation, some: Some, hands: Hands, places: Places, now: datetime
) -> tuple[list[Move], list[int], list[tuple[int, Held]]]:
    plan = evaluation.plan
    moves: list[Move] = []
    warned: list[int] = []
    changed: list[tuple[int, Held]] = []
    for case in read_cases(plan, some, now, hands):
        decision = decide(plan, seated(case, places) if plan.has_quota else case, now)
        if decision.held is not case.held and decision.held != case.held:
            changed.append((case.member_id, decision.held))
        if decision.reason is not None:
            moves.append(Move(case.member_id, case.held.rank, decision.held.rank, decision.reason, case.value))
        if decision.is_warned:
            warned.append(case.member_id)
    evaluation.moves += moves
    evaluation.warned += warned
    return moves, warned, changed


def _places(plan: LadderPlan, hands: Hands, now: datetime) -> Places:
    if not plan.has_quota:
        return Places()
    needs_share = any(tier.quota_percent is not None for tier in plan.tiers)
    cases: list[Case] = []
    for some in chunks():
        cases += read_cases(plan, some, now, hands)
    return give_out(plan, cases, now, active_members(now) if needs_share else 0)


def places_as_given(plan: LadderPlan, member_ids: Sequence[int]) -> Places:
    """The scarce places of a few members as they were last given out."""
    places = Places()
    found = QuotaPlace.objects.filter(tier__in=plan.ranks, member_id__in=member_ids)
    for tier_id, member_id, place, count in found.values_list("tier_id", "member_id", "place", "places"):
        if place <= count:
            places.won.setdefault(member_id, set()).add(plan.rank_of(tier_id))
    return places


def _end_loans(hands: Hands, now: datetime) -> None:
    TierPin.objects.filter(pk__in=hands.over).update(ended_at=now)
