"""A ladder as it is decided by: read once, then plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.utils import timezone

from members.domain.ladders.demands import Demand, Duty, once, read_demands, read_duties
from members.domain.ladders.windows import Span, is_calendar, span_at
from members.enums import LadderWindow
from members.models import Counter, Ladder, Tier

NO_RANK = -1


@dataclass(frozen=True, slots=True)
class TierPlan:
    """One rank: what it is gained and kept at, and what else it asks for."""

    id: int
    code: str
    names: dict[str, str]
    threshold: int
    keep: int
    demands: tuple[Demand, ...]
    duties: tuple[Duty, ...]
    quota_members: int | None
    quota_percent: int | None
    is_by_invitation: bool

    @property
    def has_quota(self) -> bool:
        return self.quota_members is not None or self.quota_percent is not None

    @property
    def is_given_out(self) -> bool:
        """Whether an evaluation says who has it: places are few, it needs an invitation, or it asks for a metric."""
        return self.has_quota or self.is_by_invitation or any(each.metric for each in self.demands)

    @property
    def is_plain(self) -> bool:
        """Whether the value alone decides."""
        return not (self.demands or self.duties or self.has_quota or self.is_by_invitation)

    def bar(self, rank: int, held: int) -> int:
        """The value at which it is reached, or still kept by whoever holds it or a higher one."""
        return self.keep if rank <= held else self.threshold


@dataclass(frozen=True)
class LadderPlan:
    """A ladder, its tiers from the lowest to the highest; a tier's place among them is its rank."""

    id: int
    code: str
    names: dict[str, str]
    metric: str
    window: str
    days: int | None
    rises: str
    falls: str
    validity_days: int | None
    grace_days: int
    tiers: tuple[TierPlan, ...]

    @cached_property
    def ranks(self) -> dict[int, int]:
        return {tier.id: rank for rank, tier in enumerate(self.tiers)}

    def rank_of(self, tier_id: int | None) -> int:
        return self.ranks.get(tier_id, NO_RANK) if tier_id is not None else NO_RANK

    @property
    def is_calendar(self) -> bool:
        return is_calendar(self.window)

    @property
    def is_plain(self) -> bool:
        return all(tier.is_plain for tier in self.tiers)

    @property
    def has_quota(self) -> bool:
        return any(tier.has_quota for tier in self.tiers)

    @cached_property
    def counters(self) -> tuple[str, ...]:
        """The counters that tiers demand, each once."""
        return tuple(each.counter for each in self.demanded if each.counter)

    @cached_property
    def demanded(self) -> tuple[Demand, ...]:
        """What tiers demand, each counter and each metric once."""
        return once([each for tier in self.tiers for each in tier.demands])

    @cached_property
    def duties(self) -> tuple[Demand, ...]:
        """What tiers look at each month, each once."""
        return once([each for tier in self.tiers for duty in tier.duties for each in duty.any_of])

    def span(self, moment: datetime, joined_at: datetime | None = None) -> Span:
        return span_at(self.window, self.days, moment, timezone.get_default_timezone(), joined_at)

    def safe_until(self, now: datetime, joined_at: datetime) -> datetime | None:
        """Until when a tier gained now is not looked at again."""
        if self.is_calendar:
            return self.span(now, joined_at).ends_at
        return now + timedelta(days=self.validity_days) if self.validity_days is not None else None


def plan_of(ladder: Ladder, counters: Mapping[str, Counter]) -> LadderPlan:
    """Read a ladder with its tiers. Raises BadDemand where one asks for what is not there any more."""
    tiers = sorted((tier for tier in ladder.tiers.all() if not tier.retired_at), key=lambda tier: tier.threshold)
    return LadderPlan(
        ladder.pk, ladder.code, ladder.names, ladder.metric, ladder.window, ladder.days, ladder.rises, ladder.falls,
        ladder.validity_days, ladder.grace_days, tuple(_tier(tier, counters, ladder.days) for tier in tiers),
    )  # fmt: skip


def _tier(tier: Tier, counters: Mapping[str, Counter], window_days: int | None) -> TierPlan:
    return TierPlan(
        tier.pk, tier.code, tier.names, tier.threshold, tier.threshold if tier.keep is None else tier.keep,
        read_demands(tier.demands, counters, window_days=window_days),
        read_duties(tier.duties, counters),
        tier.quota_members, tier.quota_percent, tier.is_by_invitation,
    )  # fmt: skip


ReadCounter = Callable[[str], int]


def plain_rank(plan: LadderPlan, *, value: int, held: int, owes_duty: bool, count: ReadCounter) -> int:
    """The highest rank that a value and counters reach at once; the others are given out elsewhere."""
    for rank in range(len(plan.tiers) - 1, held, -1):
        tier = plan.tiers[rank]
        if tier.is_given_out or value < tier.threshold or (owes_duty and tier.duties):
            continue
        if all(each.is_met(count(each.counter)) for each in tier.demands):
            return rank
    return held


def is_rolling(plan: LadderPlan) -> bool:
    return plan.window == LadderWindow.DAYS
