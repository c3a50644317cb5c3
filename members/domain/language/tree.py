"""Expressions as trees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from members.domain.language.errors import Span
from members.domain.language.types import WRONG, Type

Kind = Literal[
    "literal", "field", "not", "negate", "and", "or", "compare", "in", "arithmetic", "choose", "default", "has",
    "list", "call",
]  # fmt: skip


@dataclass(slots=True)
class Interval:
    """What a number lies within, both ends included, and how many decimals it can have."""

    low: Decimal
    high: Decimal
    places: int = 0


@dataclass(slots=True)
class Node:
    """A part of an expression.

    `value` is the literal's value, the field's path, the operator or the function's name. The checker fills in
    `type`, `interval` (numbers only) and, for lookups, `table`.
    """

    kind: Kind
    span: Span
    value: Any = None
    children: list[Node] = field(default_factory=list)
    type: Type = WRONG
    interval: Interval | None = None
    table: dict[str, Decimal] | None = None

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()

    def as_json(self) -> dict[str, Any]:
        """The tree for the check endpoint; numbers beyond JSON's own are text."""
        value = self.value
        if isinstance(value, Decimal):
            value = str(value)
        elif isinstance(value, timedelta):
            value = int(value.total_seconds())
        found: dict[str, Any] = {"kind": self.kind, "span": list(self.span), "type": str(self.type)}
        if value is not None:
            found["value"] = value
        if self.children:
            found["children"] = [child.as_json() for child in self.children]
        return found


def same(a: Node, b: Node) -> bool:
    """Say whether two trees mean the same, wherever they stand; a table with other rows is another one."""
    return (
        (a.kind, type(a.value), a.value) == (b.kind, type(b.value), b.value)
        and a.table == b.table
        and len(a.children) == len(b.children)
        and all(same(x, y) for x, y in zip(a.children, b.children, strict=True))
    )
