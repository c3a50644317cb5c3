"""Activities that belong to a campaign: drafted when it starts, shown with it, and what a stop does to them.

`incentives.domain.campaigns.gatherings` calls this; the campaign is held by whoever starts or stops it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Aggregate, Count, F, QuerySet, Sum
from django.utils.translation import gettext as _

from activities.domain import life
from activities.domain.after.reporting import brought
from activities.domain.announcing import mistakes_of
from activities.domain.money import major
from activities.enums import ActivityKind, ActivityState
from activities.models import COMING_STATES, Activity, Order, Registration
from incentives.domain.campaigns.gatherings import (
    ActivityLine,
    CannotCallOff,
    ForeseenActivity,
    OwnedActivity,
    PlannedActivity,
)
from incentives.enums import CampaignState
from incentives.models import Campaign

# A draft has been heard of by nobody; what has begun is not called off by a campaign's end.
CALLED_OFF_FROM = (ActivityState.DRAFT, *COMING_STATES)


class CannotBelong(Exception):
    """An activity that cannot be put under a campaign, or be taken out of one; the message says why."""


def problems(planned: Sequence[PlannedActivity]) -> list[str]:
    taken = Activity.objects.filter(code__in=[each.code for each in planned]).order_by("pk")
    found = [
        _("There is something called %(code)s already; choose another code.") % {"code": code}
        for code in taken.values_list("code", flat=True)
    ]
    kinds = {each.kind for each in planned} - set(ActivityKind.values)
    return found + [_("There is no kind of activity %(kind)s.") % {"kind": kind} for kind in sorted(kinds)]


def foreseen(campaign: Campaign, planned: Sequence[PlannedActivity], *, now: datetime) -> list[ForeseenActivity]:
    drafts = [(each, _draft(campaign, each)) for each in planned if each.kind in ActivityKind.values]
    return [
        ForeseenActivity(each, str(ActivityKind(each.kind).label), mistakes_of(made, now=now)) for each, made in drafts
    ]


def begin(campaign: Campaign, planned: Sequence[PlannedActivity]) -> None:
    for each in planned:
        _draft(campaign, each).save(force_insert=True)


def _draft(campaign: Campaign, planned: PlannedActivity) -> Activity:
    return Activity(
        code=planned.code, kind=planned.kind, names=planned.names, summaries=planned.summaries, place=planned.place,
        starts_at=planned.starts_at, ends_at=planned.ends_at, zone=settings.TIME_ZONE, capacity=planned.seats,
        guests_max=planned.guests, segment=campaign.audience if planned.is_for_audience else None,
        campaign=campaign, follows_campaign=True,
    )  # fmt: skip


def owned(campaign: Campaign) -> list[OwnedActivity]:
    untouched = _untouched(campaign)
    return [
        OwnedActivity(
            code=each.code, names=each.names, kind=each.kind, state=each.state, state_words=each.get_state_display(),
            starts_at=each.starts_at, seats=each.capacity, taken=each.seats_taken,
            can_be_called_off=each.state in CALLED_OFF_FROM and each.pk not in untouched,
        )
        for each in _of(campaign)
    ]  # fmt: skip


def stop(campaign: Campaign, *, call_off: Collection[str], reason: str, by: str, now: datetime) -> None:
    # Held in the order of their numbers, as everybody does who holds several.
    list(Activity.objects.select_for_update(of=("self",)).filter(campaign=campaign).order_by("pk").values_list("pk"))
    for untouched in _of(campaign).filter(pk__in=_untouched(campaign)):
        untouched.delete()
    there = dict(_of(campaign).filter(state__in=CALLED_OFF_FROM).values_list("code", "pk"))
    unknown = sorted(set(call_off) - set(there))
    if unknown:
        raise CannotCallOff(_("There is no activity %(code)s of it to call off.") % {"code": unknown[0][:80]})
    for pk in sorted(there[code] for code in set(call_off)):
        life.step(activity_id=pk, to=ActivityState.CANCELLED, now=now, by=by, reason=reason)


def report(campaign: Campaign) -> list[ActivityLine]:
    """As the report of each activity says it; a query for each column of all of them."""
    found = _registrations(campaign)
    came = found.filter(checked_in_at__isnull=False)
    registered = _by_activity(found.filter(is_walk_in=False, confirmed_at__isnull=False), Count("pk"))
    there, new = _by_activity(came, Count("pk")), _by_activity(brought(came), Count("member_id", distinct=True))
    kept = Order.objects.filter(activity__campaign=campaign, money=F("activity__money"))
    incomes = _by_activity(kept, Sum(F("paid") - F("refunded")))
    return [
        ActivityLine(
            code=each.code, names=each.names, kind=each.kind, state=each.state, starts_at=each.starts_at,
            registered=registered.get(each.pk, 0), came=there.get(each.pk, 0), new_members=new.get(each.pk, 0),
            money=each.money, cost=major(each.cost, each.money) if each.cost is not None else None,
            income=major(incomes.get(each.pk, 0), each.money) if each.money else Decimal(0),
        )
        for each in _of(campaign)
    ]  # fmt: skip


def _by_activity(found: QuerySet[Any], number: Aggregate) -> dict[int, int]:
    return dict(found.order_by().values("activity_id").annotate(n=number).values_list("activity_id", "n"))


def who_came(campaign: Campaign) -> QuerySet[Any]:
    return _registrations(campaign).filter(checked_in_at__isnull=False).values("member_id")


def hold(campaign: Campaign) -> None:
    """Hold a campaign before an activity is put under it: whoever stops it meanwhile waits, or has stopped it."""
    campaign.refresh_from_db(from_queryset=Campaign.objects.select_for_update(no_key=True, of=("self",)))


def check(activity: Activity, campaign: Campaign | None, *, starts_at: datetime) -> None:
    """Refuse to put an activity under a campaign, or to take it out (None), where that breaks what was told.

    Raises CannotBelong.
    """
    is_known = activity.pk is not None and activity.state != ActivityState.DRAFT
    if is_known and activity.campaign_id is not None:
        raise CannotBelong(_("Members know it as a part of %(campaign)s; it stays.") % {"campaign": activity.campaign})
    if campaign is None:
        return
    if activity.state not in CALLED_OFF_FROM:
        raise CannotBelong(_("It has begun; only what is to come is put under a campaign."))
    if campaign.state != CampaignState.RUNNING:
        raise CannotBelong(_("%(campaign)s does not run; choose a campaign that does.") % {"campaign": campaign})
    if not campaign.begins_at <= starts_at < campaign.ends_at:
        said = {"campaign": campaign, "from": f"{campaign.begins_at:%Y-%m-%d}", "until": f"{campaign.ends_at:%Y-%m-%d}"}
        raise CannotBelong(_("It does not begin while %(campaign)s runs, from %(from)s to %(until)s.") % said)


def _of(campaign: Campaign) -> QuerySet[Activity]:
    return Activity.objects.filter(campaign=campaign).order_by("starts_at", "pk")


def _untouched(campaign: Campaign) -> set[int]:
    """Drafts of the campaign that nobody has changed or given people, tickets, a proposal or invitations since."""
    drafts = Activity.objects.filter(campaign=campaign, state=ActivityState.DRAFT, follows_campaign=True)
    bare = drafts.filter(
        people__isnull=True, tickets__isnull=True, proposals__isnull=True, invitations__isnull=True
    ).order_by()
    return set(bare.values_list("pk", flat=True))


def _registrations(campaign: Campaign) -> QuerySet[Registration]:
    return Registration.objects.filter(activity__campaign=campaign)
