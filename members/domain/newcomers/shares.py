"""Shares of small numbers, with how sure they are."""

from __future__ import annotations

import math
from dataclasses import dataclass

SMALL = 20
Z_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many. `low` and `high` are the ends of the 95 % interval, all in whole per cent."""

    count: int
    of: int

    @property
    def percent(self) -> int:
        return round(100 * self.count / self.of) if self.of else 0

    @property
    def is_small(self) -> bool:
        """Whether the interval should be shown, and the share not be trusted alone."""
        return self.of < SMALL

    @property
    def low(self) -> int:
        return round(100 * _wilson(self.count, self.of)[0])

    @property
    def high(self) -> int:
        return round(100 * _wilson(self.count, self.of)[1])


def difference(one: Share, other: Share) -> tuple[int, int]:
    """By how many points of a hundred the one share is above the other, at least and at most, as sure as 95 %.

    From both score intervals (R. G. Newcombe, 1998), so it works for few and stays within what is possible.
    """
    p, q = (each.count / each.of if each.of else 0.5 for each in (one, other))
    (p_low, p_high), (q_low, q_high) = _wilson(one.count, one.of), _wilson(other.count, other.of)
    low = p - q - math.hypot(p - p_low, q_high - q)
    high = p - q + math.hypot(p_high - p, q - q_low)
    return round(100 * max(-1.0, low)), round(100 * min(1.0, high))


def _wilson(count: int, of: int) -> tuple[float, float]:
    """The score interval of a share (E. B. Wilson, 1927): it stays within 0 and 1, and works for few."""
    if not of:
        return 0.0, 1.0
    p, z2 = count / of, Z_95**2
    middle = p + z2 / (2 * of)
    spread = Z_95 * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of))
    scale = 1 + z2 / of
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
