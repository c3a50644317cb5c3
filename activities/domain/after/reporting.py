"""What came of an activity, as its hosts and the team see it: a number of queries that never grows.

Of those who came, **new members brought** are whoever joined by an invitation whose campaign or channel is the
activity's code, or whose campaign is the one that the activity is a part of, and whoever joined at most thirty days
before it began and had come to no activity before.
**Connections made** are pairs who both came and have known each other since then, within fourteen days of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Avg, Count, Exists, F, OuterRef, Q, QuerySet, Sum

from activities.domain.after import feedback
from activities.domain.money import major
from activities.enums import ActivityKind, RegistrationState
from activities.models import BRAND_AUDIENCE_MIN, Activity, Order, Registration
from members.enums import ReferralState
from members.models import Connection, Referral

NEW_FOR, MET_WITHIN = timedelta(days=30), timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Report:
    """Counts of members, of guests by their hosts and by the door, and money in major units. `reach` is what was
    written down, else who was there. `goal` is of brand activities only."""

    registered: int
    cancelled: int
    came: int
    missed: int
    walk_ins: int
    guests: int
    new_members: int
    connections: int
    ratings: int
    stars: Decimal | None
    money: str
    cost: Decimal | None
    income: Decimal
    reach: int
    cost_per_reach: Decimal | None
    goal: int | None

    @property
    def there(self) -> int:
        """Everybody who was there."""
        return self.came + self.guests

    @property
    def reached_goal(self) -> bool | None:
        return None if self.goal is None else self.there >= self.goal


def report_of(activity: Activity) -> Report:
    """The report of an activity, as things are now: a scan that arrives later is in it."""
    counts = Registration.objects.filter(activity=activity).aggregate(
        registered=Count("pk", filter=Q(is_walk_in=False, confirmed_at__isnull=False)),
        cancelled=Count("pk", filter=Q(state=RegistrationState.CANCELLED)),
        came=Count("pk", filter=Q(checked_in_at__isnull=False)),
        missed=Count("pk", filter=Q(missed_at__isnull=False)),
        walk_ins=Count("pk", filter=Q(checked_in_at__isnull=False, is_walk_in=True)),
        counted=Sum("guests_came", filter=Q(checked_in_at__isnull=False)),
        uncounted=Sum("guests", filter=Q(checked_in_at__isnull=False, guests_came__isnull=True)),
    )
    guests = (counts.pop("counted") or 0) + (counts.pop("uncounted") or 0) + activity.guests_came
    rated = feedback.counted(activity).aggregate(count=Count("pk"), stars=Avg("stars"))
    there = counts["came"] + guests
    reach = activity.reach if activity.reach is not None else there
    cost = None if activity.cost is None else major(activity.cost, activity.money)
    return Report(
        **counts,
        guests=guests,
        new_members=_new_members(activity),
        connections=_connections(activity),
        ratings=rated["count"],
        stars=None if rated["stars"] is None else round(Decimal(str(rated["stars"])), 1),
        money=activity.money,
        cost=cost,
        income=_income(activity),
        reach=reach,
        cost_per_reach=round(cost / reach, 2) if cost is not None and reach else None,
        goal=_goal(activity),
    )


def _new_members(activity: Activity) -> int:
    came = Registration.objects.filter(activity=activity, checked_in_at__isnull=False)
    return brought(came).aggregate(n=Count("member_id", distinct=True))["n"] or 0


def brought(came: QuerySet[Registration]) -> QuerySet[Registration]:
    """Of registrations of those who came, to whichever activities, the ones of new members."""
    invited = Referral.objects.filter(
        Q(invitation__campaign=OuterRef("activity__code"))
        | Q(invitation__channel=OuterRef("activity__code"))
        | Q(invitation__campaign=OuterRef("activity__campaign__code")),
        member=OuterRef("member_id"),
    ).exclude(state=ReferralState.REJECTED)
    return came.filter(Exists(invited) | is_fresh())


def is_fresh() -> Q:
    """Of a registration: who joined at most thirty days before it began, and had come to nothing before."""
    before = Registration.objects.filter(
        member=OuterRef("member_id"),
        checked_in_at__isnull=False,
        activity__starts_at__lt=OuterRef("activity__starts_at"),
    )
    return Q(
        ~Exists(before), member__joined_at__gte=F("activity__starts_at") - NEW_FOR,
        member__joined_at__lte=F("activity__ends_at"),
    )  # fmt: skip


def _connections(activity: Activity) -> int:
    came = Registration.objects.filter(activity=activity, checked_in_at__isnull=False).values("member_id")
    return Connection.objects.filter(
        low__in=came, high__in=came, space="", since__gte=activity.starts_at,
        since__lte=activity.ends_at + MET_WITHIN, last_at__gte=activity.starts_at,
    ).count()  # fmt: skip


def _income(activity: Activity) -> Decimal:
    kept = Order.objects.filter(activity=activity, money=activity.money).aggregate(sum=Sum(F("paid") - F("refunded")))
    return major(kept["sum"] or 0, activity.money) if activity.money else Decimal(0)


def _goal(activity: Activity) -> int | None:
    if activity.kind != ActivityKind.BRAND:
        return None
    return activity.audience_min if activity.audience_min is not None else BRAND_AUDIENCE_MIN
