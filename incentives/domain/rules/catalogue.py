"""Everything a rule may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from incentives.domain.rules.documents import Limit
from members.domain.language import STRING, Field, Schema

# Where an event happened: the ref of its space, empty where the app does not say.
SPACE = "event.space"


@dataclass(frozen=True, slots=True)
class CurrencyFacts:
    id: int
    code: str
    scale: int
    is_qualifying: bool = False


@dataclass(frozen=True, slots=True)
class CounterFacts:
    """A counter as rules see it; one kept per key is readable only on events of its own type."""

    code: str
    event_type: str
    has_key: bool
    field: Field


@dataclass(frozen=True)
class Catalogue:
    """What can be named: event types with their data, member fields, counters, currencies and shared things."""

    event_types: Mapping[str, Schema]
    member_fields: Schema
    currencies: Mapping[str, CurrencyFacts]
    counters: Mapping[str, CounterFacts] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    badges: frozenset[str] = frozenset()
    privileges: frozenset[str] = frozenset()
    limits: Mapping[str, Limit] = field(default_factory=dict)
    # Types that lanes use among themselves; no rule may name them.
    reserved: frozenset[str] = frozenset()

    def named_type(self, code: str) -> Schema | None:
        """The data of an event type that a rule may name."""
        return None if code in self.reserved else self.event_types.get(code)

    def schema_for(self, event_type: str) -> Schema:
        """All fields that a rule of this type may read."""
        counters = {
            f"counters.{counter.code}": counter.field
            for counter in self.counters.values()
            if not counter.has_key or counter.event_type == event_type
        }
        # It stands in the one place after the counters' values; see the fold.
        space = {SPACE: Field(type=STRING, access=("counters", 2 * len(self.counters)))}
        return {**self.event_types[event_type], **space, **self.member_fields, **counters}
