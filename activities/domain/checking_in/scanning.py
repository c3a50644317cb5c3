"""Takes scans at the door: each once, by its own time, whenever and however often it arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from activities.domain.checking_in import arriving, wording
from activities.domain.checking_in.codes import read_code
from activities.domain.seating import hold_activity
from activities.enums import ActivityState, ScanBy, ScanResult
from activities.models import Activity, Registration, Scan
from incentives.domain.requests import Refused
from members.models import Member


class CannotScan(Refused):
    """A scan that cannot be taken at all; `kind` and the sentence say why."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was scanned, when, and by which device. One of a code, a registration, a member, or guests without names.

    `guests` is how many came along with a registration, or how many there are that are no members. `reason` lets a
    member in who walks in though every seat is taken.
    """

    nonce: str
    scanned_at: datetime
    code: str = ""
    registration: Registration | None = None
    member: Member | None = None
    guests: int | None = None
    device: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A scan that is kept, whether it is so since now, and what is said of it."""

    scan: Scan
    is_new: bool
    sentence: str


def take(*, activity_id: int, scanned: Scanned, now: datetime, actor: str = "") -> Taken:
    """Take a scan, once for its nonce; what it moves is decided by the times of the scans, not by their arrival.

    Whoever is not let in is kept as well, with the reason. Raises CannotScan for a nonce of something else.
    """
    with transaction.atomic():
        activity = hold_activity(activity_id)
        earlier = find_earlier(activity, scanned.nonce)
        made = Scan(
            activity=activity, nonce=scanned.nonce, scanned_at=scanned.scanned_at, received_at=now,
            guests=scanned.guests, device=scanned.device, actor=actor[:80], reason=scanned.reason,
        )  # fmt: skip
        _name(made, scanned)
        if earlier is not None:
            return again(earlier, made, activity)
        why = time_to_come(activity, scanned.scanned_at, now=now) or _let_in(made, activity, now)
        return kept(made, activity, why)


def take_all(*, activity_id: int, scans: Iterable[Scanned], now: datetime, actor: str = "") -> list[Taken | CannotScan]:
    """Take many, each by itself, the earliest scan first; the answers stand in the order in which they were asked."""
    given = list(scans)
    answers: dict[int, Taken | CannotScan] = {}
    for place, each in sorted(enumerate(given), key=lambda pair: pair[1].scanned_at):
        try:
            answers[place] = take(activity_id=activity_id, scanned=each, now=now, actor=actor)
        except CannotScan as error:
            answers[place] = error
    return [answers[place] for place in range(len(given))]


def count_guests_anew(*, activity_id: int, came: int) -> int:
    """Write down how many people came who are no members, whatever was counted before. Raises CannotScan."""
    with transaction.atomic():
        activity = hold_activity(activity_id)
        if not activity.is_open_to_guests:
            raise CannotScan(wording.NO_GUESTS, wording.why_sentence(wording.NO_GUESTS, activity))
        Activity.objects.filter(pk=activity.pk).update(guests_came=came)
    return came


def find_earlier(activity: Activity, nonce: str) -> Scan | None:
    """The scan that came with this nonce before; the activity's row is held."""
    return Scan.objects.filter(activity=activity, nonce=nonce).first()


def again(earlier: Scan, made: Scan, activity: Activity) -> Taken:
    """The answer that was given before. Raises CannotScan where something else was asked."""
    same = ("scanned_at", "registration_id", "guests", "reason")
    is_walk_in = made.by == ScanBy.WALK_IN
    if (not is_walk_in and any(getattr(earlier, name) != getattr(made, name) for name in same)) or (
        is_walk_in and (earlier.member_id, earlier.scanned_at) != (made.member_id, made.scanned_at)
    ):
        raise CannotScan("nonce_reused", _("This nonce was used for another scan; use a new one for each."))
    return Taken(earlier, is_new=False, sentence=wording.sentence_of(earlier, activity))


def kept(made: Scan, activity: Activity, why: str) -> Taken:
    """Write the scan down with what came of it."""
    if why:
        made.result, made.why = ScanResult.REFUSED, why
    made.save(force_insert=True)
    return Taken(made, is_new=True, sentence=wording.sentence_of(made, activity))


def time_to_come(activity: Activity, moment: datetime, *, now: datetime) -> str:
    """Why nobody can have come at a moment; empty if they can."""
    if activity.state == ActivityState.CANCELLED:
        return wording.ACTIVITY_CANCELLED
    if activity.state == ActivityState.DRAFT:
        return wording.NOT_ANNOUNCED
    if moment > now + timedelta(seconds=settings.FUTURE_SECONDS_MAX):
        return wording.CLOCK_AHEAD
    if moment < activity.starts_at - timedelta(minutes=settings.CHECK_IN_EARLY_MINUTES):
        return wording.TOO_EARLY
    if moment > activity.ends_at + timedelta(hours=settings.CHECK_IN_LATE_HOURS):
        return wording.TOO_LATE
    return ""


def _name(made: Scan, scanned: Scanned) -> None:
    """Say of whom it is and how, as far as that is known before it is judged."""
    if scanned.code:
        made.by = ScanBy.CODE
        named = read_code(scanned.code)
        made.registration = None if named is None else _registrations().filter(public_id=named).first()
    elif scanned.registration is not None:
        made.by, made.registration = ScanBy.HAND, scanned.registration
    elif scanned.member is not None:
        made.by, made.member = ScanBy.WALK_IN, scanned.member
    else:
        made.by = ScanBy.GUESTS
    if made.registration is not None:
        made.member = made.registration.member


def _registrations() -> QuerySet[Registration]:
    return Registration.objects.select_related("member")


def _let_in(made: Scan, activity: Activity, now: datetime) -> str:
    do: dict[str, Callable[[], str]] = {
        ScanBy.GUESTS: lambda: arriving.count_guests(made, activity),
        ScanBy.WALK_IN: lambda: arriving.walk_in(made, activity, now=now),
    }
    return do.get(made.by, lambda: arriving.arrive(made, activity, now=now))()
