"""Codes for free tickets: made for partners and channels, used up exactly, given back with the place.

Whoever uses one holds the activity's row, and then the partner's, whose tickets are counted over all activities.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.models import Activity, Registration, Ticket, TicketCode
from incentives.domain.requests import Refused
from members.domain.invitations.making import new_code
from members.models import Partner


class CannotUse(Refused):
    """A code that makes no ticket free; `kind` and the sentence say why."""


class CannotMake(Refused):
    """A code that cannot be made; `kind` and the sentence say why."""


def make(
    *, ticket: Ticket, uses_max: int, now: datetime, by: str = "", code: str = "", channel: str = "",
    partner: Partner | None = None, expires_at: datetime | None = None,
) -> TicketCode:  # fmt: skip
    """Make a code for a ticket. A partner's are no more than it has left of what was agreed. Raises CannotMake."""
    if ticket.group_size is not None:
        raise CannotMake("a_group", _("A ticket of a group is not given away; choose another one."))
    if ticket.pass_only:
        raise CannotMake("pass_only", _("This ticket is only had with a pass; choose another one."))
    with transaction.atomic():
        if partner is not None:
            left = left_of(_held(partner.pk))
            if uses_max > left:
                said = {"left": left}
                raise CannotMake("beyond_allotment", _("This partner has %(left)d tickets left to give.") % said)
        try:
            with transaction.atomic():
                return TicketCode.objects.create(
                    code=code.upper() or new_code(), activity_id=ticket.activity_id, ticket=ticket, partner=partner,
                    channel=channel, uses_max=uses_max, expires_at=expires_at, made_at=now, made_by=by[:80],
                )  # fmt: skip
        except IntegrityError as error:
            raise CannotMake("code_taken", _("This code is taken; choose another.")) from error


def revoke(*, code_id: int, now: datetime) -> bool:
    """Let nobody else use a code, and say whether that happened now; places already given stay."""
    return bool(TicketCode.objects.filter(pk=code_id, revoked_at__isnull=True).update(revoked_at=now))


def find(activity: Activity, code: str) -> TicketCode:
    """The code of this activity, fresh from under its row. Raises CannotUse."""
    rows = TicketCode.objects.select_related("ticket", "partner").filter(activity=activity)
    found = rows.filter(code=code.strip().upper()).first()
    if found is None:
        raise CannotUse("unknown_code", _("There is no such code for this activity."))
    return found


def take(found: TicketCode, ticket: Ticket, *, guests: int, now: datetime) -> None:
    """Use a code once. Raises CannotUse."""
    if found.ticket_id != ticket.pk:
        raise CannotUse("another_ticket", _("This code is for another ticket."))
    if guests:
        raise CannotUse("no_guests", _("A free ticket is for one; register without guests."))
    if found.revoked_at is not None or (found.expires_at is not None and now >= found.expires_at):
        raise CannotUse("code_over", _("This code is not valid any more."))
    if found.uses >= found.uses_max:
        raise CannotUse("code_used_up", _("Every free ticket of this code is taken."))
    if found.partner_id is not None:
        partner = _held(found.partner_id)
        if not partner.is_in_force(timezone.localdate(now)) or partner.tickets_given >= partner.tickets_max:
            raise CannotUse("beyond_allotment", _("The partner who gave you this code has no tickets left to give."))
    _count(found, 1)


def give_back(registration: Registration) -> None:
    """A place that is given up was given away by nobody."""
    if registration.ticket_code_id is not None:
        _count(TicketCode.objects.get(pk=registration.ticket_code_id), -1)


def left_of(partner: Partner) -> int:
    """How many tickets a partner may still put into codes: what was agreed, less what was given and may yet be."""
    open_ones = TicketCode.objects.filter(partner=partner, revoked_at__isnull=True)
    promised = sum(each.uses_max - each.uses for each in open_ones)
    return max(0, partner.tickets_max - partner.tickets_given - promised)


def _count(found: TicketCode, more: int) -> None:
    TicketCode.objects.filter(pk=found.pk).update(uses=F("uses") + more)
    if found.partner_id is not None:
        held = _held(found.partner_id)
        # What was noted by hand before may be less than what comes back.
        Partner.objects.filter(pk=held.pk).update(tickets_given=max(0, held.tickets_given + more))


def _held(partner_id: int) -> Partner:
    return Partner.objects.select_for_update(no_key=True).get(pk=partner_id)
