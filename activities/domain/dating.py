"""When an activity is, for whatever lasts as long as it does."""

from __future__ import annotations

from datetime import datetime, tzinfo

from activities.enums import ActivityState
from activities.models import Activity
from members.domain.counters.periods import zone_named


def dated(code: str) -> tuple[datetime, datetime | None, tzinfo] | None:
    """When the activity of this code begins and ends, and in which zone; None if it is not there or called off."""
    found = Activity.objects.filter(code=code).exclude(state=ActivityState.CANCELLED)
    row = found.values_list("starts_at", "ends_at", "zone").first()
    return None if row is None else (row[0], row[1], zone_named(row[2]))
