"""What is said at the door: a code that never changes and a sentence for whoever holds the phone."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from activities.domain.wording import moment_words
from activities.enums import RegistrationState, ScanBy, ScanResult
from activities.models import Activity, Scan

UNKNOWN_CODE, OTHER_ACTIVITY, NOT_REGISTERED = "unknown_code", "other_activity", "not_registered"
TOO_EARLY, TOO_LATE, CLOCK_AHEAD = "too_early", "too_late", "clock_ahead"
ACTIVITY_CANCELLED, NOT_ANNOUNCED = "activity_cancelled", "not_announced"
FULL, UNPAID, MAY_NOT, NO_GUESTS, TOO_MANY_GUESTS = "full", "unpaid", "may_not", "no_guests", "too_many_guests"
WRONG_ROOM_CODE, TOO_MANY_TRIES, TAKEN_BACK = "wrong_room_code", "too_many_tries", "taken_back"

# Why whoever has no place is not let in, by what became of the registration.
BY_STATE = {
    RegistrationState.ASKED: "not_approved",
    RegistrationState.WAITING: "waiting",
    RegistrationState.OFFERED: "not_accepted",
    RegistrationState.HELD: UNPAID,
    RegistrationState.CANCELLED: "cancelled",
    RegistrationState.REFUSED: "refused",
    RegistrationState.LAPSED: "lapsed",
}


def sentence_of(scan: Scan, activity: Activity) -> str:
    """What came of a scan, in the language of whoever asks."""
    if scan.result == ScanResult.REFUSED:
        return why_sentence(scan.why, activity)
    if scan.by == ScanBy.GUESTS:
        return _("%(count)d guests were counted.") % {"count": scan.guests or 0}
    if scan.result == ScanResult.UNDONE:
        return _("Taken back: they have not come.")
    if scan.result == ScanResult.ALREADY:
        came_at = scan.registration.checked_in_at if scan.registration is not None else None
        return _("In already, since %(time)s.") % {"time": moment_words(came_at or scan.scanned_at, activity)}
    return _("Welcome.")


def why_sentence(why: str, activity: Activity) -> str:
    opens_at = activity.starts_at - timedelta(minutes=settings.CHECK_IN_EARLY_MINUTES)
    closes_at = activity.ends_at + timedelta(hours=settings.CHECK_IN_LATE_HOURS)
    said = {
        UNKNOWN_CODE: _("This is no code of ours. Look the member up by name instead."),
        OTHER_ACTIVITY: _("This code is for another activity."),
        NOT_REGISTERED: _("They are not registered. Let them in as somebody who walked in."),
        TOO_EARLY: _("The door opens at %(moment)s.") % {"moment": moment_words(opens_at, activity)},
        TOO_LATE: _("The door closed at %(moment)s.") % {"moment": moment_words(closes_at, activity)},
        CLOCK_AHEAD: _("This scan is from the future. Set the clock of the device right."),
        ACTIVITY_CANCELLED: _("This activity was cancelled."),
        NOT_ANNOUNCED: _("This activity has not been announced."),
        FULL: _("Every seat is taken. Somebody of the team may let them in, with a reason."),
        UNPAID: _("It has not been paid. Take the payment first."),
        MAY_NOT: _("This activity is not for them. The registration page says why."),
        NO_GUESTS: _("This activity is for members only."),
        TOO_MANY_GUESTS: _("They registered with fewer guests."),
        WRONG_ROOM_CODE: _(
            "That is not the code in the room. It changes every minute; type the one that is shown now."
        ),
        TOO_MANY_TRIES: _("Too many wrong codes. Wait ten minutes, or ask somebody at the door."),
        TAKEN_BACK: _("Somebody of the team has taken this check-in back. Ask them."),
        "not_approved": _("Nobody has said yes to this registration."),
        "waiting": _("They are on the waiting list and have no place."),
        "not_accepted": _("They were offered a place and have not taken it."),
        "cancelled": _("This registration was cancelled."),
        "refused": _("This registration was refused."),
        "lapsed": _("They let their place pass."),
    }
    return said[why]
