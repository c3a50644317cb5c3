"""Makes and changes the tickets of an activity. What was ordered keeps its price: an order knows its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from activities.domain import money
from activities.domain.changing import CannotEdit, check_whole
from activities.domain.seating import hold_activity, offer_free_seats
from activities.enums import ActivityState
from activities.models import Activity, Registration, Ticket
from incentives.enums import PrivilegeKind

OVER_STATES = (ActivityState.FINISHED, ActivityState.REVIEWED, ActivityState.CANCELLED)


def put(
    *, activity_id: int, code: str, values: Mapping[str, Any], now: datetime, reason: str = ""
) -> tuple[Ticket, bool]:
    """Make a ticket, or write these fields of it and nothing else, and say whether it is new.

    Orders already made stay as they are, whatever it costs now; new seats are offered to whoever waits. Raises
    CannotEdit.
    """
    with transaction.atomic():
        activity = hold_activity(activity_id)
        found = activity.tickets.filter(code=code).first()
        ticket = found or Ticket(activity=activity, code=code)
        ticket.activity = activity
        changed = [name for name, value in values.items() if getattr(ticket, name) != value]
        if found is not None and not changed:
            return found, False
        if "group_size" in changed and Registration.objects.filter(ticket_id=ticket.pk).exists():
            raise CannotEdit("group_size", _("It has been ordered; make another ticket for groups of that size."))
        _check_pass(ticket, changed)
        for name in changed:
            setattr(ticket, name, values[name])
        check(ticket, activity)
        check_whole(ticket)
        # From now on its series leaves it alone.
        ticket.series_ticket = None
        ticket._change_reason = reason or None  # type: ignore[attr-defined]  # noqa: SLF001  As the history asks.
        ticket.save()
        offer_free_seats(activity, now=now)
    return ticket, found is None


def _check_pass(ticket: Ticket, changed: Iterable[str]) -> None:
    """Raise CannotEdit where places were had on other terms: a place knows its pass by its ticket."""
    taken = Registration.objects.filter(ticket_id=ticket.pk)
    if "pass_only" in changed and taken.exists():
        raise CannotEdit("pass_only", _("It has been taken; make another ticket that is had only with a pass."))
    if "privilege" in changed and taken.filter(pass_uses__gt=0).exists():
        raise CannotEdit("privilege", _("It has been taken with its pass; make another ticket for another one."))


def check(ticket: Ticket, activity: Activity) -> None:
    """Raise CannotEdit for what nobody could order, or what would break a promise that was made."""
    if activity.state in OVER_STATES:
        raise CannotEdit("", _("It is over; its tickets stay as they are."))
    if ticket.price and not money.is_money(activity.money):
        raise CannotEdit("price", _("Say first in which money the activity is paid, such as EUR."))
    if ticket.capacity is not None and ticket.capacity < ticket.seats_taken:
        said = {"taken": ticket.seats_taken}
        raise CannotEdit("capacity", _("%(taken)d seats are taken; cancel some registrations first.") % said)
    if ticket.privilege is not None and ticket.privilege.kind == PrivilegeKind.INVITATIONS:
        raise CannotEdit("privilege", _("Invitations are used by inviting; choose another privilege."))
    if ticket.group_size is not None and activity.needs_approval:
        raise CannotEdit("group_size", _("Nobody buys together where a person approves each registration."))
    alone = ticket.alone
    if alone is None:
        return
    if alone.activity_id != activity.pk or alone.group_size is not None or alone.points:
        raise CannotEdit("alone", _("The other ticket is of this activity, for money, and without a group."))
    if alone.price < ticket.price:
        raise CannotEdit("alone", _("The other ticket costs less than the group's."))
