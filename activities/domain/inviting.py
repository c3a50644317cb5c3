"""Tells who is invited to an activity before everybody else may register."""

from __future__ import annotations

from datetime import datetime

from activities.domain.telling import tell
from activities.models import Activity, ActivityInvitation
from members.domain.outcomes import ACTIVITY_INVITED


def tell_invited(activity: Activity, *, now: datetime) -> int:
    """Invite whoever is on the list and has not heard of it; return how many. The activity's row is held."""
    waiting = ActivityInvitation.objects.filter(activity=activity, invited_at__isnull=True).order_by("pk")
    found = list(waiting.values_list("pk", "member_id"))
    if not found:
        return 0
    until = activity.invited_until() or activity.registers_until()
    ActivityInvitation.objects.filter(pk__in=[pk for pk, _ in found]).update(invited_at=now)
    more = {"until": until.isoformat()}
    tell(ACTIVITY_INVITED, activity, [member_id for _, member_id in found], now=now, more=more)
    return len(found)
