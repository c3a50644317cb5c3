"""What tiers ask for beside their value: counters and metrics that must have come so far, or may at most."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from members.domain.counters.compiled import SUM_SCALE
from members.domain.ladders.measures import BadMetric, is_a_limit, scale_of, why_unmeasurable
from members.enums import CounterKind, CounterWindow
from members.models import Counter

# How widely a number must be spread where nothing else is said: a person for every four, a day for every three.
EACH_PERSON, EACH_DAY = 4, 3
# No more days are asked for than three quarters of the window.
DAYS_OF_WINDOW = (3, 4)
NUMBER_MAX = 10**9
# So many ways to do a duty may be named.
ANY_OF_MAX = 10
WITHIN_DAYS_MAX = 3_660


class BadDemand(Exception):
    """A demand or duty that cannot be read; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A counter, or a metric over its last days (None: ever), that must have come so far, or may at most.

    Both in the units that they are stored in.
    """

    counter: str = ""
    at_least: int = 0
    at_most: int | None = None
    metric: str = ""
    days: int | None = None

    @property
    def key(self) -> str:
        """What is read of a member for it; the same for two demands that look at the same."""
        if self.counter:
            return self.counter
        return self.metric if self.days is None else f"{self.metric} in {self.days} days"

    def is_met(self, value: int) -> bool:
        return value >= self.at_least if self.at_most is None else value <= self.at_most


@dataclass(frozen=True, slots=True)
class Duty:
    """What is to be done each month: any one of these is enough."""

    any_of: tuple[Demand, ...]

    def is_done(self, count: Callable[[str], int]) -> bool:
        """Whether what was counted, by a demand's key, is enough."""
        return any(each.is_met(count(each.key)) for each in self.any_of)


def once(demands: Collection[Demand]) -> tuple[Demand, ...]:
    """Each thing that is looked at, once."""
    return tuple({each.key: each for each in demands}.values())


def spread(at_least: int, window_days: int | None = None) -> tuple[int, int]:
    """From how many people and on how many days so much must have come, if nothing else is said."""
    days = -(-at_least // EACH_DAY)
    if window_days is not None:
        days = min(days, window_days * DAYS_OF_WINDOW[0] // DAYS_OF_WINDOW[1])
    return -(-at_least // EACH_PERSON), days


_SPREAD = {"people", "people_min", "days", "days_min"}
_OF_DEMANDS = {"counter", "metric", "at_least", "at_most", "within_days", *_SPREAD}
_OF_DUTIES = {"counter", "metric", "at_least"}
# (what is asked for, at least so much of it) to a demand, in the units that it is stored in. Raises BadDemand.
_Make = Callable[[Any, int], Demand]


def read_demands(
    document: Any, counters: Mapping[str, Counter], *, window_days: int | None = None
) -> tuple[Demand, ...]:
    """Read `[{counter or metric, at_least or at_most, within_days, people, people_min, days, days_min}]`.

    `people` and `days` name counters (or metrics) of different people and different days that the number must be
    spread over. A metric without `within_days` looks at the ladder's own last days, `window_days`. Raises BadDemand.
    """
    if not isinstance(document, list):
        raise BadDemand('Demands are a list, such as [{"counter": "likes", "at_least": 5}].')
    return tuple(one for each in document for one in _read(each, _OF_DEMANDS, counters, window_days))


def read_duties(document: Any, counters: Mapping[str, Counter]) -> tuple[Duty, ...]:
    """Read `[{counter or metric, at_least}, {any_of: [{counter or metric, at_least}, ...]}]`. Raises BadDemand."""
    if not isinstance(document, list):
        raise BadDemand('Duties are a list, such as [{"counter": "posts", "at_least": 2}].')
    return tuple(_duty(each, counters) for each in document)


def _duty(each: Any, counters: Mapping[str, Counter]) -> Duty:
    if not isinstance(each, dict) or "any_of" not in each:
        return Duty(tuple(_read(each, _OF_DUTIES, counters, None, are_duties=True)))
    ways = each["any_of"]
    if set(each) != {"any_of"}:
        raise BadDemand("any_of stands alone; what is asked for stands in its list.")
    if not isinstance(ways, list) or not 2 <= len(ways) <= ANY_OF_MAX:
        raise BadDemand(
            f"any_of is a list of 2 to {ANY_OF_MAX} ways to do the duty, such as"
            f' [{{"counter": "posts", "at_least": 2}}, {{"counter": "sessions", "at_least": 1}}], not {ways!r:.80}.'
        )
    return Duty(tuple(one for way in ways for one in _read(way, _OF_DUTIES, counters, None, are_duties=True)))


def _read(
    each: Any, known: set[str], counters: Mapping[str, Counter], window_days: int | None, *, are_duties: bool = False
) -> list[Demand]:
    if not isinstance(each, dict) or set(each) - known:
        raise BadDemand(f"Each is an object with {', '.join(sorted(known))}, not {each!r:.80}.")
    if ("counter" in each) == ("metric" in each):
        raise BadDemand(f"Each names either a counter or a metric, not {each!r:.80}.")
    if "counter" in each:
        return _of_counters(each, counters, are_duties=are_duties)
    return _of_metrics(each, window_days, are_duties=are_duties)


def _of_counters(each: dict[str, Any], counters: Mapping[str, Counter], *, are_duties: bool) -> list[Demand]:
    if "within_days" in each:
        raise BadDemand("within_days is for a metric; a counter looks at its own window.")
    counter = _counter(each["counter"], counters)
    if are_duties and counter.window != CounterWindow.MONTH:
        raise BadDemand(f"A duty is looked at month by month, so {counter.code} must have the window month.")

    def make(code: Any, at_least: int) -> Demand:
        other = _counter(code, counters)
        return Demand(other.code, at_least * _unit(other))

    if "at_most" in each:
        return [Demand(counter.code, at_most=_at_most(each) * _unit(counter))]
    return _spread_over(each, make, of="counter", window_days=counter.days)


def _of_metrics(each: dict[str, Any], window_days: int | None, *, are_duties: bool) -> list[Demand]:
    metric = each["metric"]
    unit = _unit_of_metric(metric)
    if is_a_limit(metric):
        if are_duties or "at_most" not in each or "within_days" in each:
            raise BadDemand(f'{metric} counts against a member now: ask for it by at_most, among the demands, as in '
                            f'{{"metric": "{metric}", "at_most": 0}}.')  # fmt: skip
        return [Demand(metric=metric, at_most=_at_most(each) * unit)]
    days = _whole(each, "within_days", 1, WITHIN_DAYS_MAX) if "within_days" in each else window_days

    def make(name: Any, at_least: int) -> Demand:
        each_unit = _unit_of_metric(name)
        if is_a_limit(name):
            raise BadDemand(f"{name} counts against a member; nothing is spread over it.")
        return Demand(metric=name, at_least=at_least * each_unit, days=None if are_duties else days)

    if "at_most" in each:
        return [Demand(metric=metric, at_most=_at_most(each) * unit, days=days)]
    return _spread_over(each, make, of="metric", window_days=days)


def _spread_over(each: dict[str, Any], make: _Make, *, of: str, window_days: int | None) -> list[Demand]:
    """The number itself, and the people and days that it must be spread over."""
    at_least = _whole(each, "at_least")
    found = [make(each[of], at_least)]
    people, days = spread(at_least, window_days)
    for word, derived in (("people", people), ("days", days)):
        if word in each:
            found.append(make(each[word], _whole(each, f"{word}_min") if f"{word}_min" in each else derived))
        elif f"{word}_min" in each:
            raise BadDemand(f"{word}_min needs {word}, the {of} that it is about.")
    return found


def _at_most(each: dict[str, Any]) -> int:
    if "at_least" in each or _SPREAD & set(each):
        raise BadDemand("at_most stands alone: it goes with no at_least, people or days.")
    return _whole(each, "at_most", 0)


def _whole(each: dict[str, Any], word: str, least: int = 1, most: int = NUMBER_MAX) -> int:
    value = each.get(word)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadDemand(f"{word} is a whole number from {least}, not {value!r:.80}.")
    return value


def _counter(code: Any, counters: Mapping[str, Counter]) -> Counter:
    counter = counters.get(code) if isinstance(code, str) else None
    if counter is None:
        raise BadDemand(f"There is no counter {code!r:.80}.")
    why = why_unmeasurable(counter)
    if why:
        raise BadDemand(why)
    return counter


def _unit(counter: Counter) -> int:
    return SUM_SCALE if counter.kind == CounterKind.SUM else 1


def _unit_of_metric(metric: Any) -> int:
    """How many minor units one of a metric is."""
    if not isinstance(metric, str):
        raise BadDemand(f"metric is a name such as content:quality, not {metric!r:.80}.")
    if metric.startswith("counter:"):
        raise BadDemand(f"Name a counter by counter, such as {{\"counter\": \"{metric[8:]:.64}\"}}.")  # fmt: skip
    try:
        return int(10 ** scale_of(metric, in_demands=True))
    except BadMetric as error:
        raise BadDemand(str(error)) from error
