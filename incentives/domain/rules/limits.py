"""The arithmetic of limits: how much of what a rule wants may be paid. Amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A limit made ready: where its use is kept, and how much there is."""

    name: str
    limit_id: int
    is_shared_by_members: bool
    # Whose use counts, where members do not share it: the one who is paid, else the one whose event it is.
    is_recipients: bool
    every: Literal["day", "week", "month", "ever"]
    times: int | None
    amount: int | None
    currency_id: int | None
    is_net: bool
    cuts: bool
    # The use at which a budget rings.
    alarm_at: int | None = None


@dataclass(slots=True)
class Use:
    """How much of a limit is used in one period."""

    times: int = 0
    amount: int = 0
    is_moved: bool = False


def has_turn(ceiling: Ceiling, use: Use) -> bool:
    """Say whether a limit on times allows once more."""
    return ceiling.times is None or use.times < ceiling.times


def allowance(ceiling: Ceiling, use: Use, wanted: int) -> int:
    """How much of a wanted amount (positive: pay, negative: take) a limit on amounts allows.

    What is taken always passes. A net limit counts it back, so that it makes room; a gross one ignores it.
    """
    if ceiling.amount is None or wanted <= 0:
        return wanted
    left = max(0, ceiling.amount - use.amount)
    if wanted <= left:
        return wanted
    return left if ceiling.cuts else 0


def record(ceiling: Ceiling, use: Use, amount: int) -> None:
    """Count what was paid or taken against the limit."""
    if ceiling.amount is not None and (amount > 0 or (amount < 0 and ceiling.is_net)):
        use.amount += amount
        use.is_moved = True


def record_turn(ceiling: Ceiling, use: Use) -> None:
    if ceiling.times is not None:
        use.times += 1
        use.is_moved = True


def rings(ceiling: Ceiling, use: Use) -> bool:
    """Say whether a budget is used as far as its alarm, or further."""
    used = use.times if ceiling.times is not None else use.amount
    return ceiling.alarm_at is not None and used >= ceiling.alarm_at
