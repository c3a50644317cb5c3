"""What becomes of a registration: an offer that is taken or passed on, a member's no, the team's yes or no."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from activities.domain import deciding
from activities.domain.registering.giving import checked, give_place, seat_or_line
from activities.domain.seating import end, hold_activity, offer_free_seats
from activities.domain.telling import tell_one
from activities.enums import EndedBy, RegistrationState
from activities.models import LIVE_STATES, Registration
from incentives.domain.requests import Refused
from members.domain.outcomes import ACTIVITY_CANCELLED, ACTIVITY_LAPSED, ACTIVITY_REFUSED


class CannotChange(Refused):
    """A registration that cannot be changed so any more."""


def accept_offer(*, registration_id: int, member_id: int, now: datetime) -> tuple[Registration, bool]:
    """Take the place that was offered, or its bill, and say whether that happened now.

    Raises CannotChange, CannotRegister, passes.CannotTake and placing.CannotOrder.
    """
    with transaction.atomic():
        found = _held(registration_id, member_id)
        if found.state in (RegistrationState.CONFIRMED, RegistrationState.HELD):
            return found, False
        if found.state != RegistrationState.OFFERED or not found.is_kept_at(now):
            raise CannotChange("no_offer", _("No place is kept for you any more; you may register anew."))
        checked(deciding.demands_of(found.activity, found.member, now=now)[1])
        give_place(found, now=now)
    return found, True


def cancel(
    *, registration_id: int, now: datetime, member_id: int | None = None, by: EndedBy = EndedBy.MEMBER, reason: str = ""
) -> tuple[Registration, bool]:
    """Take a registration back, and say whether that happened now; its seats go to whoever is next.

    With `member_id` only that member's. Members cancel until it begins, after the deadline with the remark that it
    was late; the team until it is over. Raises CannotChange.
    """
    with transaction.atomic():
        found = _held(registration_id, member_id)
        activity = found.activity
        if found.state not in LIVE_STATES:
            return found, False
        if found.checked_in_at is not None:
            raise CannotChange("checked_in", _("They have come already."))
        if by == EndedBy.MEMBER and now >= activity.starts_at:
            raise CannotChange("has_begun", _("It has begun; a registration can be cancelled no more."))
        had_place = found.state == RegistrationState.CONFIRMED
        found.is_late = had_place and by == EndedBy.MEMBER and now >= (activity.cancel_until or activity.starts_at)
        end(found, RegistrationState.CANCELLED, by=by, now=now, reason=reason)
        tell_one(
            ACTIVITY_CANCELLED, found, now=now, by="member" if by == EndedBy.MEMBER else "team", late=found.is_late,
            had_place=had_place,
        )  # fmt: skip
        offer_free_seats(activity, now=now)
    return found, True


def decline_offer(*, registration_id: int, member_id: int, now: datetime) -> tuple[Registration, bool]:
    """Let an offered place pass to whoever is next, and say whether that happened now. Raises CannotChange."""
    with transaction.atomic():
        found = _held(registration_id, member_id)
        if found.state == RegistrationState.LAPSED:
            return found, False
        if found.state != RegistrationState.OFFERED:
            raise CannotChange("no_offer", _("There is no offer to decline."))
        end(found, RegistrationState.LAPSED, by=EndedBy.MEMBER, now=now)
        tell_one(ACTIVITY_LAPSED, found, now=now)
        offer_free_seats(found.activity, now=now)
    return found, True


def approve(*, registration_id: int, now: datetime, actor: str = "") -> tuple[Registration, bool]:
    """Say yes to a registration that waited for it: it gets a place, or where none is free one in line.

    Says whether that happened now. Raises CannotChange, passes.CannotTake and placing.CannotOrder.
    """
    with transaction.atomic():
        found = _held(registration_id, None)
        if found.state in (RegistrationState.CONFIRMED, RegistrationState.WAITING, RegistrationState.HELD):
            return found, False
        if found.state != RegistrationState.ASKED:
            raise CannotChange("not_asked", _("Nobody waits for an answer here."))
        if now >= found.activity.starts_at:
            raise CannotChange("has_begun", _("This activity has begun."))
        found.actor = actor[:80] or found.actor
        seat_or_line(found, now=now)
    return found, True


def refuse(*, registration_id: int, now: datetime, reason: str = "") -> tuple[Registration, bool]:
    """Say no to a registration that waited for approval, and say whether that happened now. Raises CannotChange."""
    with transaction.atomic():
        found = _held(registration_id, None)
        if found.state == RegistrationState.REFUSED:
            return found, False
        if found.state != RegistrationState.ASKED:
            raise CannotChange("not_asked", _("Nobody waits for an answer here."))
        end(found, RegistrationState.REFUSED, by=EndedBy.TEAM, now=now, reason=reason)
        tell_one(ACTIVITY_REFUSED, found, now=now)
    return found, True


def _held(registration_id: int, member_id: int | None) -> Registration:
    """The registration, with its activity's row held first, as everybody holds them."""
    named = {"pk": registration_id} | ({} if member_id is None else {"member_id": member_id})
    activity_id = Registration.objects.filter(**named).values_list("activity_id", flat=True).first()
    if activity_id is None:
        raise CannotChange("unknown_registration", _("There is no such registration."))
    activity = hold_activity(activity_id)
    found = Registration.objects.select_for_update(of=("self",)).select_related("member").get(pk=registration_id)
    found.activity = activity
    return found
