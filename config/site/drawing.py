"""Draws the laurel: progress as leaves. Angles in degrees from the bottom, rising along the right."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
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
    places = _branch(CENTRE, RADIUS, NODES, FIRST_ANGLE, LAST_ANGLE, TILT, SIZE, TAPER)
    lit = round(len(places) * share / 100)
    return [Leaf(place, is_on=i < lit) for i, place in enumerate(places)]


@dataclass(frozen=True, slots=True)
class Sprig:
    """A twig with a leaf for each step; the first one that is not on is the next. `stem` is its path."""

    stem: str
    leaves: list[tuple[str, str]]


def sprig(steps: Sequence[bool]) -> Sprig:
    """Draw a twig 160 wide and 38 high: leaves that are done are "on", the next one is "now"."""
    points = [(4 + 146 * n / 24, _sprig_height(4 + 146 * n / 24)) for n in range(25)]
    stem = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    leaves, upcoming = [], "now"
    for place, is_done in enumerate(steps):
        x = 11 + 160 / len(steps) * place
        lean, scale = 58 if place % 2 == 0 else 122, min(1.25, 6.5 / len(steps))
        look = "on" if is_done else upcoming
        upcoming = upcoming if is_done else ""
        leaves.append((f"translate({x:.1f} {_sprig_height(x):.1f}) rotate({lean}) scale({scale:.2f})", look))
    return Sprig(stem, leaves)


def _sprig_height(x: float) -> float:
    return 19 + 2 * math.sin(2 * math.pi * x / 150)


def engraving() -> list[str]:
    """Where the leaves of the card's engraving stand, on one branch."""
    return _branch(200.0, 150.0, 12, 8.0, 158.0, 30.0, 2.5, 0.6)


def medal() -> list[str]:
    """Where the leaves of a medal's fine wreath stand, on one branch."""
    return _branch(48.0, 35.5, 8, 14.0, 150.0, 26.0, 0.5, 0.74)


def glyph(code: str) -> str:
    """A picture for a badge: always the same one for the same badge."""
    return GLYPHS[zlib.crc32(code.encode()) % len(GLYPHS)]


GLYPHS = ("i-leaf", "i-ribbon", "i-flag", "i-quill", "i-rings", "i-hello")


def _branch(
    centre: float, radius: float, nodes: int, first: float, last: float, tilt: float, size: float, taper: float
) -> list[str]:
    """Pairs of leaves along the right-hand branch, each pair a little smaller, and one leaf at the tip."""
    places = []
    for node in range(nodes):
        way = node / (nodes - 1)
        angle = math.radians(first + (last - first) * way)
        scale = size * (1 - (1 - taper) * way)
        for side in (1, -1):
            lean = 90 - math.degrees(angle) + side * (tilt + (6 if side < 0 else 0))
            places.append(_transform(centre, radius, angle, lean, scale))
    tip = math.radians(last + (last - first) / (nodes - 1) * 0.55)
    places.append(_transform(centre, radius, tip, 90 - math.degrees(tip), size * taper))
    return places


def _transform(centre: float, radius: float, angle: float, lean: float, scale: float) -> str:
    x, y = centre + radius * math.sin(angle), centre + radius * math.cos(angle)
    return f"translate({x:.1f} {y:.1f}) rotate({lean:.0f}) scale({scale:.2f})"
