"""Writes what a batch decided beside the ledger: judgements, badges, privileges, standings and outcome events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import connection

from incentives.domain.engine.cases import Assigned, Decided
from incentives.domain.engine.rulebook import RuleBook
from incentives.models import BadgeGrant, PrivilegeGrant
from members.domain.events.writers import write_outcomes as write_events
from members.domain.ladders.deciding import Held, month_at
from members.domain.ladders.plans import LadderPlan
from members.domain.ladders.writing import change_data, write_standings
from members.domain.outcomes import (
    BADGE_GRANTED,
    EFFECT_ASSIGNED,
    INTERNAL_SOURCE,
    POINTS_AWARDED,
    POINTS_DEDUCTED,
    PRIVILEGE_GRANTED,
    TIER_CHANGED,
)
from members.domain.registry import registry
from members.enums import StandingReason
from members.lanes import lane_of
from members.models import Member, StandingChange

_encode = msgspec.json.Encoder().encode
_JUDGEMENTS = (
    "INSERT INTO incentives_judgement (event_id, run, member_id, rule_set_id, judged_at, sequence, facts, verdicts) "
)


def write_judgements(decided: Sequence[Decided], revision: int, *, judged_at: datetime) -> None:
    rows = [
        (
            each.id,
            each.run,
            each.member_id,
            revision,
            judged_at,
            place,
            _encode(each.facts).decode() if each.facts else "{}",
            _encode(each.verdicts).decode() if each.verdicts else "[]",
        )
        for place, each in enumerate(decided)
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            columns = [list(column) for column in zip(*rows, strict=True)]
            cursor.execute(
                _JUDGEMENTS + "SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[], %s::int[],"
                " %s::timestamptz[], %s::int[], %s::text[], %s::text[])",
                columns,
            )
        else:
            moment = judged_at.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
            cursor.executemany(
                _JUDGEMENTS + "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                [(*row[:4], moment, *row[5:]) for row in rows],
            )


def write_badges(decided: Sequence[Decided], *, judged_at: datetime) -> None:
    BadgeGrant.objects.bulk_create(
        [
            BadgeGrant(
                badge_id=effect.badge_id,
                member_id=each.member_id,
                key=key,
                event_id=each.id,
                rule_code=plan.code,
                rule_version=plan.version,
                granted_at=judged_at,
            )
            for each in decided
            for effect, plan, key in each.badges
        ]
    )


def write_grants(decided: Sequence[Decided]) -> None:
    """Give the privileges that rules promised; each holds from the moment of its event."""
    PrivilegeGrant.objects.bulk_create(
        [
            PrivilegeGrant(
                privilege_id=effect.privilege_id,
                member_id=each.member_id,
                key=key,
                uses_max=effect.uses_max,
                granted_at=each.occurred_at,
                starts_at=window.starts_at,
                until=window.until,
                event_id=each.id,
                rule_code=plan.code,
                rule_version=plan.version,
            )
            for each in decided
            for effect, plan, key, window in each.grants
        ]
    )


def write_rises(decided: Sequence[Decided], *, judged_at: datetime) -> None:
    """Write tiers that were reached at once; the newest of a batch is what is held."""
    rises = [(each, *rise) for each in decided for rise in each.rises]
    if not rises:
        return
    joined = dict(Member.objects.filter(pk__in={each.member_id for each, *_ in rises}).values_list("pk", "joined_at"))
    newest: dict[int, tuple[LadderPlan, dict[int, Held]]] = {}
    for each, plan, _, after in rises:
        held = Held(after, judged_at, plan.safe_until(judged_at, joined[each.member_id]), None, 0, month_at(judged_at))
        newest.setdefault(plan.id, (plan, {}))[1][each.member_id] = held
    StandingChange.objects.bulk_create(
        StandingChange(
            member_id=each.member_id,
            ladder_id=plan.id,
            from_tier_id=plan.tiers[before].id if before >= 0 else None,
            to_tier_id=plan.tiers[after].id,
            cause_id=each.id,
            changed_at=judged_at,
        )
        for each, plan, before, after in rises
    )
    for _, (plan, held_by) in sorted(newest.items()):
        write_standings(plan, list(held_by.items()))


def write_outcomes(decided: Sequence[Decided], rules: RuleBook, *, judged_at: datetime) -> None:
    """Write our own events: one `points.*` for each event that moved points, one for each badge, privilege and rise."""
    registry.refresh()
    source = registry.sources[INTERNAL_SOURCE].id
    rows: list[Any] = []

    def tell(each: Decided, code: str, data: dict[str, Any] | str | None, at: datetime | None = None) -> None:
        book = rules.by_code[code]
        lane = lane_of(each.member_id) if book.is_listened_to else None
        payload = _encode(data).decode() if isinstance(data, dict) else data
        rows.append((each.member_id, book.id, source, each.id, at or each.occurred_at, judged_at, payload, lane))

    for each in decided:
        if each.awarded:
            tell(each, POINTS_AWARDED, None)
        elif each.deducted:
            tell(each, POINTS_DEDUCTED, None)
        for effect, _, _ in each.badges:
            tell(each, BADGE_GRANTED, {"badge": effect.badge_code})
        for effect, *_ in each.grants:
            tell(each, PRIVILEGE_GRANTED, {"privilege": effect.privilege_code})
        for assigned in each.assigned:
            said = _assignment(each, assigned)
            book = rules.by_code[EFFECT_ASSIGNED]
            lane = lane_of(assigned.member_id)
            rows.append((assigned.member_id, book.id, source, each.id, each.occurred_at, judged_at, said, lane))
        for plan, before, after in each.rises:
            tell(each, TIER_CHANGED, change_data(plan, before, after, StandingReason.EARNED))
        for code, data, moment in each.told:
            tell(each, code, data, moment)
    write_events(rows)


def _assignment(decided: Decided, assigned: Assigned) -> str:
    said: dict[str, Any] = {
        "rule": assigned.plan.code,
        "version": assigned.plan.version,
        "effect": assigned.effect_number,
        "run": decided.run,
        "amount": assigned.amount,
        "cause": decided.id,
    }
    if assigned.match:
        said["match"] = assigned.match
    return _encode(said).decode()
