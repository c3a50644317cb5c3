"""What members may not do for a while."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from members.enums import Frozen
from members.models import Freeze


def frozen_until(member_id: int, what: Frozen, now: datetime) -> datetime | None:
    """Until when something is frozen for a member; None if it is not."""
    found = Freeze.objects.holding(what, now).filter(member_id=member_id).aggregate(until=Max("ends_at"))
    until: datetime | None = found["until"]
    return until
