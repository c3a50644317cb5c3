"""What members have come to: a metric, by code, as a statement that finds (member, value) for many at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string

from members.domain.counters.compiled import SUM_SCALE
from members.domain.counters.periods import EVER, local_day, month_of, week_of, zone_named
from members.domain.ladders.windows import EVER as EVERYTHING
from members.domain.ladders.windows import Span, month_span
from members.domain.sql import Some, given, moment, rows_of
from members.enums import CounterKind, CounterWindow, LadderWindow
from members.models import Counter, Member

if TYPE_CHECKING:
    from members.domain.ladders.demands import Demand
    from members.domain.ladders.plans import LadderPlan

SUM_DECIMALS = len(str(SUM_SCALE)) - 1


class BadMetric(Exception):
    """A metric that measures nothing; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A statement that selects member_id and value, in minor units; who is not found has 0."""

    sql: str
    params: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Spans:
    """The window to look at: one for everybody, or one each for those that are listed."""

    all: Span = EVERYTHING
    each: Mapping[int, Span] | None = None

    def clause(self, column: str, member_column: str) -> tuple[str, list[Any], str, list[Any]]:
        """A join (with its parameters) and a condition (with its) that keep what happened in the window."""
        if self.each is not None:
            rows = [(member_id, moment(s.starts_at), moment(s.ends_at)) for member_id, s in sorted(self.each.items())]
            columns = {"member_id": "bigint", "starts_at": "timestamptz", "ends_at": "timestamptz"}
            relation, values = given("w", columns, rows)
            join = f" JOIN {relation} ON w.member_id = {member_column}"
            return join, values, f" AND {column} >= w.starts_at AND {column} < w.ends_at", []
        conditions, params = "", []
        for sign, end in ((">=", self.all.starts_at), ("<", self.all.ends_at)):
            if end is not None:
                conditions += f" AND {column} {sign} %s"
                params.append(moment(end))
        return "", [], conditions, params


# (code after the colon, whom, over which window, now) to a Measure. Raises BadMetric.
Provider = Callable[[str, Some, Spans, datetime], Measure]
# The decimals of a metric's minor units, by the code after the colon. Raises BadMetric.
Scale = Callable[[str], int]
# What members call it, in the language of the moment, such as `quality contents`.
Words = Callable[[str], str]


def measure(metric: str, some: Some, spans: Spans, now: datetime) -> Measure:
    """The statement that measures members by a metric such as `earned:growth`. Raises BadMetric."""
    provider, code = _provider(metric, 0, in_demands=True)
    found: Measure = provider(code, some, spans, now)
    return found


def scale_of(metric: str, *, in_demands: bool = False) -> int:
    """How many decimals the metric's minor units have. Raises BadMetric where there is no such metric.

    Nobody is ranked by what counts against members; only demands (`in_demands`) may name it.
    """
    scale, code = _provider(metric, 1, in_demands=in_demands)
    return int(scale(code))


def words_of(metric: str) -> str:
    """What members call a metric."""
    words, code = _provider(metric, 2, in_demands=True)
    return str(words(code))


def is_a_limit(metric: str) -> bool:
    """Whether it counts against a member: a tier can ask for at most so much, and no ladder is measured by it."""
    return metric.partition(":")[0] in settings.LIMIT_PROVIDERS


def _provider(metric: str, place: int, *, in_demands: bool) -> tuple[Callable[..., Any], str]:
    kind, _, code = metric.partition(":")
    among = {**settings.METRIC_PROVIDERS, **(settings.LIMIT_PROVIDERS if in_demands else {})}
    providers = among.get(kind)
    if providers is None:
        known = ", ".join(f"{each}:…" for each in among)
        raise BadMetric(f"There is no metric {metric!r:.80}; there are {known}.")
    return import_string(providers[place]), code


def spans_of(plan: LadderPlan, moment_in: datetime, joined: Mapping[int, datetime]) -> Spans:
    """The window of a ladder that holds a moment, for these members."""
    if plan.window == LadderWindow.ANNIVERSARY:
        return Spans(each={member_id: plan.span(moment_in, at) for member_id, at in joined.items()})
    return Spans(plan.span(moment_in))


def last_days(days: int | None, now: datetime) -> Spans:
    """The window of the last days, to the second; everything where there are none."""
    return Spans(Span(now - timedelta(days=days), None)) if days is not None else Spans()


def values(metric: str, some: Some, spans: Spans, now: datetime) -> dict[int, int]:
    """Member id to value, in minor units; whoever is missing has 0."""
    found = measure(metric, some, spans, now)
    return {member_id: int(value) for member_id, value in rows_of(found.sql, found.params)}


# Counters


def counter(code: str, some: Some, _spans: Spans, now: datetime) -> Measure:
    """A counter, over its own window, in each member's own days."""
    return counted(_find(code), some, now)


def counter_scale(code: str) -> int:
    return SUM_DECIMALS if _find(code).kind == CounterKind.SUM else 0


def counter_words(code: str) -> str:
    return code.replace("_", " ")


def why_unmeasurable(counter: Counter) -> str:
    """Why a counter is not one number of a member; empty where it is."""
    if counter.by:
        return f"{counter.code} keeps a number for each {counter.by}, not one for the member."
    if counter.kind == CounterKind.STREAK:
        return f"{counter.code} counts periods in a row, which end; use one that counts days."
    return ""


def _find(code: str) -> Counter:
    found = Counter.objects.filter(code=code).first()
    if found is None:
        raise BadMetric(f"There is no counter {code!r:.80}.")
    why = why_unmeasurable(found)
    if why:
        raise BadMetric(why)
    return found


def counted(counter: Counter, some: Some, now: datetime, *, period: int | None = None) -> Measure:
    """What a counter says now, or said of one of its periods."""
    column = "i.member_id" if _looks_at_items(counter) else "c.member_id"
    whom, params = some.clause(column)
    if _looks_at_items(counter):
        join, day, day_params = _day_of(now, "i", lambda day: day - (counter.days or 1))
        return Measure(
            f"SELECT i.member_id, count(*) AS value FROM members_counteritem i{join}"
            f" WHERE i.counter_id = %s AND i.key = '' AND i.period = 0 AND {whom} AND i.last_day > {day}"
            " GROUP BY i.member_id",
            (counter.pk, *params, *day_params),
        )
    head = "SELECT c.member_id, sum(c.value) AS value FROM members_countervalue c"
    tail = f" WHERE c.counter_id = %s AND c.key = '' AND {whom}"
    if period is not None or counter.window == CounterWindow.EVER:
        return Measure(f"{head}{tail} AND c.period = %s GROUP BY c.member_id", (counter.pk, *params, period or EVER))
    if counter.window == CounterWindow.ROLLING:
        join, day, day_params = _day_of(now, "c", lambda day: day - (counter.days or 1))
        return Measure(
            f"{head}{join}{tail} AND c.period > {day} GROUP BY c.member_id", (counter.pk, *params, *day_params)
        )
    of = {CounterWindow.DAY: lambda day: day, CounterWindow.WEEK: week_of, CounterWindow.MONTH: month_of}
    join, day, day_params = _day_of(now, "c", of[CounterWindow(counter.window)])
    return Measure(f"{head}{join}{tail} AND c.period = {day} GROUP BY c.member_id", (counter.pk, *params, *day_params))


def _looks_at_items(counter: Counter) -> bool:
    return counter.window == CounterWindow.ROLLING and counter.kind in (CounterKind.DISTINCT, CounterKind.DAYS)


def _day_of(now: datetime, table: str, of: Callable[[int], int]) -> tuple[str, str, list[Any]]:
    """A number made of each member's own day, as SQL: (join, expression, parameters)."""
    zones: dict[int, list[str]] = {}
    for name in Member.objects.order_by().values_list("time_zone", flat=True).distinct():
        zones.setdefault(of(local_day(now, zone_named(name))), []).append(name)
    if len(zones) <= 1:
        return "", "%s", list(zones) or [of(local_day(now, zone_named("")))]
    whens, params = "", []
    for day, names in zones.items():
        whens += f" WHEN z.time_zone IN ({', '.join(['%s'] * len(names))}) THEN %s"
        params += [*names, day]
    return f" JOIN members_member z ON z.id = {table}.member_id", f"CASE{whens} END", params


def months_of(
    demands: Sequence[Demand], months: Sequence[int], some: Some, now: datetime
) -> dict[tuple[int, str, int], int]:
    """What duties came to in months: (member, key, first day of the month) to value."""
    counters = {each.code: each for each in Counter.objects.filter(code__in=[each.counter for each in demands])}
    found: dict[tuple[int, str, int], int] = {}
    for each in demands:
        for month in months:
            if each.counter:
                said = counted(counters[each.counter], some, now, period=month)
            else:
                said = measure(each.metric, some, Spans(month_span(month)), now)
            found |= {(member_id, each.key, month): int(value) for member_id, value in rows_of(said.sql, said.params)}
    return found
