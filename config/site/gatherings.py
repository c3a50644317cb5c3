"""The activities of a member on their points page: what they come to, what they may still rate, what they make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from activities.domain.wording import name_of
from activities.enums import ActivityState, Part, RegistrationState
from activities.models import PUBLIC_STATES, ActivityPerson, Registration
from members.models import Member

SHOWN_MAX = 10


@dataclass(frozen=True, slots=True)
class Gathering:
    """A line: what it is, when, and where it leads; a host's leads to the door."""

    name: str
    starts_at: datetime
    href: str
    is_host: bool


def gatherings_of(member: Member, *, now: datetime) -> list[Gathering]:
    """What has not been over for longer than there is time for feedback, the next first."""
    since = now - timedelta(days=settings.FEEDBACK_DAYS)
    registered = Registration.objects.filter(
        member=member, state=RegistrationState.CONFIRMED, activity__ends_at__gt=since
    ).select_related("activity")
    made = ActivityPerson.objects.filter(
        member=member, part__in=(Part.HOST, Part.HELPER), activity__ends_at__gt=since, activity__state__in=PUBLIC_STATES
    ).exclude(activity__state=ActivityState.CANCELLED)
    lines = [
        Gathering(
            name_of(each.activity), each.activity.starts_at, reverse("coming", args=[each.activity.code]), is_host=False
        )
        for each in registered.order_by("activity__starts_at", "pk")[:SHOWN_MAX]
    ]
    lines += [
        Gathering(
            name_of(each.activity),
            each.activity.starts_at,
            reverse("host-scan", args=[each.activity.code]),
            is_host=True,
        )
        for each in made.select_related("activity").order_by("activity__starts_at", "pk")[:SHOWN_MAX]
    ]
    return sorted(lines, key=lambda line: (line.starts_at, line.name))
