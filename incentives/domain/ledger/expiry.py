"""When points expire: policies as small documents, moments as midnights of the programme."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from incentives.models import NEVER
from members.domain.counters.periods import midnight


def expires_at(policy: dict[str, Any] | None, awarded_at: datetime, zone: tzinfo) -> datetime:
    """The moment at which points awarded then expire: the first midnight at which they are gone."""
    kind = (policy or {}).get("kind", "never")
    if kind in ("never", "idle"):
        return NEVER
    assert policy is not None
    day = awarded_at.astimezone(zone).date()
    if kind == "on":
        last = date(day.year, policy["month"], policy["day"])
        if last < day:
            last = last.replace(year=day.year + 1)
    else:
        last = _end_of(policy.get("end_of"), _later(day, policy))
    return midnight(last + timedelta(days=1) if kind == "on" or policy.get("end_of") else last, zone)


def _later(day: date, policy: dict[str, Any]) -> date:
    if "days" in policy:
        return day + timedelta(days=policy["days"])
    months = policy.get("months", 0) + 12 * policy.get("years", 0)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _end_of(unit: str | None, day: date) -> date:
    if unit is None:
        return day
    month = {"month": day.month, "quarter": (day.month + 2) // 3 * 3, "year": 12}[unit]
    return date(day.year, month, calendar.monthrange(day.year, month)[1])
