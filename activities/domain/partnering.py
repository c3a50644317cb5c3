"""What came of a partner at activities: by its free tickets, and where its guests held a session."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from activities.domain.after.reporting import is_fresh
from activities.enums import ActivityState
from activities.models import Activity, Registration
from incentives.domain.partners import Gathered
from members.models import Partner

OVER_STATES = (ActivityState.FINISHED, ActivityState.REVIEWED)


def gathered_by(partner: Partner) -> Gathered:
    """Count it: four queries, however much there is. A check-in that was taken back counts for nothing."""
    came = Registration.objects.filter(checked_in_at__isnull=False)
    by_ticket, at_sessions = came.filter(ticket_code__partner=partner), came.filter(activity__partner=partner)
    held = Activity.objects.filter(partner=partner, state__in=OVER_STATES)
    sessions = held.aggregate(count=Count("pk"), guests=Sum("guests_came"))
    return Gathered(
        tickets_used=_people(by_ticket),
        sessions=sessions["count"],
        sessions_came=_people(at_sessions) + (sessions["guests"] or 0),
        new_members=_new(came.filter(Q(ticket_code__partner=partner) | Q(activity__partner=partner))),
    )


def _people(came: QuerySet[Registration]) -> int:
    """Members and the guests whom they had along."""
    found = came.aggregate(members=Count("pk"), guests=Sum(Coalesce("guests_came", "guests")))
    count: int = found["members"] + (found["guests"] or 0)
    return count


def _new(came: QuerySet[Registration]) -> int:
    fresh = came.filter(is_fresh())
    return fresh.aggregate(count=Count("member", distinct=True))["count"] or 0
