"""Registers members for activities, takes them off again, and lets operators decide where a person decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from activities.domain import bringing, deciding, questions, wording
from activities.domain.life import open_if_due
from activities.domain.orders import codes, groups, passes, placing, pricing
from activities.domain.orders.telling import tell_paid
from activities.domain.seating import end, has_room, hold_activity, offer_free_seats, put_in_line, seat
from activities.domain.telling import tell_one
from activities.enums import EndedBy, OrderState, RegistrationState
from activities.models import LIVE_STATES, Activity, Registration, Series, Ticket, TicketCode
from incentives.domain.privileges.wording import WhyNot
from incentives.domain.requests import Refused
from members.domain.outcomes import ACTIVITY_CANCELLED, ACTIVITY_LAPSED, ACTIVITY_REFUSED
from members.models import Member

_IN_AND_LINE = f"""
SELECT EXISTS (SELECT 1 FROM activities_registration
               WHERE activity_id = %s AND member_id = %s AND state IN ({", ".join(["%s"] * len(LIVE_STATES))})),
       EXISTS (SELECT 1 FROM activities_registration WHERE activity_id = %s AND state = %s)
"""


class CannotRegister(Refused):
    """A member who may not register now; `kind` and the sentence say why."""


class CannotChange(Refused):
    """A registration that cannot be changed so any more."""


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
    tickets = Ticket.objects.filter(activity=OuterRef("pk"), is_active=True)
    known = Activity.objects.select_related("space", "tier", "campaign", "series")
    before = known.annotate(has_tickets=Exists(tickets)).get(pk=activity_id)
    try:
        _checked(deciding.demands_of(before, member, now=now)[1])
        kept = questions.answered(questions.read(before.questions), answers or {})
    except (CannotRegister, questions.BadAnswer):
        # Whoever has a place keeps it, though they could not have it today.
        earlier = _live(activity_id, member)
        if earlier is None:
            raise
        return earlier, False
    resting = before.series if before.series is not None and before.series.rest_days else None
    # Whatever can be read before the row is held is: everybody else who registers waits meanwhile.
    has_tickets = before.has_tickets  # type: ignore[attr-defined]
    brought_by = bringing.bringer_of(member, link)
    with transaction.atomic():
        if resting is not None:
            # Another date has another row: only whoever holds the series sees all that was given in it.
            Series.objects.select_for_update(of=("self",)).get(pk=resting.pk)
        activity = hold_activity(activity_id, known=before)
        is_in, has_line = _in_and_line(activity_id, member)
        if is_in:
            return Registration.objects.live().get(activity_id=activity_id, member=member), False
        if resting is not None:
            _checked(deciding.time_to_rest(activity, member))
        # By the row that is held: what an operator changed a moment ago counts.
        _checked(deciding.time_to_register(activity, member, now=now) or _guests(activity, guests))
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
            _place_in_group(made, taken, code=group, stays_alone=stays_alone, now=now)
        elif group or stays_alone:
            raise CannotRegister("no_group_ticket", _("This ticket is bought alone; choose one of a group."))
        else:
            _place(made, has_line=has_line, now=now)
    return made, True


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
        _checked(deciding.demands_of(found.activity, found.member, now=now)[1])
        _give_place(found, now=now)
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
        _seat_or_line(found, now=now)
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


def _place(registration: Registration, *, has_line: bool, now: datetime) -> None:
    if registration.activity.needs_approval:
        registration.state = RegistrationState.ASKED
        registration.save()
        return
    _seat_or_line(registration, now=now, has_line=has_line)


def _seat_or_line(registration: Registration, *, now: datetime, has_line: bool = True) -> None:
    """Seat a registration, or put it in line. Whoever waits in line, if anybody may, comes before whoever comes now."""
    activity = registration.activity
    if has_line:
        offer_free_seats(activity, now=now)
    if has_room(activity, registration.seats, registration.ticket):
        _give_place(registration, now=now)
    elif activity.has_waiting_list:
        put_in_line(registration, now=now)
    else:
        _checked(wording.full())


def _place_in_group(registration: Registration, ticket: Ticket, *, code: str, stays_alone: bool, now: datetime) -> None:
    """Hold a place of a group until it is paid. Nobody waits in line for one: there is room, or there is none."""
    activity = registration.activity
    offer_free_seats(activity, now=now)
    if not has_room(activity, registration.seats, ticket):
        _checked(wording.full())
    group = groups.enter(
        activity, ticket, registration.member, code=code, seats=registration.seats, stays_alone=stays_alone, now=now
    )
    seat(registration, RegistrationState.HELD, now=now, until=placing.deadline(registration, now, group))
    placing.place(registration, now=now, group=group, stays_alone=stays_alone)


def _give_place(registration: Registration, *, now: datetime) -> None:
    """Give a place that is there: at once where nothing is due or a pass pays, else as long as there is time to pay."""
    ticket = registration.ticket
    if (
        ticket is None
        or registration.ticket_code_id is not None
        or passes.take(registration, now=now, is_asked_for=pricing.asks_for_pass(registration))
        or ticket.is_free
    ):
        seat(registration, RegistrationState.CONFIRMED, now=now)
        return
    seat(registration, RegistrationState.HELD, now=now, until=placing.deadline(registration, now))
    order = placing.place(registration, now=now)
    if order.state == OrderState.PAID:
        seat(registration, RegistrationState.CONFIRMED, now=now)
        tell_paid(order, now=now)


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
    _checked(why)
    return ticket


def _guests(activity: Activity, guests: int) -> WhyNot | None:
    if not 0 <= guests <= activity.guests_max:
        return wording.too_many_guests(activity)
    if activity.capacity is not None and 1 + guests > activity.capacity:
        return wording.larger_than_all(activity)
    return None


def _checked(why: WhyNot | None) -> None:
    if why is not None:
        raise CannotRegister(why.code, why.sentence)


def _live(activity_id: int, member: Member) -> Registration | None:
    return Registration.objects.live().filter(activity_id=activity_id, member=member).first()


def _in_and_line(activity_id: int, member: Member) -> tuple[bool, bool]:
    """Whether the member is registered here, and whether anybody waits in line: one look.

    By hand, since everybody who registers waits for it and the query's making takes longer than the query.
    """
    live = [str(each) for each in LIVE_STATES]
    with connection.cursor() as cursor:
        cursor.execute(_IN_AND_LINE, [activity_id, member.pk, *live, activity_id, str(RegistrationState.WAITING)])
        is_in, has_line = cursor.fetchone()
    return bool(is_in), bool(has_line)


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
