"""From when until when a grant holds: whole days of the member's own calendar, or as long as something dated lasts.

What is dated belongs to apps above this one. Each names in `settings.DATED` a function from a code to its beginning,
its end (None where it has none) and its zone, or to None where there is nothing of that code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from django.conf import settings
from django.utils.module_loading import import_string

from members.domain.counters.periods import midnight

Dated = tuple[datetime, datetime | None, tzinfo]


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open: `starts_at` None is from the grant on, `until` None for good."""

    starts_at: datetime | None = None
    until: datetime | None = None


def whole_days(days: int, zone: tzinfo, *, now: datetime) -> Window:
    """So many whole days where somebody lives, today the first of them, however late it is."""
    today = now.astimezone(zone).date()
    return Window(midnight(today, zone), midnight(today + timedelta(days=days), zone))


def as_long_as(starts_at: datetime, ends_at: datetime | None, zone: tzinfo) -> Window:
    """Exactly from its beginning to its end; where it has none, to the end of that day where it is."""
    if ends_at is None:
        ends_at = midnight(starts_at.astimezone(zone).date() + timedelta(days=1), zone)
    return Window(starts_at, ends_at)


def like(code: str) -> Window | None:
    """As long as whatever is known by this code; None if nothing is."""
    for name in settings.DATED:
        find: Callable[[str], Dated | None] = import_string(name)
        found = find(code)
        if found is not None:
            return as_long_as(*found)
    return None
