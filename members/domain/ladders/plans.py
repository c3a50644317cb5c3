"""A ladder as it is decided by: read once, then plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone

from members.domain.counters.compiled import SUM_SCALE
from members.domain.ladders.windows import Span, is_calendar, span_at
from members.enums import CounterKind, CounterWindow, LadderWindow
from members.models import Counter, Ladder, Tier

NO_RANK = -1
# How widely a number must be spread where nothing else is said: a person for every four, a day for every three.
EACH_PERSON, EACH_DAY = 4, 3
# No more days are asked for than three quarters of the window.
DAYS_OF_WINDOW = (3, 4)


@dataclass(frozen=True, slots=True)
class Demand:
    """A counter that must have come so far; both in the units that counters are stored in."""

    counter: str
    at_least: int


@dataclass(frozen=True, slots=True)
class TierPlan:
    """One rank: what it is gained and kept at, and what else it asks for."""

    id: int
    code: str
    names: dict[str, str]
    threshold: int
    keep: int
    demands: tuple[Demand, ...]
    duties: tuple[Demand, ...]
    quota_members: int | None
    quota_percent: int | None
    is_by_invitation: bool

    @property
    def has_quota(self) -> bool:
        return self.quota_members is not None or self.quota_percent is not None

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
        """What tiers demand, each counter once."""
        return tuple(dict.fromkeys(each.counter for tier in self.tiers for each in tier.demands))

    @cached_property
    def duty_counters(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.counter for tier in self.tiers for each in tier.duties))

    def span(self, moment: datetime, joined_at: datetime | None = None) -> Span:
        return span_at(self.window, self.days, moment, timezone.get_default_timezone(), joined_at)

    def safe_until(self, now: datetime, joined_at: datetime) -> datetime | None:
        """Until when a tier gained now is not looked at again."""
        if self.is_calendar:
            return self.span(now, joined_at).ends_at
        return now + timedelta(days=self.validity_days) if self.validity_days is not None else None


def spread(at_least: int, window_days: int | None = None) -> tuple[int, int]:
    """From how many people and on how many days so much must have come, if nothing else is said."""
    days = -(-at_least // EACH_DAY)
    if window_days is not None:
        days = min(days, window_days * DAYS_OF_WINDOW[0] // DAYS_OF_WINDOW[1])
    return -(-at_least // EACH_PERSON), days


class BadDemand(Exception):
    """A demand or duty that cannot be read; the message says what to write."""


_WORDS = {"counter", "at_least", "people", "people_min", "days", "days_min"}


def read_demands(document: Any, counters: Mapping[str, Counter], *, are_duties: bool = False) -> tuple[Demand, ...]:
    """Read `[{counter, at_least, people, people_min, days, days_min}]`. Raises BadDemand.

    `people` and `days` name counters of different people and different days that the number must be spread over.
    """
    if not isinstance(document, list):
        raise BadDemand('Demands are a list, such as [{"counter": "likes", "at_least": 5}].')
    found: list[Demand] = []
    for each in document:
        if not isinstance(each, dict) or set(each) - (_WORDS if not are_duties else {"counter", "at_least"}):
            words = "counter and at_least" if are_duties else ", ".join(sorted(_WORDS))
            raise BadDemand(f"Each is an object with {words}, not {each!r:.80}.")
        at_least = _whole(each, "at_least")
        counter = _counter(each, "counter", counters)
        if are_duties and counter.window != CounterWindow.MONTH:
            raise BadDemand(f"A duty is looked at month by month, so {counter.code} must have the window month.")
        found.append(_demand(counter, at_least))
        people, days = spread(at_least, counter.days)
        for word, derived in (("people", people), ("days", days)):
            if word in each:
                least = _whole(each, f"{word}_min") if f"{word}_min" in each else derived
                found.append(_demand(_counter(each, word, counters), least))
            elif f"{word}_min" in each:
                raise BadDemand(f"{word}_min needs {word}, the counter that it is about.")
    return tuple(found)


def _demand(counter: Counter, at_least: int) -> Demand:
    return Demand(counter.code, at_least * (SUM_SCALE if counter.kind == CounterKind.SUM else 1))


def _whole(each: dict[str, Any], word: str) -> int:
    value = each.get(word)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10**9:
        raise BadDemand(f"{word} is a whole number from 1, not {value!r:.80}.")
    return value


def _counter(each: dict[str, Any], word: str, counters: Mapping[str, Counter]) -> Counter:
    code = each.get(word)
    counter = counters.get(code) if isinstance(code, str) else None
    if counter is None:
        raise BadDemand(f"There is no counter {code!r:.80}.")
    why = why_unmeasurable(counter)
    if why:
        raise BadDemand(why)
    return counter


def why_unmeasurable(counter: Counter) -> str:
    """Why a counter is not one number of a member; empty where it is."""
    if counter.by:
        return f"{counter.code} keeps a number for each {counter.by}, not one for the member."
    if counter.kind == CounterKind.STREAK:
        return f"{counter.code} counts periods in a row, which end; use one that counts days."
    return ""


def plan_of(ladder: Ladder, counters: Mapping[str, Counter]) -> LadderPlan:
    tiers = sorted(ladder.tiers.all(), key=lambda tier: tier.threshold)
    return LadderPlan(
        ladder.pk, ladder.code, ladder.names, ladder.metric, ladder.window, ladder.days, ladder.rises, ladder.falls,
        ladder.validity_days, ladder.grace_days, tuple(_tier(tier, counters) for tier in tiers),
    )  # fmt: skip


def _tier(tier: Tier, counters: Mapping[str, Counter]) -> TierPlan:
    return TierPlan(
        tier.pk, tier.code, tier.names, tier.threshold, tier.threshold if tier.keep is None else tier.keep,
        read_demands(tier.demands, counters), read_demands(tier.duties, counters, are_duties=True),
        tier.quota_members, tier.quota_percent, tier.is_by_invitation,
    )  # fmt: skip


ReadCounter = Callable[[str], int]


def plain_rank(plan: LadderPlan, *, value: int, held: int, owes_duty: bool, count: ReadCounter) -> int:
    """The highest rank that a value and counters reach at once; scarce and invited ones are given out elsewhere."""
    for rank in range(len(plan.tiers) - 1, held, -1):
        tier = plan.tiers[rank]
        if tier.has_quota or tier.is_by_invitation or value < tier.threshold or (owes_duty and tier.duties):
            continue
        if all(count(each.counter) >= each.at_least for each in tier.demands):
            return rank
    return held


def is_rolling(plan: LadderPlan) -> bool:
    return plan.window == LadderWindow.DAYS
