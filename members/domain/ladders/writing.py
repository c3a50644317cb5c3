"""Writes what was decided about many members: standings, changes and events, in a handful of statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from members.domain import sql
from members.domain.events.writers import write_alike
from members.domain.ladders.deciding import Held
from members.domain.ladders.plans import NO_RANK, LadderPlan
from members.domain.outcomes import INTERNAL_SOURCE, TIER_CHANGED, TIER_WARNED
from members.domain.registry import registry
from members.enums import StandingReason
from members.lanes import lane_of
from members.models import QuotaPlace

_STANDING = {
    "member_id": "bigint", "ladder_id": "bigint", "tier_id": "bigint", "since": "timestamptz",
    "safe_until": "timestamptz", "grace_until": "timestamptz", "duties_missed": "smallint", "duties_checked": "int",
    "owes_duty": "boolean",
}  # fmt: skip
_CHANGE = {
    "member_id": "bigint", "ladder_id": "bigint", "from_tier_id": "bigint", "to_tier_id": "bigint", "reason": "text",
    "changed_at": "timestamptz",
}  # fmt: skip
_UPDATE = ", ".join(f"{name} = excluded.{name}" for name in list(_STANDING)[2:])
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Move:
    """A member who rises or falls: ranks before and after, why, and the value that decided."""

    member_id: int
    before: int
    after: int
    reason: StandingReason
    value: int

    @property
    def rose(self) -> bool:
        return self.after > self.before


def write_standings(plan: LadderPlan, held: Sequence[tuple[int, Held]]) -> None:
    """Put what members hold, by member id."""
    rows = [
        (
            member_id, plan.id, plan.tiers[each.rank].id if each.rank > NO_RANK else None, each.since,
            each.safe_until, each.grace_until, each.duties_missed, each.duties_checked, each.owes_duty,
        )
        for member_id, each in sorted(held, key=lambda pair: pair[0])
    ]  # fmt: skip
    sql.insert("members_standing", _STANDING, rows, f"ON CONFLICT (member_id, ladder_id) DO UPDATE SET {_UPDATE}")


def write_moves(plan: LadderPlan, moves: Sequence[Move], now: datetime) -> None:
    """Keep rises and falls in the history."""
    rows = [
        (move.member_id, plan.id, _tier(plan, move.before), _tier(plan, move.after), move.reason.value, now)
        for move in moves
    ]
    sql.insert("members_standingchange", _CHANGE, rows)


def tell_moves(
    plan: LadderPlan, moves: Sequence[Move], warned: Iterable[int], now: datetime, *, are_heard: bool
) -> None:
    """Put rises, falls and warnings on the timelines; `are_heard` says whether anything judges such events."""
    groups: dict[tuple[str, str], list[int]] = {}
    said: dict[tuple[int, int, str], str] = {}
    for move in moves:
        key = (move.before, move.after, move.reason.value)
        if key not in said:
            said[key] = change_data(plan, *key)
        groups.setdefault((TIER_CHANGED, said[key]), []).append(move.member_id)
    warning = _encode({"ladder": plan.code, "reason": StandingReason.DUTY.value}).decode()
    groups[TIER_WARNED, warning] = list(warned)
    tell_alike(groups, now, are_heard=are_heard)


def tell_alike(groups: Mapping[tuple[str, str], list[int]], now: datetime, *, are_heard: bool) -> None:
    """Put events on many timelines; `groups` are members by type and data."""
    registry.refresh()
    source_id, at = registry.sources[INTERNAL_SOURCE].id, now.astimezone(UTC)
    for (kind, data), member_ids in groups.items():
        lanes = [lane_of(member_id) if are_heard else None for member_id in member_ids]
        write_alike(member_ids, lanes, type_id=registry.types[kind].id, source_id=source_id, at=at, data=data)


def change_data(plan: LadderPlan, before: int, after: int, reason: str) -> str:
    """The data of `tier.changed`."""
    data: dict[str, Any] = {"ladder": plan.code, "rose": after > before, "reason": reason}
    if before > NO_RANK:
        data["from_tier"] = plan.tiers[before].code
    if after > NO_RANK:
        data["to_tier"] = plan.tiers[after].code
    return _encode(data).decode()


def write_lines(plan: LadderPlan, lines: dict[int, tuple[int, list[int]]]) -> None:
    """Replace who stands where in line for scarce tiers."""
    QuotaPlace.objects.filter(tier__in=[plan.tiers[rank].id for rank in lines]).delete()
    columns = {"tier_id": "bigint", "member_id": "bigint", "place": "int", "places": "int"}
    for rank, (count, member_ids) in sorted(lines.items()):
        rows = [(plan.tiers[rank].id, member_id, place, count) for place, member_id in enumerate(member_ids, 1)]
        sql.insert("members_quotaplace", columns, rows)


def _tier(plan: LadderPlan, rank: int) -> int | None:
    return plan.tiers[rank].id if rank > NO_RANK else None
