"""Begins a group that buys together, or joins one by its code. Its caller holds the activity's row."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from activities.enums import GroupState
from activities.models import Activity, Group, Ticket
from incentives.domain.requests import Refused
from members.domain.invitations.making import new_code
from members.models import Member


class CannotJoin(Refused):
    """A group that cannot be begun or joined; `kind` and the sentence say why."""


def find(activity: Activity, code: str) -> Group:
    """The group of this activity with a code that somebody shared. Raises CannotJoin."""
    found = Group.objects.select_related("ticket").filter(activity=activity, code=code.upper()).first()
    if found is None:
        raise CannotJoin("unknown_group", _("This activity has no group with this code."))
    return found


def enter(
    activity: Activity, ticket: Ticket, member: Member, *, code: str, seats: int, stays_alone: bool, now: datetime
) -> Group:
    """Begin a group with these seats, or take them in the one of this code. Raises CannotJoin."""
    if stays_alone and ticket.alone is None:
        raise CannotJoin("no_other_ticket", _("This ticket is for the group alone; nothing can be paid instead."))
    if activity.needs_approval:
        raise CannotJoin("needs_approval", _("Nobody buys together where a person approves each registration."))
    if code:
        group = find(activity, code)
        _check(group, ticket, seats, now)
        return group
    assert ticket.group_size is not None, "only such a ticket has groups"
    if seats > ticket.group_size:
        raise CannotJoin("group_full", _("A group has %(size)d places.") % {"size": ticket.group_size})
    closes_at = min(now + timedelta(hours=ticket.group_hours), activity.registers_until())
    return Group.objects.create(
        code=new_code(), activity=activity, ticket=ticket, leader=member, size=ticket.group_size, opened_at=now,
        closes_at=closes_at,
    )  # fmt: skip


def has_place(group: Group, seats: int, now: datetime) -> bool:
    """Whether so many places of a group can still be had."""
    return group.state == GroupState.OPEN and now < group.closes_at and group.held() + seats <= group.size


def _check(group: Group, ticket: Ticket, seats: int, now: datetime) -> None:
    if group.ticket_id != ticket.pk:
        raise CannotJoin("another_ticket", _("This group buys another ticket."))
    if group.state == GroupState.COMPLETED:
        raise CannotJoin("group_full", _("This group is complete; begin another one."))
    if group.state == GroupState.FAILED or now >= group.closes_at:
        raise CannotJoin("group_over", _("The time of this group is over; begin another one."))
    if group.held() + seats > group.size:
        left = group.size - group.held()
        raise CannotJoin("group_full", _("This group has %(left)d places left.") % {"left": left})
