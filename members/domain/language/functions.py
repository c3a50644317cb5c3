"""The fixed table of functions: what they take, what they give, and what they do. Nobody can add to it at run time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from members.domain.language import arithmetic
from members.domain.language.types import BOOL, DECIMAL, INT, STRING, TIMESTAMP, Type

# What an argument may be: a type, "number", or "sized" (a text or a list).
Accepts = Type | str
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
DURATION_LARGEST = timedelta(days=10_000_000)


@dataclass(frozen=True, slots=True)
class Function:
    """`gives` None means: the type that holds all arguments."""

    takes: tuple[Accepts, ...]
    gives: Type | None
    does: Callable[..., Any]
    wants_zone: bool = False


def _local(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def clamped(value: Any, low: Any, high: Any) -> Any:
    """The value, not below `low`; and not above `high`, which decides where the two cross."""
    return min(max(value, low), high)


FUNCTIONS: dict[str, Function] = {
    "floor": Function(("number",), INT, arithmetic.floor),
    "ceil": Function(("number",), INT, arithmetic.ceil),
    "round": Function(("number",), INT, arithmetic.rounded),
    "min": Function(("number", "number"), None, min),
    "max": Function(("number", "number"), None, max),
    "clamp": Function(("number", "number", "number"), None, clamped),
    "div": Function(("number", "number", "number"), DECIMAL, arithmetic.divided),
    "size": Function(("sized",), INT, len),
    ".size": Function(("sized",), INT, len),
    ".contains": Function((STRING, STRING), BOOL, lambda text, part: part in text),
    ".startsWith": Function((STRING, STRING), BOOL, str.startswith),
    ".endsWith": Function((STRING, STRING), BOOL, str.endswith),
    ".lower": Function((STRING,), STRING, str.lower),
    # As in CEL: Sunday is 0, the first of a month has date 1, January is month 0. In the member's zone.
    ".getFullYear": Function((TIMESTAMP,), INT, lambda t, z: _local(t, z).year, wants_zone=True),
    ".getMonth": Function((TIMESTAMP,), INT, lambda t, z: _local(t, z).month - 1, wants_zone=True),
    ".getDate": Function((TIMESTAMP,), INT, lambda t, z: _local(t, z).day, wants_zone=True),
    ".getDayOfWeek": Function((TIMESTAMP,), INT, lambda t, z: _local(t, z).isoweekday() % 7, wants_zone=True),
    ".getHours": Function((TIMESTAMP,), INT, lambda t, z: _local(t, z).hour, wants_zone=True),
    ".getMinutes": Function((TIMESTAMP,), INT, lambda t, z: _local(t, z).minute, wants_zone=True),
}
SPECIAL = ("has", "duration", "lookup", "crossed")

# The least and most a function can give, where that does not depend on its arguments.
RANGES: dict[str, tuple[int, int]] = {
    "size": (0, 10_000),
    ".size": (0, 10_000),
    ".getFullYear": (1, 9999),
    ".getMonth": (0, 11),
    ".getDate": (1, 31),
    ".getDayOfWeek": (0, 6),
    ".getHours": (0, 23),
    ".getMinutes": (0, 59),
}


def moment_plus(moment: datetime, duration: timedelta) -> datetime:
    """Add to a moment, staying within the years that exist."""
    try:
        return min(max(moment + duration, EARLIEST), LATEST)
    except OverflowError:
        return LATEST if duration > timedelta(0) else EARLIEST


def moment_minus(moment: datetime, duration: timedelta) -> datetime:
    return moment_plus(moment, -duration)


def durations_plus(a: timedelta, b: timedelta) -> timedelta:
    return min(max(a + b, -DURATION_LARGEST), DURATION_LARGEST)


def durations_minus(a: timedelta, b: timedelta) -> timedelta:
    return durations_plus(a, -b)
