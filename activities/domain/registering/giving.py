"""Gives registrations their places: seats, a place in a group, or one in line; with what is due for it."""

from __future__ import annotations

from datetime import datetime

from activities.domain import wording
from activities.domain.orders import groups, passes, placing, pricing
from activities.domain.orders.telling import tell_paid
from activities.domain.seating import has_room, offer_free_seats, put_in_line, seat
from activities.enums import OrderState, RegistrationState
from activities.models import Registration, Ticket
from incentives.domain.privileges.wording import WhyNot
from incentives.domain.requests import Refused


class CannotRegister(Refused):
    """A member who may not register now; `kind` and the sentence say why."""


def place(registration: Registration, *, has_line: bool, now: datetime) -> None:
    if registration.activity.needs_approval:
        registration.state = RegistrationState.ASKED
        registration.save()
        return
    seat_or_line(registration, now=now, has_line=has_line)


def seat_or_line(registration: Registration, *, now: datetime, has_line: bool = True) -> None:
    """Seat a registration, or put it in line. Whoever waits in line, if anybody may, comes before whoever comes now."""
    activity = registration.activity
    if has_line:
        offer_free_seats(activity, now=now)
    if has_room(activity, registration.seats, registration.ticket):
        give_place(registration, now=now)
    elif activity.has_waiting_list:
        put_in_line(registration, now=now)
    else:
        checked(wording.full())


def place_in_group(registration: Registration, ticket: Ticket, *, code: str, stays_alone: bool, now: datetime) -> None:
    """Hold a place of a group until it is paid. Nobody waits in line for one: there is room, or there is none."""
    activity = registration.activity
    offer_free_seats(activity, now=now)
    if not has_room(activity, registration.seats, ticket):
        checked(wording.full())
    group = groups.enter(
        activity, ticket, registration.member, code=code, seats=registration.seats, stays_alone=stays_alone, now=now
    )
    seat(registration, RegistrationState.HELD, now=now, until=placing.deadline(registration, now, group))
    placing.place(registration, now=now, group=group, stays_alone=stays_alone)


def give_place(registration: Registration, *, now: datetime) -> None:
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


def checked(why: WhyNot | None) -> None:
    if why is not None:
        raise CannotRegister(why.code, why.sentence)
