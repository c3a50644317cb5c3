"""Feeds are read back by two readers that are not ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import recurring_ical_events
from django.utils import timezone
from icalendar import Calendar

from activities.domain import changing, following, life, registering
from activities.domain.calendars import secrets, writing
from tests import factories

pytestmark = pytest.mark.django_db


def events_of(text: bytes):
    calendar = Calendar.from_ical(text)
    assert calendar.errors == []
    return {str(each["UID"]): each for each in calendar.walk("VEVENT")}


def only(text: bytes):
    (event,) = events_of(text).values()
    return event


def test_a_feed_is_read_back_as_it_was_written():
    starts = timezone.now().replace(microsecond=0) + timedelta(days=3)
    name = "Sauerteig; langsam, \\ und 慢慢做酸面包 " * 4
    activity = factories.announced(names={"en": name}, place="Mill Lane 4,\nback door", starts_at=starts)

    text = writing.public_feed(now=timezone.now())

    event = only(text)
    assert event["SUMMARY"] == name
    assert event["LOCATION"] == "Mill Lane 4,\nback door"
    assert (event.start, event.end) == (starts, starts + timedelta(hours=2))
    assert event["STATUS"] == "CONFIRMED"
    assert str(event["URL"]).endswith("/activities/evening/")
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    assert text.endswith(b"END:VCALENDAR\r\n")
    found = recurring_ical_events.of(Calendar.from_ical(text)).between(starts, starts + timedelta(hours=1))
    assert [str(each["UID"]) for each in found] == [f"{activity.public_id}@laurels"]


def test_the_same_rows_are_the_same_bytes_whenever_they_are_written():
    factories.announced()

    now = timezone.now()

    assert writing.public_feed(now=now) == writing.public_feed(now=now + timedelta(hours=5))


def test_a_change_keeps_the_uid_and_raises_the_sequence_and_a_cancellation_stays_for_a_while():
    activity = factories.announced()
    now = timezone.now()
    first = only(writing.public_feed(now=now))
    later = activity.starts_at.replace(microsecond=0) + timedelta(hours=1)

    changing.change(
        activity_id=activity.pk, values={"starts_at": later, "ends_at": later + timedelta(hours=1)},
        now=now + timedelta(minutes=1),
    )  # fmt: skip
    moved = only(writing.public_feed(now=now))
    life.step(activity_id=activity.pk, to="cancelled", now=now + timedelta(minutes=2), reason="Rain.")
    off = only(writing.public_feed(now=now))

    assert first["UID"] == moved["UID"] == off["UID"]
    assert first["SEQUENCE"] < moved["SEQUENCE"] < off["SEQUENCE"]
    assert first["LAST-MODIFIED"].dt < moved["LAST-MODIFIED"].dt < off["LAST-MODIFIED"].dt
    assert moved.start == later
    assert off["STATUS"] == "CANCELLED"
    assert events_of(writing.public_feed(now=later + timedelta(days=29))) != {}
    assert events_of(writing.public_feed(now=later + timedelta(days=32))) == {}


def test_a_moment_is_the_same_instant_on_both_sides_of_a_change_of_clocks():
    for number, instant in enumerate(
        (datetime(2030, 3, 31, 1, 30, tzinfo=UTC), datetime(2030, 10, 27, 0, 30, tzinfo=UTC),
         datetime(2030, 10, 27, 1, 30, tzinfo=UTC))
    ):  # fmt: skip
        factories.announced(f"night-{number}", starts_at=instant, zone="Europe/Berlin")

    starts = sorted(each.start for each in events_of(writing.public_feed(now=timezone.now())).values())

    assert [each.isoformat() for each in starts] == [
        "2030-03-31T01:30:00+00:00", "2030-10-27T00:30:00+00:00", "2030-10-27T01:30:00+00:00",
    ]  # fmt: skip


def test_a_members_feed_has_what_they_registered_for_and_says_how_it_stands():
    ada, bo = factories.MemberFactory(), factories.MemberFactory()
    activity = factories.announced(capacity=1, link="https://example.org/room")
    factories.announced("other")
    now = timezone.now()
    mine = registering.register(activity_id=activity.pk, member=ada, now=now)[0]
    registering.register(activity_id=activity.pk, member=bo, now=now)

    has_place, waits = (only(writing.member_feed(each, now=now)) for each in (ada, bo))
    registering.cancel(registration_id=mine.pk, now=now)
    given_up = only(writing.member_feed(ada, now=now))
    registering.register(activity_id=activity.pk, member=ada, now=now)
    again = only(writing.member_feed(ada, now=now))

    assert [each["STATUS"] for each in (has_place, waits, given_up, again)] == [
        "CONFIRMED", "TENTATIVE", "CANCELLED", "TENTATIVE",
    ]  # fmt: skip
    assert "example.org/room" in has_place["DESCRIPTION"]
    assert "example.org/room" not in waits["DESCRIPTION"]
    assert has_place["SEQUENCE"] < given_up["SEQUENCE"] < again["SEQUENCE"]


def test_a_renewed_address_closes_the_old_one_at_once_and_an_erased_member_has_none():
    ada = factories.MemberFactory()
    old = secrets.renew(member=ada, now=timezone.now())
    assert secrets.member_with(old) == ada

    new = secrets.renew(member=ada, now=timezone.now())

    assert new != old
    assert secrets.member_with(new) == ada
    for wrong in (old, "", "x" * 43):
        with pytest.raises(secrets.NoCalendar):
            secrets.member_with(wrong)
    following.forget(ada.pk, now=timezone.now())
    with pytest.raises(secrets.NoCalendar):
        secrets.member_with(new)
