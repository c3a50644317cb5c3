"""How those who came found it: once each, to be mended for some days; names only where they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from activities.domain.seating import hold_activity
from activities.domain.telling import tell_at
from activities.models import Activity, Feedback, Registration
from incentives.domain.requests import Refused
from members.domain.outcomes import ACTIVITY_RATED

WORDS_LENGTH_MAX = 2_000


class CannotRate(Refused):
    """Feedback that cannot be taken; `kind` and the sentence say why."""


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of feedback as hosts see it; `name` is empty unless its member shows it."""

    stars: int
    words: str
    name: str
    given_at: datetime


def until(activity: Activity) -> datetime:
    """Until when feedback can be given and mended."""
    return activity.ends_at + timedelta(days=settings.FEEDBACK_DAYS)


def rate(
    *, registration_id: int, stars: int, now: datetime, words: str = "", shows_name: bool = False
) -> tuple[Feedback, bool]:
    """Write down how a member found it, or mend what they said, and say whether it is their first word.

    Told once, with the first stars. Raises CannotRate.
    """
    assert 1 <= stars <= 5, "stars are one to five"
    activity_id = Registration.objects.values_list("activity_id", flat=True).get(pk=registration_id)
    with transaction.atomic():
        activity = hold_activity(activity_id)
        found = Registration.objects.get(pk=registration_id)
        found.activity = activity
        if found.checked_in_at is None:
            raise CannotRate("did_not_come", _("Only whoever came can say how it was."))
        if now >= until(activity):
            raise CannotRate("too_late", _("The time for feedback is over."))
        words = words.replace("\x00", "").strip()[:WORDS_LENGTH_MAX]
        earlier = Feedback.objects.filter(registration=found).first()
        if earlier is not None:
            if (earlier.stars, earlier.words, earlier.shows_name) != (stars, words, shows_name):
                earlier.stars, earlier.words, earlier.shows_name, earlier.changed_at = stars, words, shows_name, now
                earlier.save()
            return earlier, False
        made = Feedback(registration=found, stars=stars, words=words, shows_name=shows_name, given_at=now)
        tell(made, now=now)
    return made, True


def tell(given: Feedback, *, now: datetime) -> None:
    """Tell rules of it, and keep by which event. Its registration is at hand with its activity."""
    more = {"stars": given.stars, "words": bool(given.words)}
    given.event_id = tell_at(ACTIVITY_RATED, given.registration, at=now, now=now, more=more)
    given.save()


def counted(activity: Activity) -> QuerySet[Feedback]:
    """Of whoever came."""
    return Feedback.objects.filter(registration__activity=activity, registration__checked_in_at__isnull=False)


def lines_of(activity: Activity) -> list[Line]:
    """What was said, for its hosts and the team; in an order that gives nobody away: by stars, then by words.

    What somebody said who had not come is kept, and shown to nobody.
    """
    found = counted(activity).select_related("registration__member")
    return sorted(
        (
            Line(
                each.stars, each.words,
                (each.registration.member.display_name or each.registration.member.ref) if each.shows_name else "",
                each.given_at,
            )
            for each in found
        ),
        key=lambda line: (line.stars, line.words),
    )  # fmt: skip
