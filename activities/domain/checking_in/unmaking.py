"""Undoes what was told of somebody's coming, or of their absence, where it turns out to be otherwise."""

from __future__ import annotations

from datetime import datetime

from activities.models import Feedback, Registration
from incentives.domain.retracting import retract
from incentives.domain.withdrawing import hold
from members.domain.connections import unmeeting
from members.domain.connections.unmeeting import Meeting
from members.domain.outcomes import ACTIVITY_CHECKED_IN

ACTOR = "check-in"


def had_not_come(registration: Registration, *, now: datetime) -> None:
    """Take back what came of it: what rules did, whom they would have met there, and what their feedback brought.

    What they said is kept, and counted by nothing. The activity's row is held.
    """
    given = Feedback.objects.filter(registration=registration, event_id__isnull=False).first()
    told = [event_id for event_id in (registration.came_event_id, given.event_id if given else None) if event_id]
    meeting = Meeting(registration.member_id, ACTIVITY_CHECKED_IN, registration.activity.code)
    # Lanes come before connections, as everywhere.
    hold([*told, *unmeeting.told_since(meeting)])
    gone = unmeeting.was_not_there(meeting)
    retract(event_ids=[*told, *gone], cause=f"registration {registration.pk} did not come", now=now, actor=ACTOR)
    registration.came_event_id = None
    Feedback.objects.filter(registration=registration).update(event_id=None)


def had_come(registration: Registration, *, now: datetime) -> None:
    """What rules did because they were said to be missing is undone."""
    if registration.missed_event_id is not None:
        cause = f"registration {registration.pk} had come"
        retract(event_ids=[registration.missed_event_id], cause=cause, now=now, actor=ACTOR)
    registration.missed_at, registration.missed_event_id = None, None
