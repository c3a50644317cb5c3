"""Calendar arithmetic in a member's own days; a period is the ordinal of its first day, 0 for ever."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

EVER = 0


@lru_cache(maxsize=1024)
def zone_named(name: str) -> tzinfo:
    """A zone by name, the programme's where it is empty; UTC as the constant that skips conversion."""
    name = name or settings.TIME_ZONE
    return UTC if name == "UTC" else ZoneInfo(name)


def local_day(moment: datetime, zone: tzinfo) -> int:
    """The proleptic Gregorian ordinal of the local day that holds a moment."""
    return (moment if zone is UTC else moment.astimezone(zone)).toordinal()


def midnight(day: date, zone: tzinfo) -> datetime:
    """The instant a local day begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def week_of(day: int) -> int:
    """The ordinal of the Monday of a day's week."""
    return day - (day - 1) % 7


def month_of(day: int) -> int:
    """The ordinal of the first of a day's month."""
    return day - date.fromordinal(day).day + 1


def season_of(day: int) -> int:
    """The ordinal of the first day of a day's season, which is a quarter of the calendar year."""
    date_ = date.fromordinal(day)
    return date(date_.year, date_.month - (date_.month - 1) % 3, 1).toordinal()


def year_of(day: int) -> int:
    """The ordinal of the first of January of a day's year."""
    return date(date.fromordinal(day).year, 1, 1).toordinal()


def period_of(window: str, day: int) -> int:
    """The period of a window (`ever`, `day`, `week`, `month`, `season`, `year`) that holds a local day."""
    if window == "day":
        return day
    if window == "week":
        return week_of(day)
    if window == "month":
        return month_of(day)
    if window == "season":
        return season_of(day)
    if window == "year":
        return year_of(day)
    return EVER


def next_period(window: str, day: int) -> date | None:
    """The first day of the period after the one that holds a local day; None for ever."""
    if window == "day":
        return date.fromordinal(day + 1)
    if window == "week":
        return date.fromordinal(week_of(day) + 7)
    if window in ("month", "season"):
        first = date.fromordinal(period_of(window, day))
        months = first.month - 1 + (3 if window == "season" else 1)
        return first.replace(year=first.year + months // 12, month=months % 12 + 1)
    if window == "year":
        return date(date.fromordinal(day).year + 1, 1, 1)
    return None
