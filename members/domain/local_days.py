"""Each member's own day, as SQL over a table of members called `z`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from members.domain.counters.periods import zone_named
from members.models import Member


def day_of(column: str, now: datetime) -> tuple[str, list[Any]]:
    """The local day of a moment, cut at the zone's offset of today: (expression, parameters)."""
    seconds, params = _offset(now)
    if connection.vendor == "postgresql":
        return f"(({column} AT TIME ZONE 'UTC') + ({seconds}) * interval '1 second')::date", params
    return f"date({column}, ({seconds}) || ' seconds')", params


def _offset(now: datetime) -> tuple[str, list[Any]]:
    """Each member's distance from UTC, in seconds."""
    whens, params = "", []
    for name in Member.objects.order_by().values_list("time_zone", flat=True).distinct():
        offset = now.astimezone(zone_named(name)).utcoffset()
        whens += " WHEN z.time_zone = %s THEN %s"
        params += [name, int(offset.total_seconds()) if offset is not None else 0]
    return (f"CASE{whens} ELSE 0 END" if whens else "0"), params
