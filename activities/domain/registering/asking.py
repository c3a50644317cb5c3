"""Registers members: what they may is asked before the activity's row is held, and what it says under it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from activities.domain import bringing, deciding, questions, wording
from activities.domain.life import open_if_due
from activities.domain.orders import codes, groups, pricing
from activities.domain.registering.giving import CannotRegister, checked, place, place_in_group
from activities.domain.seating import hold_activity, read_what_it_belongs_to
from activities.enums import RegistrationState
from activities.models import LIVE_STATES, Activity, Registration, Series, Ticket, TicketCode
from incentives.domain.privileges.wording import WhyNot
from members.models import Member

_FOUND_THERE = f"""
SELECT EXISTS (SELECT 1 FROM activities_registration
               WHERE activity_id = %s AND member_id = %s AND state IN ({", ".join(["%s"] * len(LIVE_STATES))})),
       EXISTS (SELECT 1 FROM activities_registration WHERE activity_id = %s AND state = %s),
       EXISTS (SELECT 1 FROM activities_ticket WHERE activity_id = %s AND is_active)
"""


def register(
    *,
    activity_id: int,
    member: Member,
    now: datetime,
    guests: int = 0,
    answers: Mapping[str, Any] | None = None,
    ticket: Ticket | None = None,
    group: str = "",
    stays_alone: bool = False,
    with_pass: bool | None = None,
    free_code: str = "",
    link: str = "",
    channel: str = "",
    actor: str = "",
) -> tuple[Registration, bool]:
    """Register a member, and say whether that happened now: with a place, with a bill, for approval, or in line.

    Where an activity has tickets, one of them is taken; what it costs is to be paid before the place is theirs. With a
    ticket of a group the member begins one, or joins the `group` of a code; whoever `stays_alone` pays the difference
    when it fails, and keeps the place. `with_pass` says whether the ticket's pass pays; left open it does where it
    opens the ticket, and costs no points. A `free_code` of a partner makes its ticket free. `link` is the invitation
    by which they came here; see bringing.bringer_of.

    Whoever is registered already keeps what they have. However many ask at once, no seat is given twice.

    Raises CannotRegister, passes.CannotTake, placing.CannotOrder, groups.CannotJoin, codes.CannotUse and
    questions.BadAnswer.
    """
    before = Activity.objects.get(pk=activity_id)
    try:
        checked(deciding.demands_of(before, member, now=now)[1])
        kept = questions.answered(questions.read(before.questions), answers or {})
    except (CannotRegister, questions.BadAnswer):
        # Whoever has a place keeps it, though they could not have it today.
        earlier = _live(activity_id, member)
        if earlier is None:
            raise
        return earlier, False
    # Whatever can be read before the row is held is: everybody else who registers waits meanwhile.
    read_what_it_belongs_to(before)
    resting = before.series if before.series is not None and before.series.rest_days else None
    brought_by = bringing.bringer_of(member, link)
    with transaction.atomic():
        if resting is not None:
            # Another date has another row: only whoever holds the series sees all that was given in it.
            Series.objects.select_for_update(of=("self",)).get(pk=resting.pk)
        activity = hold_activity(activity_id, known=before)
        is_in, has_line, has_tickets = _found_there(activity_id, member)
        if is_in:
            return Registration.objects.live().get(activity_id=activity_id, member=member), False
        if resting is not None:
            checked(deciding.time_to_rest(activity, member))
        # By the row that is held: what an operator changed a moment ago counts.
        checked(deciding.time_to_register(activity, member, now=now) or _guests(activity, guests))
        if group and ticket is None:
            ticket = groups.find(activity, group).ticket
        free = codes.find(activity, free_code) if free_code else None
        taken = _ticket(
            activity,
            ticket or (free.ticket if free is not None else None),
            member,
            now,
            free=free,
            has_tickets=has_tickets,
            with_pass=with_pass,
        )
        open_if_due(activity, now=now)
        made = Registration(
            activity=activity, member=member, guests=guests, answers=kept, ticket=taken, channel=channel,
            ticket_code=free, with_pass=with_pass, brought_by_id=brought_by, registered_at=now, actor=actor[:80],
        )  # fmt: skip
        if free is not None:
            assert taken is not None, "a code is of a ticket"
            codes.take(free, taken, guests=guests, now=now)
        if taken is not None and taken.group_size is not None:
            place_in_group(made, taken, code=group, stays_alone=stays_alone, now=now)
        elif group or stays_alone:
            raise CannotRegister("no_group_ticket", _("This ticket is bought alone; choose one of a group."))
        else:
            place(made, has_line=has_line, now=now)
    return made, True


def _ticket(
    activity: Activity,
    ticket: Ticket | None,
    member: Member,
    now: datetime,
    *,
    free: TicketCode | None,
    has_tickets: bool,
    with_pass: bool | None,
) -> Ticket | None:
    """The ticket that is taken, fresh from under the activity's row: the chosen one, or the only one on sale."""
    if ticket is None:
        if not has_tickets:
            return None
        on_sale = list(activity.tickets.on_sale(now).select_related("tier", "currency", "alone", "privilege")[:2])
        if len(on_sale) != 1:
            raise CannotRegister("ticket_missing", _("Choose a ticket."))
        (ticket,) = on_sale
    else:
        found = activity.tickets.select_related("tier", "currency", "alone", "privilege").filter(pk=ticket.pk).first()
        if found is None:
            raise CannotRegister("unknown_ticket", _("This activity has no such ticket."))
        ticket = found
    why = pricing.check_ticket(ticket, member, activity, now=now, is_free=free is not None, with_pass=with_pass)
    checked(why)
    return ticket


def _guests(activity: Activity, guests: int) -> WhyNot | None:
    if not 0 <= guests <= activity.guests_max:
        return wording.too_many_guests(activity)
    if activity.capacity is not None and 1 + guests > activity.capacity:
        return wording.larger_than_all(activity)
    return None


def _live(activity_id: int, member: Member) -> Registration | None:
    return Registration.objects.live().filter(activity_id=activity_id, member=member).first()


def _found_there(activity_id: int, member: Member) -> tuple[bool, bool, bool]:
    """Whether the member is registered here, whether anybody waits in line, and whether there are tickets: one look.

    By hand, since everybody who registers waits for it and the query's making takes longer than the query.
    """
    live = [str(each) for each in LIVE_STATES]
    with connection.cursor() as cursor:
        waiting = str(RegistrationState.WAITING)
        cursor.execute(_FOUND_THERE, [activity_id, member.pk, *live, activity_id, waiting, activity_id])
        is_in, has_line, has_tickets = cursor.fetchone()
    return bool(is_in), bool(has_line), bool(has_tickets)
