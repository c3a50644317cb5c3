"""Writes activities as iCalendar text. The same rows give the same bytes, so that a feed can say that nothing is new.

Each activity is an event of its own and an instant, also one of a series, so times are in UTC: see
docs/adr/0032-feeds-say-instants.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from activities.domain import wording
from activities.enums import ActivityState, RegistrationState
from activities.models import ENDED_STATES, Activity, Registration
from members.models import Member

PRODUCT = "-//Laurels//Activities//EN"
EVENTS_MAX = 1_000
REFRESH = timedelta(hours=1)
# What is over, or was called off, stays for a while so that whoever has it hears of it.
KEPT = timedelta(days=30)
CONFIRMED, TENTATIVE, CANCELLED = "CONFIRMED", "TENTATIVE", "CANCELLED"


@dataclass(frozen=True, slots=True)
class Entry:
    """An activity as a calendar shows it to somebody."""

    activity: Activity
    status: str
    sequence: int
    changed_at: datetime
    note: str = ""
    link: str = ""


def public_feed(*, now: datetime, kind: str = "", space: str = "") -> bytes:
    """What is announced, of a kind and a space where they are named; nobody in it is named."""
    found = _public(now, kind, space).select_related("space")
    return write(_("Activities"), [public_entry(each) for each in found[:EVENTS_MAX]])


def public_mark(*, now: datetime, kind: str = "", space: str = "") -> str:
    """What a feed is known by: another one as soon as anything in it is another, found without writing it."""
    rows = _public(now, kind, space).values_list("pk", "sequence", "changed_at", "announced_at")[:EVENTS_MAX]
    return hashlib.sha256(repr((get_language(), settings.SITE_URL, list(rows))).encode()).hexdigest()[:32]


def _public(now: datetime, kind: str, space: str) -> QuerySet[Activity]:
    found = Activity.objects.public().filter(ends_at__gt=now - KEPT)
    if kind:
        found = found.filter(kind=kind)
    if space:
        found = found.filter(space__ref=space)
    return found.order_by("starts_at", "pk")


def member_feed(member: Member, *, now: datetime) -> bytes:
    """What a member registered for: places, and what may become one; what came to nothing, for a while."""
    found = Registration.objects.filter(member=member, activity__ends_at__gt=now - KEPT)
    latest: dict[int, tuple[Registration, int]] = {}
    for each in found.select_related("activity__space").order_by("activity__starts_at", "activity_id", "pk"):
        latest[each.activity_id] = (each, latest[each.activity_id][1] + 1 if each.activity_id in latest else 1)
    return write(_("My activities"), [_own_entry(*each) for each in list(latest.values())[:EVENTS_MAX]])


def one(activity: Activity) -> bytes:
    """A single activity, to be put into a calendar."""
    return write(wording.name_of(activity), [public_entry(activity)])


def public_entry(activity: Activity) -> Entry:
    status = CANCELLED if activity.state == ActivityState.CANCELLED else CONFIRMED
    return Entry(activity, status, activity.sequence, activity.last_changed_at)


def write(name: str, entries: Iterable[Entry]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for each in entries:
        calendar.add_component(_event(each))
    text: bytes = calendar.to_ical()
    return text


def uid_of(activity: Activity) -> str:
    """The same for ever and everywhere, whatever the service's address."""
    return f"{activity.public_id}@laurels"


def address_of(activity: Activity) -> str:
    return f"{settings.SITE_URL}/activities/{activity.code}/"


def _own_entry(registration: Registration, count: int) -> Entry:
    """A registration: `count` is how many there were of this member's, so that a revision only grows."""
    activity = registration.activity
    has_ended = registration.state in ENDED_STATES
    has_place = registration.state == RegistrationState.CONFIRMED
    status = CONFIRMED if has_place else TENTATIVE
    if has_ended or activity.state == ActivityState.CANCELLED:
        status = CANCELLED
    moments = (
        activity.last_changed_at, registration.registered_at, registration.waits_since, registration.confirmed_at,
        registration.ended_at,
    )  # fmt: skip
    return Entry(
        activity, status, activity.sequence + 2 * count - (0 if has_ended else 1), max(filter(None, moments)),
        str(registration.get_state_display()), activity.link if has_place else "",
    )  # fmt: skip


def _event(entry: Entry) -> Event:
    activity = entry.activity
    event = Event()
    event.add("uid", uid_of(activity))
    # Without a method that asks for answers, both say when this was written; whole seconds, as the format has them.
    event.add("dtstamp", _seconds(entry.changed_at))
    event.add("last-modified", _seconds(entry.changed_at))
    event.add("created", _seconds(activity.created_at))
    event.add("sequence", entry.sequence)
    event.add("dtstart", _seconds(activity.starts_at))
    event.add("dtend", _seconds(activity.ends_at))
    event.add("summary", wording.name_of(activity))
    event.add("status", entry.status)
    event.add("transp", "TRANSPARENT" if entry.status == CANCELLED else "OPAQUE")
    event.add("url", address_of(activity))
    event.add("categories", [str(activity.get_kind_display())])
    if activity.place:
        event.add("location", activity.place)
    event.add("description", _description(entry))
    return event


def _description(entry: Entry) -> str:
    activity = entry.activity
    said = [
        wording.words_in(activity.summaries),
        _("Begins %(moment)s (%(zone)s).") % {
            "moment": wording.moment_words(activity.starts_at, activity), "zone": activity.zone,
        },
        entry.note,
        entry.link,
        address_of(activity),
    ]  # fmt: skip
    return "\n".join(part for part in said if part)


def _seconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
