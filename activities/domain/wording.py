"""Why somebody may not come, or may not have this: a code that never changes and a sentence for whoever asks."""

from __future__ import annotations

from datetime import datetime

from django.utils import dateformat
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from activities.models import Activity
from incentives.domain.privileges.wording import WhyNot
from members.domain.counters.periods import zone_named
from members.domain.texts import text_in


def words_in(names: object, fallback: str = "") -> str:
    """A text in the language of whoever asks, else in English, else the fallback."""
    return text_in(dict(names) if isinstance(names, dict) else {}, get_language() or "en", fallback)


def name_of(activity: Activity) -> str:
    return words_in(activity.names, activity.code)


def moment_words(moment: datetime, activity: Activity) -> str:
    """A moment as the clock shows it where the activity is: 3 Dec 2026, 14:00."""
    return dateformat.format(moment.astimezone(zone_named(activity.zone)), _("j M Y, H:i"))


def not_open() -> WhyNot:
    return WhyNot("not_open", _("Registration is not open."))


def opens_later(moment: datetime, activity: Activity) -> WhyNot:
    return WhyNot("opens_later", _("Registration opens on %(moment)s.") % {"moment": moment_words(moment, activity)})


def invited_first(moment: datetime, activity: Activity) -> WhyNot:
    said = {"moment": moment_words(moment, activity)}
    return WhyNot("invited_first", _("Whoever was invited registers first; everybody else from %(moment)s.") % said)


def closed(activity: Activity) -> WhyNot:
    said = {"moment": moment_words(activity.registers_until(), activity)}
    return WhyNot("closed", _("Registration closed on %(moment)s.") % said)


def cancelled() -> WhyNot:
    return WhyNot("activity_cancelled", _("This activity was cancelled."))


def over() -> WhyNot:
    return WhyNot("over", _("This activity is over."))


def has_begun() -> WhyNot:
    return WhyNot("has_begun", _("This activity has begun."))


def full() -> WhyNot:
    return WhyNot("full", _("Every seat is taken, and there is no waiting list."))


def too_many_guests(activity: Activity) -> WhyNot:
    if not activity.guests_max:
        return WhyNot("too_many_guests", _("No guests can be brought."))
    return WhyNot("too_many_guests", _("At most %(most)d guests can be brought.") % {"most": activity.guests_max})


def larger_than_all(activity: Activity) -> WhyNot:
    return WhyNot("too_many_guests", _("There are only %(seats)d seats in all.") % {"seats": activity.capacity})


def nothing_to_change(code: str, sentence: str) -> WhyNot:
    return WhyNot(code, sentence)
