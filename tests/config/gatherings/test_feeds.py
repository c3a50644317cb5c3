"""Feeds over HTTP: who reads what, and that nothing is sent twice."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar

from activities.domain import changing, registering
from activities.models import MemberCalendar
from members.domain.page_links import make_page_link
from members.models import Space
from tests import factories

pytestmark = pytest.mark.django_db


def names(answer):
    return [str(each["SUMMARY"]) for each in Calendar.from_ical(answer.content).walk("VEVENT")]


def test_the_public_feed_has_filters_and_no_drafts(client):
    garden = Space.objects.create(ref="garden", names={"en": "The garden"})
    factories.announced("in-garden", names={"en": "Digging"}, space=garden)
    factories.announced("elsewhere", names={"en": "Reading"})
    factories.activity("plan", names={"en": "A plan"})

    assert names(client.get("/activities.ics")) == ["Digging", "Reading"]
    assert names(client.get("/activities.ics?space=garden&kind=sharing")) == ["Digging"]
    assert names(client.get("/activities.ics?kind=brand")) == []
    assert client.get("/activities.ics?kind=party").status_code == 404
    assert client.get("/activities/plan/activity.ics").status_code == 404
    single = client.get("/activities/elsewhere/activity.ics")
    assert names(single) == ["Reading"]
    assert single["Content-Disposition"] == 'attachment; filename="elsewhere.ics"'
    assert single["Content-Type"] == "text/calendar; charset=utf-8"


def test_whoever_has_it_is_told_that_nothing_is_new_until_something_is(client):
    activity = factories.announced()
    first = client.get("/activities.ics")
    known = {"If-None-Match": first["ETag"]}

    same = client.get("/activities.ics", headers=known)
    changing.change(activity_id=activity.pk, values={"place": "The garden"}, now=timezone.now())
    fresh = client.get("/activities.ics", headers=known)

    assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
    assert same["Cache-Control"] == first["Cache-Control"] == "public, max-age=300"
    assert (fresh.status_code, b"The garden" in fresh.content) == (200, True)
    assert client.head("/activities.ics").status_code == 200
    assert client.post("/activities.ics").status_code == 405


def test_a_member_makes_their_address_and_closes_it_again(client):
    ada = factories.MemberFactory(ref="ada", language="en")
    activity = factories.announced()
    registering.register(activity_id=activity.pk, member=ada, now=timezone.now())
    client.get(make_page_link(member=ada)[0])
    client.post("/me/calendar/renew/")
    secret = MemberCalendar.objects.get(member=ada).secret
    assert f"/calendar/{secret}.ics" in client.get("/me/").content.decode()
    client.post("/logout/")

    read = client.get(f"/calendar/{secret}.ics")
    client.get(make_page_link(member=ada)[0])
    client.post("/me/calendar/renew/")

    assert names(read) == ["An evening"]
    assert read["Cache-Control"] == "private, no-cache"
    assert client.get(f"/calendar/{secret}.ics").status_code == 404


def test_a_feed_asks_the_same_for_one_and_three(client):
    def count():
        with CaptureQueriesContext(connection) as asked:
            client.get("/activities.ics")
        return len(asked)

    factories.announced("number-0")
    client.get("/activities.ics")
    one = count()
    factories.announced("number-1")
    factories.announced("number-2")

    assert count() == one
