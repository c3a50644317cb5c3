"""What an activity needs before members hear of it; each kind keeps a promise of its own."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from activities.domain import money, questions
from activities.enums import ActivityKind, Part, ProposalState
from activities.models import BRAND_AUDIENCE_MIN, Activity, ActivityPerson, Proposal, Ticket

# What a campaign would draft is looked at before it is there: nobody speaks at it, and it has no tickets.
NOT_YET = 0


def mistakes_of(activity: Activity, *, now: datetime) -> list[str]:
    """Everything that is missing, in sentences that say what to do; empty if it can be announced."""
    found = _of_all(activity, now)
    if activity.kind == ActivityKind.BRAND:
        found += _of_brand(activity)
    elif activity.kind == ActivityKind.MEMBER:
        found += _of_member(activity)
    elif activity.kind == ActivityKind.SHARING:
        found += _of_sharing(activity)
    elif activity.kind == ActivityKind.PAID:
        found += _of_paid(activity)
    return found


def _of_all(activity: Activity, now: datetime) -> list[str]:
    found = []
    if not any(str(text).strip() for text in activity.names.values()):
        found.append(_("Give it a name."))
    if activity.starts_at <= now:
        found.append(_("It begins in the past."))
    if not activity.place and not activity.link:
        found.append(_("Say where it is: a place or a link."))
    if activity.closes_at is not None and activity.closes_at <= now:
        found.append(_("Registration closes in the past."))
    if activity.money and not money.is_money(activity.money):
        found.append(_("%(code)s is no money; write one such as EUR.") % {"code": activity.money})
    if not activity.money and _tickets(activity).filter(price__gt=0).exists():
        found.append(_("Its tickets cost money: say which."))
    try:
        questions.read(activity.questions)
    except questions.BadQuestions as error:
        found.append(str(error))
    return found


def _tickets(activity: Activity) -> QuerySet[Ticket]:
    return Ticket.objects.filter(activity=activity.pk or NOT_YET)


def _of_brand(activity: Activity) -> list[str]:
    """Reputation wants an audience: below it, somebody says why, or it is a sharing activity."""
    goal = activity.audience_min if activity.audience_min is not None else BRAND_AUDIENCE_MIN
    expected = activity.audience_expected
    found = []
    if expected is None:
        found.append(_("Say how many people are expected."))
    elif expected < goal and not activity.small_reason.strip():
        said = {"expected": expected, "goal": goal}
        found.append(
            _("%(expected)d people are expected, fewer than %(goal)d: say why, or make it a sharing activity.") % said
        )
    if activity.capacity is not None and activity.capacity < (expected or 0):
        found.append(_("It has fewer seats than people are expected."))
    return found


def _of_member(activity: Activity) -> list[str]:
    """Small and beautiful: few seats, for those who earned them."""
    most = settings.MEMBER_ACTIVITY_SEATS_MAX
    found = []
    if activity.capacity is None or activity.capacity > most:
        found.append(_("An activity for members is small: give it at most %(most)d seats.") % {"most": most})
    is_for_some = activity.tier is not None or activity.segment_id is not None or activity.only_space
    if not is_for_some and not _tickets(activity).filter(points__gt=0).exists():
        found.append(
            _("Say which members it is for: from a tier on, a segment, the members of a space, or a ticket for points.")
        )
    return found


def _of_paid(activity: Activity) -> list[str]:
    """Income: some ticket costs money."""
    if not _tickets(activity).filter(price__gt=0, is_active=True).exists():
        return [_("Nothing of it is paid: give it a ticket with a price, or make it another kind.")]
    return []


def _of_sharing(activity: Activity) -> list[str]:
    """Members teach members."""
    pk = activity.pk or NOT_YET
    has_guest = Proposal.objects.filter(activity=pk, state=ProposalState.SCHEDULED, speaker__isnull=True).exists()
    if not has_guest and not ActivityPerson.objects.filter(activity=pk, part=Part.SPEAKER).exists():
        return [_("Somebody speaks: name a member as its speaker, or give a proposal of a guest this date.")]
    return []
