"""When a promotion may be shown: by day, at most one a day and three in any seven days. Plain Python."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta, tzinfo

QUIET_FROM, QUIET_UNTIL = time(22), time(8)
DAYS, IN_DAYS_MAX = 7, 3


def shown_at(moment: datetime, zone: tzinfo) -> datetime:
    """The moment itself, or, between 22:00 and 08:00 where the member lives, the next 08:00 there."""
    local = moment.astimezone(zone)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return moment
    morning = local.date() + timedelta(days=1 if local.time() >= QUIET_FROM else 0)
    return datetime.combine(morning, QUIET_UNTIL, zone).astimezone(UTC)


def has_room(day: int, taken: Collection[int]) -> bool:
    """Whether one more fits on a local day (an ordinal), with promotions on these others."""
    near = [other for other in taken if abs(other - day) < DAYS]
    return day not in near and len(near) < IN_DAYS_MAX
