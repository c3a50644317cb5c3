"""Computes an expression step by step and shows every step. Slower than compiled code, and always of its opinion."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from decimal import Decimal
from typing import Any

from members.domain.language import arithmetic
from members.domain.language.checker import Checked
from members.domain.language.errors import Span
from members.domain.language.functions import FUNCTIONS, durations_minus, durations_plus, moment_minus, moment_plus
from members.domain.language.text import canonical
from members.domain.language.tree import Node
from members.domain.language.types import DECIMAL, TIMESTAMP

Read = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Step:
    """A part of an expression with what it came to; None where a guard before it kept it from being looked at.

    `read` maps the fields it reads to their values; `is_cut` says that a number was cut to ±10^18 on the way.
    """

    text: str
    span: Span
    result: Any
    read: dict[str, Any]
    is_cut: bool
    steps: tuple[Step, ...] = ()


def explain(checked: Checked, read: Read, zone: tzinfo, peak: Read | None = None) -> Step:
    """Return the computation as a tree; `read` gives a field's value, `peak` a counter's highest before."""
    with arithmetic.exact():
        return _Explainer(read, zone, peak or read).step(checked.tree)


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


class _MissingFact(Exception):
    """A part is looked at that its guard keeps compiled code away from; it has no result."""


class _Explainer:
    def __init__(self, read: Read, zone: tzinfo, peak: Read) -> None:
        self.read, self.zone, self.peak = read, zone, peak
        self.is_cut = False

    def step(self, node: Node) -> Step:
        """Show the parts that are conditions themselves; what is below them is shown by its fields."""
        steps: tuple[Step, ...] = ()
        if node.kind in ("and", "or", "not"):
            steps = tuple(self.step(child) for child in node.children)
        self.is_cut = False
        try:
            result = self.value(node)
        except _MissingFact:
            result = None
        fields = {part.value: self.read(part.value) for part in node.walk() if part.kind == "field"}
        return Step(canonical(node), node.span, result, fields, self.is_cut, steps)

    def value(self, node: Node) -> Any:
        compute: Callable[[Node], Any] = getattr(self, f"_{node.kind}")
        found = compute(node)
        return Decimal(found) if node.type == DECIMAL and isinstance(found, int) else found

    def _literal(self, node: Node) -> Any:
        return node.value

    def _field(self, node: Node) -> Any:
        found = self.read(node.value)
        if found is None:
            raise _MissingFact(node.value)
        return found

    def _has(self, node: Node) -> bool:
        return self.read(node.children[0].value) is not None

    def _default(self, node: Node) -> Any:
        found = self.read(node.children[0].value)
        return self.value(node.children[1]) if found is None else found

    def _not(self, node: Node) -> bool:
        return not self.value(node.children[0])

    def _negate(self, node: Node) -> Any:
        return -self.value(node.children[0])

    def _and(self, node: Node) -> bool:
        return all(self.value(child) for child in node.children)

    def _or(self, node: Node) -> bool:
        return any(self.value(child) for child in node.children)

    def _choose(self, node: Node) -> Any:
        condition, yes, no = node.children
        return self.value(yes if self.value(condition) else no)

    def _list(self, node: Node) -> tuple[Any, ...]:
        return tuple(self.value(child) for child in node.children)

    def _in(self, node: Node) -> bool:
        return bool(self.value(node.children[0]) in self.value(node.children[1]))

    def _compare(self, node: Node) -> bool:
        a, b = (self.value(child) for child in node.children)
        return bool(_COMPARISONS[node.value](a, b))

    def _arithmetic(self, node: Node) -> Any:
        left, right = node.children
        a, b = self.value(left), self.value(right)
        if isinstance(a, timedelta) or isinstance(b, timedelta) or left.type == TIMESTAMP:
            return self._time(node, a, b)
        if node.value == "%":
            return arithmetic.remainder(a, b)
        if node.value == "/":
            return self._settled(Decimal(a) / Decimal(b))
        result = _OPERATIONS[node.value](a, b)
        return self._settled(result) if node.type == DECIMAL else self._bounded(result)

    def _time(self, node: Node, a: Any, b: Any) -> Any:
        left, right = node.children
        if left.type == right.type == TIMESTAMP:
            return a - b
        if TIMESTAMP in (left.type, right.type):
            if right.type == TIMESTAMP:
                a, b = b, a
            return moment_plus(a, b) if node.value == "+" else moment_minus(a, b)
        return durations_plus(a, b) if node.value == "+" else durations_minus(a, b)

    def _settled(self, value: Decimal | int) -> Decimal:
        settled = arithmetic.settled(Decimal(value))
        self.is_cut = self.is_cut or not -arithmetic.LARGEST <= value <= arithmetic.LARGEST
        return settled

    def _bounded(self, value: int) -> int:
        self.is_cut = self.is_cut or not -arithmetic.LARGEST <= value <= arithmetic.LARGEST
        return arithmetic.bounded(value)

    def _call(self, node: Node) -> Any:
        if node.value == "lookup":
            assert node.table is not None
            return node.table.get(self.value(node.children[1]), node.table.get("*"))
        if node.value == "crossed":
            counter, goal = node.children
            return bool(self.peak(counter.value) < goal.value <= self.read(counter.value))
        function = FUNCTIONS[node.value]
        arguments: list[Any] = [self.value(child) for child in node.children]
        if function.wants_zone:
            arguments.append(self.zone)
        return function.does(*arguments)
