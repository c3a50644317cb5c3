"""Draws the laurel: progress as leaves. Angles in degrees from the bottom, rising along the right."""

from __future__ import annotations

import math
from dataclasses import dataclass

CENTRE, RADIUS, NODES = 100.0, 78.0, 11
FIRST_ANGLE, LAST_ANGLE, TILT = 9.0, 160.0, 33.0
SIZE, TAPER = 1.02, 0.74


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where a leaf of the right-hand branch stands; the left-hand one is its mirror."""

    transform: str
    is_on: bool


def wreath(share: int) -> list[Leaf]:
    """The leaves of one branch from the bottom up, so many of them lit as the share (0 to 100) asks for."""
    places = []
    for node in range(NODES):
        way = node / (NODES - 1)
        angle = math.radians(FIRST_ANGLE + (LAST_ANGLE - FIRST_ANGLE) * way)
        size = SIZE * (1 - (1 - TAPER) * way)
        for side in (1, -1):
            lean = 90 - math.degrees(angle) + side * (TILT + (6 if side < 0 else 0))
            places.append((angle, lean, size))
    tip = math.radians(LAST_ANGLE + (LAST_ANGLE - FIRST_ANGLE) / (NODES - 1) * 0.55)
    places.append((tip, 90 - math.degrees(tip), SIZE * TAPER))
    lit = round(len(places) * share / 100)
    return [Leaf(_transform(*place), is_on=i < lit) for i, place in enumerate(places)]


def _transform(angle: float, lean: float, size: float) -> str:
    x, y = CENTRE + RADIUS * math.sin(angle), CENTRE + RADIUS * math.cos(angle)
    return f"translate({x:.1f} {y:.1f}) rotate({lean:.0f}) scale({size:.2f})"
