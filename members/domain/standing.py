"""Where a member stands on each ladder, and how far the next tier is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.utils.module_loading import import_string

from members.models import Ladder, Standing

NOBODY = 0


@dataclass(frozen=True, slots=True)
class TierLine:
    code: str
    names: dict[str, str]
    threshold: Decimal


@dataclass(frozen=True, slots=True)
class StandingLine:
    """One ladder: the tier held, the value of the metric, and what is missing to the next tier, in major units."""

    ladder: str
    names: dict[str, str]
    tier: TierLine | None
    since: datetime | None
    value: Decimal
    next_tier: TierLine | None
    missing: Decimal | None
    share: int
    tiers: tuple[TierLine, ...]


@dataclass(frozen=True, slots=True)
class LadderLine:
    """A ladder with its tiers, the lowest first; thresholds in major units."""

    code: str
    names: dict[str, str]
    metric: str
    tiers: tuple[TierLine, ...]


def ladders() -> list[LadderLine]:
    """Every ladder, whoever stands on it."""
    found = []
    for ladder in Ladder.objects.order_by("pk").prefetch_related("tiers"):
        _, scale = metric_value(ladder.metric, NOBODY)
        tiers = sorted(ladder.tiers.all(), key=lambda tier: tier.threshold)
        lines = tuple(TierLine(t.code, t.names, Decimal(t.threshold).scaleb(-scale)) for t in tiers)
        found.append(LadderLine(ladder.code, ladder.names, ladder.metric, lines))
    return found


def standing_of(member_id: int) -> list[StandingLine]:
    """A line for each ladder, in a fixed number of queries."""
    held = {s.ladder_id: s for s in Standing.objects.filter(member_id=member_id)}
    lines = []
    for ladder in Ladder.objects.order_by("pk").prefetch_related("tiers"):
        value, scale = metric_value(ladder.metric, member_id)
        tiers = sorted(ladder.tiers.all(), key=lambda tier: tier.threshold)
        standing = held.get(ladder.pk)
        shown = [TierLine(t.code, t.names, Decimal(t.threshold).scaleb(-scale)) for t in tiers]
        place = next((i for i, t in enumerate(tiers) if standing and t.pk == standing.tier_id), -1)
        following = shown[place + 1] if place + 1 < len(shown) else None
        worth = Decimal(value).scaleb(-scale)
        lines.append(
            StandingLine(
                ladder=ladder.code,
                names=ladder.names,
                tier=shown[place] if place >= 0 else None,
                since=standing.since if standing else None,
                value=worth,
                next_tier=following,
                missing=max(Decimal(0), following.threshold - worth) if following else None,
                share=_share(shown[place].threshold if place >= 0 else Decimal(0), following, worth),
                tiers=tuple(shown),
            )
        )
    return lines


def metric_value(metric: str, member_id: int) -> tuple[int, int]:
    """A metric's value in minor units and its scale, from the provider that an app above registered."""
    kind, _, code = metric.partition(":")
    provider = settings.METRIC_PROVIDERS[kind]
    value, scale = import_string(provider)(code, [member_id])
    return value.get(member_id, 0), scale


def _share(floor: Decimal, following: TierLine | None, value: Decimal) -> int:
    """How much of the way to the next tier is done, in whole per cent, floored."""
    if following is None:
        return 100
    way = following.threshold - floor
    return max(0, min(100, int((value - floor) * 100 / way))) if way > 0 else 0
