"""What a scan moves: an arrival, a walk-in's seat, the number of guests. Its caller holds the activity's row."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from activities.domain import deciding
from activities.domain.after import feedback
from activities.domain.checking_in import presence, unmaking, wording
from activities.domain.seating import has_room, offer_free_seats, seat_at_the_door
from activities.domain.telling import tell_at
from activities.enums import RegistrationState, ScanResult
from activities.models import Activity, Feedback, Registration, Scan, Ticket
from members.domain.outcomes import ACTIVITY_CHECKED_IN


def arrive(made: Scan, activity: Activity, *, now: datetime) -> str:
    """Check a registration in, and return why not; empty if they are in, or were already."""
    if made.registration is None:
        return wording.UNKNOWN_CODE
    found = Registration.objects.select_for_update().get(pk=made.registration.pk)
    # Whose it is was read when the scan was named, and never changes.
    found.member = made.registration.member
    made.registration = found
    if found.activity_id != activity.pk:
        return wording.OTHER_ACTIVITY
    if found.state != RegistrationState.CONFIRMED:
        return wording.BY_STATE[RegistrationState(found.state)]
    if made.guests is not None and made.guests > found.guests:
        return wording.TOO_MANY_GUESTS
    found.activity = activity
    scans = list(found.scans.all())
    _decide(made, scans)
    settle(found, [*scans, made], now=now)
    # What a person took back later stays taken back, whenever this arrives.
    return "" if found.checked_in_at is not None else wording.TAKEN_BACK


def walk_in(made: Scan, activity: Activity, *, now: datetime) -> str:
    """Let a member in who has no registration, if they may come and a seat is free, or somebody says why all the same.

    Whoever is registered after all is checked in like everybody.
    """
    member = made.member
    assert member is not None, "a member walks in"
    live = Registration.objects.live().filter(activity=activity, member=member).first()
    if live is not None:
        made.registration = live
        return arrive(made, activity, now=now)
    if deciding.demands_of(activity, member, now=now)[1] is not None:
        return wording.MAY_NOT
    guests = made.guests or 0
    if guests > activity.guests_max:
        return wording.TOO_MANY_GUESTS
    ticket, has_tickets = _free_ticket(activity)
    if has_tickets and ticket is None:
        return wording.UNPAID
    # Whoever waits in line comes before whoever walks in.
    offer_free_seats(activity, now=now)
    if not has_room(activity, 1 + guests, ticket) and not made.reason.strip():
        return wording.FULL
    registration = Registration(
        activity=activity, member=member, guests=guests, ticket=ticket, channel="door",
        registered_at=now, is_walk_in=True, actor=made.actor,
    )  # fmt: skip
    seat_at_the_door(registration, now=now, reason=made.reason)
    made.registration = registration
    made.result = ScanResult.CAME
    settle(registration, [made], now=now)
    return ""


def count_guests(made: Scan, activity: Activity) -> str:
    """Count people who are no members and gave no name; return why not."""
    if not activity.is_open_to_guests:
        return wording.NO_GUESTS
    made.result = ScanResult.CAME
    # By itself: the history of the activity is for what people change.
    Activity.objects.filter(pk=activity.pk).update(guests_came=F("guests_came") + (made.guests or 0))
    return ""


def settle(registration: Registration, scans: list[Scan], *, now: datetime) -> None:
    """Write down since when they are there, by all their scans, and tell or take back what follows from it."""
    was, since = registration.checked_in_at, presence.came_at(scans)
    registration.checked_in_at = since
    registration.guests_came = presence.guests_of(scans)
    if since is not None and registration.missed_at is not None:
        unmaking.had_come(registration, now=now)
    if since is not None and was is None:
        more = {"guests": registration.guests_there, "walk_in": registration.is_walk_in}
        registration.came_event_id = tell_at(ACTIVITY_CHECKED_IN, registration, at=min(since, now), now=now, more=more)
        _tell_feedback(registration, now)
    elif since is None and was is not None:
        unmaking.had_not_come(registration, now=now)
    registration.save(update_fields=["checked_in_at", "missed_at", "guests_came", "came_event_id", "missed_event_id"])


def _decide(made: Scan, scans: list[Scan]) -> None:
    """Whether they were in already at the moment of the scan, whatever arrived since."""
    earlier = [each for each in scans if each.scanned_at <= made.scanned_at]
    made.result = ScanResult.CAME if presence.came_at(earlier) is None else ScanResult.ALREADY


def _tell_feedback(registration: Registration, now: datetime) -> None:
    """What they said before their coming was taken back counts again."""
    given = Feedback.objects.filter(registration=registration, event_id__isnull=True).first()
    if given is not None:
        given.registration = registration
        feedback.tell(given, now=now)


def _free_ticket(activity: Activity) -> tuple[Ticket | None, bool]:
    """A ticket that costs nothing, and whether there are tickets at all."""
    active = list(activity.tickets.filter(is_active=True).order_by("pk"))
    return next((each for each in active if each.is_free and not each.pass_only), None), bool(active)
