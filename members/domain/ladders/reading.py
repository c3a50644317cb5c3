"""Reads what decides about many members at once: one statement for values, demands and what is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from members.domain.counters.periods import month_of
from members.domain.ladders.deciding import Case, Held, month_at
from members.domain.ladders.demands import Demand
from members.domain.ladders.leaves import forgiven_months
from members.domain.ladders.measures import Measure, Spans, counted, last_days, measure, months_of, spans_of
from members.domain.ladders.plans import NO_RANK, LadderPlan
from members.domain.ladders.windows import span_before
from members.domain.sql import Some, among, aware, moment, rows_of
from members.enums import LadderWindow, MemberStatus
from members.models import Counter, TierInvitation, TierPin

# So many months back duties are looked at, should nobody have looked in time.
MONTHS_BACK = 3
LOOKED_BACK = timedelta(days=31 * (MONTHS_BACK + 1))


@dataclass(frozen=True, slots=True)
class Lent:
    """A tier lent by hand: the rank, or, once it has ended, what was held before."""

    rank: int
    before: int
    is_over: bool


@dataclass(slots=True)
class Hands:
    """What people have done to a ladder by hand: loans, invitations and leaves, by member."""

    lent: dict[int, Lent] = field(default_factory=dict)
    over: dict[int, int] = field(default_factory=dict)
    invited: dict[int, set[int]] = field(default_factory=dict)
    forgiven: Mapping[int, set[int]] = field(default_factory=dict)


def hands_of(plan: LadderPlan, now: datetime, member_ids: Sequence[int] | None = None) -> Hands:
    """Read loans that are in force or have just ended, and invitations that were accepted."""
    hands = Hands()
    pins = TierPin.objects.filter(tier__in=plan.ranks, ended_at__isnull=True).order_by("set_at", "pk")
    invitations = TierInvitation.objects.filter(tier__in=plan.ranks, accepted_at__isnull=False, ended_at__isnull=True)
    if member_ids is not None:
        pins, invitations = pins.filter(member__in=member_ids), invitations.filter(member__in=member_ids)
    for pin in pins:
        lent = Lent(plan.rank_of(pin.tier_id), plan.rank_of(pin.before_id), pin.until <= now)
        earlier = hands.lent.get(pin.member_id)
        if lent.is_over:
            hands.over[pin.pk] = pin.member_id
        if earlier is None or not lent.is_over:
            hands.lent[pin.member_id] = lent
    for member_id, tier_id in invitations.values_list("member_id", "tier_id"):
        hands.invited.setdefault(member_id, set()).add(tier_id)
    if plan.duties:
        hands.forgiven = forgiven_months(now - LOOKED_BACK, member_ids)
    return hands


def read_cases(plan: LadderPlan, some: Some, now: datetime, hands: Hands, *, all_of_them: bool = False) -> list[Case]:
    """Everything that decides about these members; who surely keeps what they have is left out unless asked for."""
    joined: Mapping[int, datetime] = {}
    if plan.window == LadderWindow.ANNIVERSARY:
        clause, params = some.clause("id")
        found = rows_of(f"SELECT id, joined_at FROM members_member WHERE {clause}", params)
        joined = {row[0]: _sure(row[1]) for row in found}
    parts = _Parts(plan, some, now, joined)
    rows = rows_of(*parts.statement(hands, all_of_them=all_of_them))
    months = _months(plan, some, now) if plan.duties else {}
    return [_case(plan, row, hands, months, now) for row in rows]


@dataclass
class _Parts:
    """Puts the statement together: members, their values, what tiers demand, and what they hold."""

    plan: LadderPlan
    some: Some
    now: datetime
    joined: Mapping[int, datetime]

    def statement(self, hands: Hands, *, all_of_them: bool) -> tuple[str, list[Any]]:
        plan = self.plan
        columns = [
            "m.id", "m.joined_at", "m.status", "m.is_house", "s.tier_id", "s.since", "s.safe_until", "s.grace_until",
            "s.duties_missed", "s.duties_checked", "s.owes_duty", "coalesce(v.value, 0)",
        ]  # fmt: skip
        joins = ""
        params: list[Any] = []
        relations = [("v", measure(plan.metric, self.some, spans_of(plan, self.now, self.joined), self.now))]
        if plan.is_calendar:
            relations.append(("b", measure(plan.metric, self.some, self._before(), self.now)))
            columns.append("coalesce(b.value, 0)")
        else:
            columns.append("NULL")
        known = {counter.code: counter for counter in Counter.objects.filter(code__in=plan.counters)}
        for place, each in enumerate(plan.demanded):
            relations.append((f"c{place}", self._demanded(each, known)))
            columns.append(f"coalesce(c{place}.value, 0)")
        for name, said in relations:
            joins += f" LEFT JOIN ({said.sql}) {name} ON {name}.member_id = m.id"
            params += said.params
        whom, whom_params = self.some.clause("m.id")
        maybe: str = ""
        maybe_params: list[Any] = []
        if not all_of_them:
            maybe, maybe_params = self._may_change(hands)
            maybe, maybe_params = f" AND m.status <> %s{maybe}", [MemberStatus.ERASED.value, *maybe_params]
        statement = (
            f"SELECT {', '.join(columns)} FROM members_member m{joins}"
            " LEFT JOIN members_standing s ON s.member_id = m.id AND s.ladder_id = %s"
            f" WHERE {whom}{maybe} ORDER BY m.id"
        )
        return statement, [*params, plan.id, *whom_params, *maybe_params]

    def _demanded(self, demand: Demand, known: Mapping[str, Counter]) -> Measure:
        if demand.counter:
            return counted(known[demand.counter], self.some, self.now)
        return measure(demand.metric, self.some, last_days(demand.days, self.now), self.now)

    def _before(self) -> Spans:
        plan, zone = self.plan, timezone.get_default_timezone()
        if plan.window == LadderWindow.ANNIVERSARY:
            spans = {i: span_before(plan.window, plan.days, self.now, zone, at) for i, at in self.joined.items()}
            return Spans(each=spans)
        return Spans(span_before(plan.window, plan.days, self.now, zone))

    def _may_change(self, hands: Hands) -> tuple[str, list[Any]]:
        """Leave out whose tier is what the value says, and of whom nothing is due."""
        plan = self.plan
        if not plan.tiers:
            return " AND s.tier_id IS NOT NULL", []
        if not plan.is_plain:
            return self._whoever_has_something(hands)
        count = len(plan.tiers)
        held, held_params = _ranked("s.tier_id = %s", [tier.id for tier in reversed(plan.tiers)], count)
        bars = [tier.threshold for tier in reversed(plan.tiers)]
        at, at_params = _ranked("coalesce(v.value, 0) >= %s", bars, count)
        conditions = [f"{at} {'>' if plan.is_calendar else '<>'} {held}"]
        params: list[Any] = [*at_params, *held_params]
        if plan.is_calendar:
            conditions.append(f"{at.replace('v.value', 'b.value')} > {held}")
            params += [*at_params, *held_params]
        conditions.append("s.safe_until <= %s OR s.grace_until IS NOT NULL")
        params.append(moment(self.now))
        return self._or_lent(conditions, params, hands)

    def _whoever_has_something(self, hands: Hands) -> tuple[str, list[Any]]:
        """Leave out who holds nothing, was lent nothing, and has come to nothing."""
        lowest = min(tier.keep for tier in self.plan.tiers)
        conditions = ["s.tier_id IS NOT NULL", "coalesce(v.value, 0) >= %s"]
        params: list[Any] = [lowest]
        if self.plan.is_calendar:
            conditions.append("coalesce(b.value, 0) >= %s")
            params.append(lowest)
        return self._or_lent(conditions, params, hands)

    def _or_lent(self, conditions: list[str], params: list[Any], hands: Hands) -> tuple[str, list[Any]]:
        if hands.lent:
            clause, ids = among("m.id", sorted(hands.lent))
            conditions.append(clause)
            params += ids
        return f" AND ({' OR '.join(conditions)})", params


def _ranked(condition: str, values: Sequence[int], count: int) -> tuple[str, list[int]]:
    whens = "".join(f" WHEN {condition} THEN {count - 1 - place}" for place in range(count))
    return f"(CASE{whens} ELSE {NO_RANK} END)", list(values)


def _case(
    plan: LadderPlan, row: Sequence[Any], hands: Hands, months: Mapping[int, dict[tuple[str, int], int]], now: datetime
) -> Case:
    member_id, joined_at, status, is_house, tier_id, since, safe, grace, missed, checked, owes, value, before = row[:13]
    held = Held(plan.rank_of(tier_id), aware(since), aware(safe), aware(grace), missed or 0, checked or 0, bool(owes))
    lent = hands.lent.get(member_id)
    return Case(
        member_id,
        _sure(joined_at),
        status == MemberStatus.ACTIVE,
        held,
        int(value),
        int(before) if before is not None else None,
        {each.key: int(said) for each, said in zip(plan.demanded, row[13:], strict=True)},
        months.get(member_id, _no_months(plan, now)) if plan.duties else {},
        hands.forgiven.get(member_id, ()),
        hands.invited.get(member_id, ()),
        pinned=lent.rank if lent is not None and not lent.is_over else NO_RANK,
        lent_before=lent.before if lent is not None and lent.is_over else None,
        is_house=bool(is_house),
    )


def _months(plan: LadderPlan, some: Some, now: datetime) -> dict[int, dict[tuple[str, int], int]]:
    found: dict[int, dict[tuple[str, int], int]] = {}
    for (member_id, key, month), value in months_of(plan.duties, month_starts(now), some, now).items():
        found.setdefault(member_id, _no_months(plan, now))[key, month] = value
    return found


def _no_months(plan: LadderPlan, now: datetime) -> dict[tuple[str, int], int]:
    return {(each.key, month): 0 for each in plan.duties for month in month_starts(now)}


def month_starts(now: datetime) -> list[int]:
    """The first days of this month and of the ones before that duties are looked at for."""
    months = [month_at(now)]
    for _ in range(MONTHS_BACK):
        months.append(month_of(months[-1] - 1))
    return months


def _sure(value: datetime | str) -> datetime:
    found = aware(value)
    assert found is not None, "the column is never null"
    return found
