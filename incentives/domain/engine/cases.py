"""An event on its way through a batch: as it waits, and as it was decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from incentives.domain.engine.facts import MemberFacts
from incentives.domain.engine.rulebook import EffectPlan, InForce, RulePlan, TypeBook
from incentives.domain.privileges.windows import Window
from members.domain.counters.book import Addition
from members.domain.events.schemas import BadData, DataSchema
from members.domain.ladders.plans import LadderPlan


@dataclass(slots=True)
class Waiting:
    """An event to be judged, by the rules of its moment.

    `key_id` is the event that effects are known by: its own, or the one that assigned it.
    """

    id: int
    member: MemberFacts
    book: TypeBook
    in_force: InForce
    occurred_at: datetime
    event: Any
    run: int
    day: int
    key_id: int
    additions: list[Addition] = field(default_factory=list)
    # The ref of the space where it happened, empty where the app does not say.
    space: str = ""


class Assignment(NamedTuple):
    """What an `effect.assigned` says: which effect, of which event, and how much."""

    rule: str
    version: int
    effect: int
    run: int
    amount: int
    cause: int
    match: str | None

    @classmethod
    def of(cls, waiting: Waiting) -> Assignment:
        schema = waiting.book.schema
        return cls(*(getattr(waiting.event, schema.attribute(name)) for name in cls._fields))


@dataclass(frozen=True, slots=True)
class Assigned:
    """An effect that somebody else's lane will pay; `amount` in minor units (1 for a badge or a privilege)."""

    member_id: int
    plan: RulePlan
    effect_number: int
    amount: int
    match: str


@dataclass(slots=True)
class Decided:
    """What was decided about one event."""

    id: int
    member_id: int
    run: int
    occurred_at: datetime
    facts: dict[str, Any]
    verdicts: list[Any] = field(default_factory=list)
    awarded: bool = False
    deducted: bool = False
    badges: list[tuple[EffectPlan, RulePlan, str]] = field(default_factory=list)
    grants: list[tuple[EffectPlan, RulePlan, str, Window]] = field(default_factory=list)
    # A ladder, and the ranks before and after.
    rises: list[tuple[LadderPlan, int, int]] = field(default_factory=list)
    assigned: list[Assigned] = field(default_factory=list)
    # What else happened by it: the type of our own event, its data, and when.
    told: list[tuple[str, dict[str, Any], datetime]] = field(default_factory=list)


def decoded(schema: DataSchema, data: str | None) -> Any:
    """The event's data, or None where a person's words were erased. Our own events without data have none to erase."""
    if data is None:
        if any(not spec.optional for spec in schema.fields.values()):
            return None
        data = "{}"
    try:
        return schema.decoder.decode(data)
    except msgspec.ValidationError as error:
        raise BadData(f"The stored data no longer fit {schema.type_code}: {error}", "") from error
