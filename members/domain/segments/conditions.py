"""The condition of a segment: the rules' language over a member and their counters, for many members at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from members.domain import language
from members.domain.counters.compiled import SUM_SCALE
from members.domain.counters.periods import zone_named
from members.domain.ladders.measures import counted, why_unmeasurable
from members.domain.sql import Some, aware, rows_of
from members.enums import AgeBand, CounterKind, MemberStatus
from members.models import Counter, Ladder

NO_TIER = "none"
_COLUMNS = ("joined_at", "is_verified", "is_house", "language", "age_band", "time_zone")


class BadCondition(Exception):
    """A condition that cannot be used; the message says where and what to write."""


@dataclass(frozen=True, slots=True)
class Person:
    """A member as a condition reads them."""

    joined_at: datetime
    verified: bool
    house: bool
    language: str
    age_band: str
    tier: str


@dataclass(frozen=True)
class Condition:
    """A compiled condition and the counters that it reads, in their order."""

    holds: Callable[..., Any]
    counters: tuple[Counter, ...]


def fields_of(counters: Sequence[Counter]) -> dict[str, language.Field]:
    """What a condition may read."""
    ladder = Ladder.objects.order_by("pk").first()
    tiers = tuple(ladder.tiers.values_list("code", flat=True)) if ladder is not None else ()
    named: dict[str, tuple[language.Type, tuple[str, ...] | None]] = {
        "joined_at": (language.TIMESTAMP, None), "verified": (language.BOOL, None), "house": (language.BOOL, None),
        "language": (language.STRING, None), "age_band": (language.STRING, tuple(AgeBand.values)),
        "tier": (language.STRING, (NO_TIER, *tiers)),
    }  # fmt: skip
    fields = {f"member.{n}": language.Field(type=t, enum=e, access=("member", n)) for n, (t, e) in named.items()}
    fields["now"] = language.Field(type=language.TIMESTAMP, access=("now", 0))
    for place, counter in enumerate(counters):
        is_sum = counter.kind == CounterKind.SUM
        kind, least, most = (language.DECIMAL, None, None) if is_sum else (language.INT, 0, 10**12)
        fields[f"counters.{counter.code}"] = language.Field(type=kind, min=least, max=most, access=("counters", place))
    return fields


def compile_condition(text: str) -> Condition:
    """Check and compile a condition. Raises BadCondition."""
    every = [counter for counter in Counter.objects.order_by("code") if not why_unmeasurable(counter)]
    try:
        first = language.check(text, fields_of(every), {}, language.BOOL)
        read = tuple(counter for counter in every if f"counters.{counter.code}" in first.fields)
        checked = language.check(text, fields_of(read), {}, language.BOOL)
    except language.LanguageError as error:
        raise BadCondition(str(error)) from error
    return Condition(language.compile_expression(checked), read)


def who_holds(condition: Condition, some: Some, now: datetime) -> Iterator[int]:
    """Active members of whom the condition holds now: one statement."""
    joins, columns = "", [f"m.{name}" for name in _COLUMNS]
    params: list[Any] = []
    for place, counter in enumerate(condition.counters):
        said = counted(counter, some, now)
        joins += f" LEFT JOIN ({said.sql}) c{place} ON c{place}.member_id = m.id"
        columns.append(f"coalesce(c{place}.value, 0)")
        params += said.params
    whom, whom_params = some.clause("m.id")
    rows = rows_of(
        f"SELECT m.id, t.code, {', '.join(columns)} FROM members_member m{joins}"
        " LEFT JOIN members_standing s ON s.member_id = m.id"
        " AND s.ladder_id = (SELECT min(id) FROM members_ladder)"
        f" LEFT JOIN members_tier t ON t.id = s.tier_id WHERE m.status = %s AND {whom}",
        [*params, MemberStatus.ACTIVE.value, *whom_params],
    )
    scales = [counter.kind == CounterKind.SUM for counter in condition.counters]
    with language.exact():
        for member_id, tier, joined_at, verified, house, speaks, age_band, zone, *counts in rows:
            person = Person(_sure(joined_at), bool(verified), bool(house), speaks, age_band, tier or NO_TIER)
            vector = [Decimal(int(n)) / SUM_SCALE if s else int(n) for n, s in zip(counts, scales, strict=True)]
            local: tzinfo = zone_named(zone)
            if condition.holds(None, person, vector, now, local):
                yield member_id


def _sure(value: datetime | str) -> datetime:
    found = aware(value)
    assert found is not None, "the column is never null"
    return found
