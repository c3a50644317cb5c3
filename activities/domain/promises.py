"""What activities promise and do not keep: a month without one for members, a brand activity that reaches too few."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Case, Count, Q, Sum, When
from django.db.models.functions import Coalesce

from activities.domain.money import major
from activities.enums import ActivityKind, ActivityState
from activities.models import BRAND_AUDIENCE_MIN, COMING_STATES, Activity
from members.domain.counters.periods import midnight, zone_named

# From this day on the month to come is looked at: invitations want ten days, and the planner a few more.
LOOKED_AT_FROM_DAY = 20
LOOKED_AT_MAX = 100
SMALL_AHEAD = timedelta(days=14)
SMALL_MAX = 200
ROUND_THE_EARTH = timedelta(hours=26)
_FOR_MEMBERS = Case(When(kind=ActivityKind.MEMBER, then=1), default=0)


@dataclass(frozen=True, slots=True)
class Lack:
    """A month without an activity for members, and until when one should be planned."""

    month: date
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Small:
    """A brand activity that reaches, or is expected to reach, fewer than it promises, and what each of them costs."""

    activity: Activity
    reached: int
    goal: int
    cost_each: Decimal | None


def month_without(*, now: datetime) -> Lack | None:
    """The next month if it has no activity for members, from the 20th of this one on; drafts are enough.

    A community that never had an activity has no rhythm to keep.
    """
    zone = zone_named(settings.TIME_ZONE)
    today = now.astimezone(zone).date()
    if today.day < LOOKED_AT_FROM_DAY:
        return None
    month = (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    until = (month + timedelta(days=31)).replace(day=1)
    # Those for members first: whether there was anything at all is seen by the same rows.
    known = Activity.objects.exclude(state=ActivityState.CANCELLED).filter(starts_at__lt=_utc(until) + ROUND_THE_EARTH)
    rows = list(
        known.order_by(_FOR_MEMBERS.desc(), "-starts_at").values_list("kind", "starts_at", "zone")[:LOOKED_AT_MAX]
    )
    # A month is that of the clock that hangs there.
    days = {at.astimezone(zone_named(there)).date() for kind, at, there in rows if kind == ActivityKind.MEMBER}
    is_kept = not rows or any(month <= day < until for day in days)
    return None if is_kept else Lack(month, midnight(month, zone))


def too_small(*, now: datetime, only: Q | None = None) -> list[Small]:
    """Brand activities of the next fortnight, or over and not closed, reaching too few without a reason: one query."""
    there = Q(registrations__checked_in_at__isnull=False)
    found = Activity.objects.filter(
        Q(state=ActivityState.FINISHED)
        | Q(state__in=(ActivityState.DRAFT, *COMING_STATES, ActivityState.RUNNING), starts_at__lt=now + SMALL_AHEAD),
        only or Q(), kind=ActivityKind.BRAND, small_reason="",
    ).annotate(
        came=Count("registrations", filter=there),
        guests=Sum(Coalesce("registrations__guests_came", "registrations__guests"), filter=there),
    )  # fmt: skip
    shown = [_small(each) for each in found.order_by("starts_at", "pk")[:SMALL_MAX]]
    return [each for each in shown if each.reached < each.goal]


def _small(activity: Activity) -> Small:
    goal = activity.audience_min if activity.audience_min is not None else BRAND_AUDIENCE_MIN
    reached = _reached(activity)
    if activity.cost is None or not reached:
        return Small(activity, reached, goal, None)
    return Small(activity, reached, goal, round(major(activity.cost, activity.money) / reached, 2))


def _reached(activity: Activity) -> int:
    """As the report counts it once it is over; before that whoever is registered, or as many as are expected."""
    if activity.state != ActivityState.FINISHED:
        return max(activity.seats_taken, activity.audience_expected or 0)
    if activity.reach is not None:
        return activity.reach
    counted: int = activity.came + (activity.guests or 0) + activity.guests_came  # type: ignore[attr-defined]
    return counted


def _utc(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
