"""What the clock does: opens, starts and finishes activities, passes offers on, reminds, and finds who did not come.

Each may run twice, late, or on two workers: what is done is marked in the row that says so, held while it is done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from activities.domain.life import move, open_if_due
from activities.domain.orders import gathering, paying
from activities.domain.seating import end, hold_activity, offer_free_seats
from activities.domain.telling import tell, tell_at, tell_one
from activities.enums import ActivityState, EndedBy, RegistrationState
from activities.models import COMING_STATES, Activity, Registration
from members.domain.outcomes import ACTIVITY_LAPSED, ACTIVITY_MISSED, ACTIVITY_REMINDER

logger = logging.getLogger(__name__)

AT_ONCE_MAX = 500
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def advance_activities(*, now: datetime) -> dict[str, int]:
    """Do everything whose time has come, and say how often each was done."""
    return {
        "opened": _each(_to_open(now), lambda activity: _open(activity, now)),
        "passed_on": pass_offers_on(now=now),
        "ungrouped": gathering.close_due(now=now),
        "unpaid": paying.expire_unpaid(now=now),
        "started": _each(_to_start(now), lambda activity: _start(activity, now)),
        "finished": _each(_to_finish(now), lambda activity: _finish(activity, now)),
        "missed": find_missing(now=now),
        "reminded": remind(now=now),
    }


def pass_offers_on(*, now: datetime) -> int:
    """End offers that nobody took in time and offer the seats to whoever is next; return how many ended."""
    due = Registration.objects.filter(state=RegistrationState.OFFERED, until__lte=now).order_by("until", "pk")
    count = 0
    for activity_id in list(dict.fromkeys(due.values_list("activity_id", flat=True)[:AT_ONCE_MAX])):
        with transaction.atomic():
            activity = hold_activity(activity_id)
            for each in due.filter(activity=activity).select_for_update():
                each.activity = activity
                end(each, RegistrationState.LAPSED, by=EndedBy.CLOCK, now=now)
                tell_one(ACTIVITY_LAPSED, each, now=now)
                count += 1
            offer_free_seats(activity, now=now)
    return count


def find_missing(*, now: datetime) -> int:
    """Mark who had a place and did not come, some hours after the end: scans may arrive late. Return how many.

    Where nobody at all was checked in, nobody is said to be missing: the door was not watched.
    """
    watched = Registration.objects.filter(checked_in_at__isnull=False).values("activity_id")
    due = Activity.objects.filter(
        pk__in=watched,
        state__in=(ActivityState.FINISHED, ActivityState.REVIEWED),
        finished_at__lte=now - timedelta(hours=settings.MISSED_AFTER_HOURS),
        registrations__state=RegistrationState.CONFIRMED,
        registrations__checked_in_at__isnull=True,
        registrations__missed_at__isnull=True,
    )
    count = 0
    for activity_id in list(due.order_by("pk").values_list("pk", flat=True).distinct()[:AT_ONCE_MAX]):
        with transaction.atomic():
            activity = hold_activity(activity_id)
            missing = activity.registrations.filter(
                state=RegistrationState.CONFIRMED, checked_in_at__isnull=True, missed_at__isnull=True
            )
            found = list(missing.select_for_update().order_by("pk"))
            for each in found:
                each.activity, each.missed_at = activity, now
                # Scans may arrive later still: then this is taken back, with what rules did for it.
                each.missed_event_id = tell_at(ACTIVITY_MISSED, each, at=now, now=now)
            Registration.objects.bulk_update(found, ["missed_at", "missed_event_id"])
            count += len(found)
    return count


def remind(*, now: datetime) -> int:
    """Tell who has a place that it begins in a day, and again in an hour, each once; return how many were told.

    Whoever registered within that time needs no reminder of it.
    """
    return _remind("reminded_day_at", DAY, HOUR, 24, now) + _remind("reminded_hour_at", HOUR, timedelta(), 1, now)


def _remind(mark: str, before: timedelta, until: timedelta, hours: int, now: datetime) -> int:
    soon = Activity.objects.filter(state__in=COMING_STATES, starts_at__gt=now + until, starts_at__lte=now + before)
    count = 0
    for activity_id in list(soon.order_by("pk").values_list("pk", flat=True)[:AT_ONCE_MAX]):
        with transaction.atomic():
            activity = hold_activity(activity_id)
            if not now + until < activity.starts_at <= now + before:
                continue
            waiting = activity.registrations.filter(
                Q(**{f"{mark}__isnull": True}), state=RegistrationState.CONFIRMED,
                confirmed_at__lte=activity.starts_at - before,
            )  # fmt: skip
            found = list(waiting.order_by("pk").values_list("pk", "member_id"))
            Registration.objects.filter(pk__in=[pk for pk, _ in found]).update(**{mark: now})
            more = {"hours": hours, "starts_at": activity.starts_at.isoformat()}
            tell(ACTIVITY_REMINDER, activity, [member_id for _, member_id in found], now=now, more=more)
            count += len(found)
    return count


def _to_open(now: datetime) -> QuerySet[Activity]:
    return Activity.objects.filter(Q(opens_at__isnull=True) | Q(opens_at__lte=now), state=ActivityState.ANNOUNCED)


def _to_start(now: datetime) -> QuerySet[Activity]:
    return Activity.objects.filter(state__in=COMING_STATES, starts_at__lte=now)


def _to_finish(now: datetime) -> QuerySet[Activity]:
    return Activity.objects.filter(state=ActivityState.RUNNING, ends_at__lte=now)


def _open(activity: Activity, now: datetime) -> bool:
    before = activity.state
    open_if_due(activity, now=now)
    return activity.state != before


def _start(activity: Activity, now: datetime) -> bool:
    if activity.state not in COMING_STATES or activity.starts_at > now:
        return False
    move(activity, ActivityState.RUNNING, now=now, by="clock")
    return True


def _finish(activity: Activity, now: datetime) -> bool:
    if activity.state != ActivityState.RUNNING or activity.ends_at > now:
        return False
    move(activity, ActivityState.FINISHED, now=now, by="clock")
    return True


def _each(due: QuerySet[Activity], do: Callable[[Activity], bool]) -> int:
    """Do something with each due activity in a transaction of its own; one that fails leaves the others alone."""
    count = 0
    for activity_id in list(due.order_by("starts_at", "pk").values_list("pk", flat=True)[:AT_ONCE_MAX]):
        try:
            with transaction.atomic():
                count += do(hold_activity(activity_id))
        except Exception:
            logger.exception("Activity %s could not be advanced", activity_id)
    return count
