"""The only module that gives and frees seats. Whoever calls it holds the activity's row: no seat is given twice."""

from __future__ import annotations

from datetime import datetime, timedelta

from activities.domain.orders import codes, passes, placing
from activities.domain.telling import tell_one
from activities.enums import EndedBy, RegistrationState
from activities.models import COMING_STATES, SEATED_STATES, Activity, Registration, Ticket
from members.domain.outcomes import ACTIVITY_OFFERED, ACTIVITY_REGISTERED, ACTIVITY_WAITLISTED
from members.enums import MemberStatus
from members.models import Standing

BELONGS_TO = ("space", "tier", "campaign", "series")
# Of everybody in line, so many are looked at for a seat that has become free.
LOOKED_AT_MAX = 200


def hold_activity(activity_id: int, *, known: Activity | None = None) -> Activity:
    """The activity's row, held until the transaction ends: seats, registrations and steps wait for it.

    What it belongs to is taken over from one that is `known` from before: it need not be read while everybody waits.
    """
    found = Activity.objects.select_for_update().get(pk=activity_id)
    for name in BELONGS_TO:
        if known is not None and getattr(known, f"{name}_id") == getattr(found, f"{name}_id"):
            setattr(found, name, getattr(known, name))
    return found


def read_what_it_belongs_to(activity: Activity) -> None:
    """Read the space, tier, campaign and series of an activity that has them, for whoever holds its row next.

    One by one: most have none or one of them, and a join with all four costs more than either.
    """
    for name in BELONGS_TO:
        getattr(activity, name)


def has_room(activity: Activity, seats: int, ticket: Ticket | None = None) -> bool:
    """Whether so many seats are free, in the activity and of the ticket."""
    return all(
        each.capacity is None or each.seats_taken + seats <= each.capacity
        for each in (activity, ticket)
        if each is not None
    )


def seat(registration: Registration, state: RegistrationState, *, now: datetime, until: datetime | None = None) -> None:
    """Give a registration its seats, which are there: with a place, an offer until then, or a bill until then."""
    activity = registration.activity
    if registration.state not in SEATED_STATES:
        assert has_room(activity, registration.seats, registration.ticket), "an activity is never oversold"
        _count(registration, registration.seats)
    registration.state, registration.until = state, until
    if state == RegistrationState.CONFIRMED:
        registration.confirmed_at = now
    registration.save()
    if state == RegistrationState.CONFIRMED:
        more = {"channel": registration.channel} if registration.channel else {}
        tell_one(ACTIVITY_REGISTERED, registration, now=now, guests=registration.guests, **more)
    elif state == RegistrationState.OFFERED:
        assert until is not None, "a_kept_place_ends"
        tell_one(ACTIVITY_OFFERED, registration, now=now, until=until.isoformat())


def seat_at_the_door(registration: Registration, *, now: datetime, reason: str = "") -> None:
    """Give whoever walks in a seat. Where none is free and somebody said why, there is one more seat from now on.

    Nobody is told: that they came is told.
    """
    activity = registration.activity
    for each in (activity, registration.ticket):
        if each is not None and each.capacity is not None and each.seats_taken + registration.seats > each.capacity:
            assert reason.strip(), "an activity is never oversold"
            each.capacity = each.seats_taken + registration.seats
            each._change_reason = f"Door: {reason.strip()}"[:100]  # type: ignore[union-attr]  # noqa: SLF001  As the history asks.
            each.save(update_fields=["capacity"])
            each._change_reason = None  # type: ignore[union-attr]  # noqa: SLF001  Counting its seats has no reason.
    _count(registration, registration.seats)
    registration.state, registration.confirmed_at = RegistrationState.CONFIRMED, now
    registration.save()


def put_in_line(registration: Registration, *, now: datetime) -> None:
    """Put a registration on the waiting list, behind whoever stands higher, or as high and came before."""
    activity = registration.activity
    registration.state, registration.waits_since = RegistrationState.WAITING, now
    registration.priority = _priority(activity, registration.member_id)
    registration.save()
    place = registration.place_in_line()
    assert place is not None, "it waits"
    tell_one(ACTIVITY_WAITLISTED, registration, now=now, place=place)


def end(registration: Registration, state: RegistrationState, *, by: EndedBy, now: datetime, reason: str = "") -> None:
    """End a live registration and free its seats; whoever is next in line is offered them."""
    had_seats = registration.state in SEATED_STATES
    registration.state, registration.until = state, None
    registration.ended_at, registration.ended_by, registration.reason = now, by, reason
    registration.save()
    if had_seats:
        _count(registration, -registration.seats)
    codes.give_back(registration)
    passes.give_back(registration, by=by, now=now)
    placing.close(registration, by=by, now=now)


def offer_free_seats(activity: Activity, *, now: datetime) -> int:
    """Offer what is free to whoever is next in line and fits; return how many were offered a place.

    An offer is kept for the activity's hours, and never beyond the end of registration. Nobody is offered anything
    once registration has closed. Whoever needs more seats than are free keeps their place in line.
    """
    if activity.state not in COMING_STATES or not now < activity.registers_until():
        return 0
    line: list[Registration] | None = None
    tickets: dict[int | None, Ticket | None] = {}
    count = 0
    until = min(now + timedelta(hours=activity.offer_hours), activity.registers_until())
    while has_room(activity, 1):
        if line is None:
            found = activity.registrations.in_line().filter(member__status=MemberStatus.ACTIVE)
            line = list(found.select_related("member", "ticket")[:LOOKED_AT_MAX])
            tickets = {each.ticket_id: each.ticket for each in line}
        fitting = next((each for each in line if has_room(activity, each.seats, tickets[each.ticket_id])), None)
        if fitting is None:
            break
        line.remove(fitting)
        fitting.activity, fitting.ticket = activity, tickets[fitting.ticket_id]
        seat(fitting, RegistrationState.OFFERED, now=now, until=until)
        count += 1
    return count


def _count(registration: Registration, seats: int) -> None:
    for each in (registration.activity, registration.ticket):
        if each is not None:
            each.seats_taken += seats
            assert each.seats_taken >= 0, "seats are counted"
            # Not by save(): a seat is no change of the activity that its history should hold.
            type(each)._default_manager.filter(pk=each.pk).update(seats_taken=each.seats_taken)  # noqa: SLF001


def _priority(activity: Activity, member_id: int) -> int:
    """How high a member stands: the threshold of their tier, on the activity's ladder or on the first one."""
    if not activity.waits_by_tier:
        return 0
    standings = Standing.objects.filter(member_id=member_id, tier__isnull=False).order_by("ladder_id")
    if activity.tier is not None:
        standings = standings.filter(ladder_id=activity.tier.ladder_id)
    held = standings.values_list("tier__threshold", flat=True).first()
    return int(held or 0)
