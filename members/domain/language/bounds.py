"""How small and how large a number can get: interval arithmetic over typed trees.

It tells operators the most that one event can pay, and lets compiled code skip checks that can never bite.
"""

from __future__ import annotations

import decimal
from decimal import Decimal

from members.domain.language import arithmetic
from members.domain.language.functions import RANGES
from members.domain.language.tree import Interval, Node
from members.domain.language.types import INT

LARGEST = Decimal(arithmetic.LARGEST)
_WIDE = decimal.Context(prec=120)


def anything(places: int) -> Interval:
    return Interval(-LARGEST, LARGEST, places)


def raw(node: Node) -> Interval:
    """The interval of an operation before it is rounded to 12 places and kept within ±10^18."""
    intervals = [child.interval or anything(arithmetic.PLACES) for child in node.children]
    if node.kind == "negate":
        (a,) = intervals
        return Interval(-a.high, -a.low, a.places)
    if node.kind == "arithmetic":
        return _arithmetic(node.value, *intervals)
    return _call(node, intervals)


def settled(interval: Interval) -> Interval:
    return Interval(
        max(-LARGEST, min(LARGEST, interval.low)),
        max(-LARGEST, min(LARGEST, interval.high)),
        min(interval.places, arithmetic.PLACES),
    )


def must_bound(interval: Interval) -> bool:
    """Say whether a value of the raw interval may lie beyond ±10^18."""
    return interval.low < -LARGEST or interval.high > LARGEST


def must_round(interval: Interval) -> bool:
    return interval.places > arithmetic.PLACES


def either(a: Interval, b: Interval) -> Interval:
    return Interval(min(a.low, b.low), max(a.high, b.high), max(a.places, b.places))


def _arithmetic(operator: str, a: Interval, b: Interval) -> Interval:
    with decimal.localcontext(_WIDE):
        if operator == "+":
            return Interval(a.low + b.low, a.high + b.high, max(a.places, b.places))
        if operator == "-":
            return Interval(a.low - b.high, a.high - b.low, max(a.places, b.places))
        if operator == "*":
            ends = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
            return Interval(min(ends), max(ends), a.places + b.places)
        if operator == "/":
            # The divisor is one non-zero literal. A quotient has as many decimals as it likes.
            ends = [x / b.low for x in (a.low, a.high)]
            slack = Decimal(1).scaleb(-arithmetic.PLACES)
            return Interval(min(ends) - slack, max(ends) + slack, arithmetic.PLACES + 1)
        largest = max(abs(b.low), abs(b.high))
        low = -min(largest, -a.low) if a.low < 0 else Decimal(0)
        high = min(largest, a.high) if a.high > 0 else Decimal(0)
        return Interval(low, high, max(a.places, b.places))


def _call(node: Node, of: list[Interval]) -> Interval:
    name = node.value
    if name in RANGES:
        least, most = RANGES[name]
        return Interval(Decimal(least), Decimal(most))
    if name == "lookup":
        assert node.table is not None
        values = list(node.table.values())
        return Interval(min(values), max(values), arithmetic.PLACES)
    if name in ("floor", "ceil", "round"):
        turn = {"floor": arithmetic.floor, "ceil": arithmetic.ceil, "round": arithmetic.rounded}[name]
        with decimal.localcontext(_WIDE):
            return Interval(Decimal(turn(of[0].low)), Decimal(turn(of[0].high)))
    places = max(each.places for each in of)
    if name == "min":
        return Interval(min(of[0].low, of[1].low), min(of[0].high, of[1].high), places)
    if name == "max":
        return Interval(max(of[0].low, of[1].low), max(of[0].high, of[1].high), places)
    if name == "clamp":
        low = min(max(of[0].low, of[1].low), of[2].low)
        high = min(max(of[0].high, of[1].high), of[2].high)
        return Interval(low, high, places)
    return anything(arithmetic.PLACES if node.type != INT else 0)
