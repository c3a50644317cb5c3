"""The time over which a ladder looks at its metric: calendar periods, years since joining, the last days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from django.utils import timezone

from members.enums import CALENDAR_WINDOWS, LadderWindow


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment until before another; None where there is no such end."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        return (self.starts_at is None or self.starts_at <= moment) and (self.ends_at is None or moment < self.ends_at)


EVER = Span()


def is_calendar(window: str) -> bool:
    """Whether the window is a period that ends, after which the next one begins with nothing."""
    return window in CALENDAR_WINDOWS


def span_at(window: str, days: int | None, moment: datetime, zone: tzinfo, joined_at: datetime | None = None) -> Span:
    """The window that holds a moment. Months, quarters and years turn at midnight of the zone.

    A year since joining turns on the day of joining; `joined_at` is needed for it.
    """
    if window == LadderWindow.LIFETIME:
        return EVER
    if window == LadderWindow.DAYS:
        assert days is not None, "only_a_window_of_days_has_days"
        return Span(moment - timedelta(days=days), None)
    today = moment.astimezone(zone).date()
    if window == LadderWindow.ANNIVERSARY:
        assert joined_at is not None, "a year since joining begins with joining"
        first, following = _year_since(joined_at.astimezone(zone).date(), today)
    else:
        length = {LadderWindow.MONTH: 1, LadderWindow.QUARTER: 3, LadderWindow.YEAR: 12}[LadderWindow(window)]
        month = today.year * 12 + (today.month - 1)
        first, following = (_first_of(month - month % length + each) for each in (0, length))
    return Span(_midnight(first, zone), _midnight(following, zone))


def span_before(
    window: str, days: int | None, moment: datetime, zone: tzinfo, joined_at: datetime | None = None
) -> Span:
    """The calendar period before the one that holds a moment."""
    current = span_at(window, days, moment, zone, joined_at)
    assert current.starts_at is not None, "only calendar periods follow each other"
    return span_at(window, days, current.starts_at - timedelta(hours=1), zone, joined_at)


def month_span(first_day: int) -> Span:
    """The programme's month that begins on a day, given by its ordinal."""
    zone = timezone.get_default_timezone()
    return span_at(LadderWindow.MONTH, None, _midnight(date.fromordinal(first_day), zone), zone)


def _first_of(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _year_since(joined: date, today: date) -> tuple[date, date]:
    """The anniversaries around a day. Who joined on 29 February has it on the 28th in other years."""
    year = today.year if _anniversary(joined, today.year) <= today else today.year - 1
    return _anniversary(joined, year), _anniversary(joined, year + 1)


def _anniversary(joined: date, year: int) -> date:
    try:
        return joined.replace(year=year)
    except ValueError:
        return joined.replace(year=year, day=28)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)
