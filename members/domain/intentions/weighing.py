"""Weighs evidence: half of it is left after thirty days. Reads nothing.

Definition: score = sum of weight × 0.5^(age / 30 days), each kind of evidence up to its own bound. Strong from 60 with
something decisive (left below 50), intending from 25 (left below 18), else potential.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from members.enums import IntentionLayer

HALF_LIFE_DAYS = 30
# Ten half-lives: of what is older less than a thousandth is left.
LOOKED_BACK_DAYS = 300
STRONG, STRONG_STAYS, INTENDING, INTENDING_STAYS = 60, 50, 25, 18
REASONS_MAX = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of evidence; `most` None is without bound."""

    code: str
    points: int
    most: int | None
    is_decisive: bool


@dataclass(frozen=True, slots=True)
class Weighed:
    """What all evidence of a member comes to; the weightiest reasons first."""

    layer: IntentionLayer
    score: Decimal
    reasons: tuple[tuple[str, Decimal], ...]


def faded(days: float) -> float:
    """What is left of evidence after so many days."""
    left: float = 0.5 ** (max(0.0, days) / HALF_LIFE_DAYS)
    return left


def weigh(counts: Mapping[str, float], kinds: Mapping[str, Kind], was: str | None) -> Weighed:
    """Weigh a member's evidence: how often each kind happened, faded; `was` is the layer before, None for none."""
    weights = {}
    for code, times in counts.items():
        kind = kinds[code]
        weight = times * kind.points
        weights[code] = round(Decimal(weight if kind.most is None else min(weight, kind.most)), 2)
    score = sum(weights.values(), Decimal(0))
    is_decided = any(kinds[code].is_decisive and weight > 0 for code, weight in weights.items())
    reasons = sorted(((c, w) for c, w in weights.items() if w > 0), key=lambda each: (-each[1], each[0]))
    return Weighed(layer_of(score, was, is_decided=is_decided), score, tuple(reasons[:REASONS_MAX]))


def layer_of(score: Decimal, was: str | None, *, is_decided: bool) -> IntentionLayer:
    """The layer for a score. Each is left only below a lower line, so that nobody flips daily."""
    if is_decided and score >= (STRONG_STAYS if was == IntentionLayer.STRONG else STRONG):
        return IntentionLayer.STRONG
    stays = was in (IntentionLayer.STRONG, IntentionLayer.INTENDING)
    return IntentionLayer.INTENDING if score >= (INTENDING_STAYS if stays else INTENDING) else IntentionLayer.POTENTIAL
