"""The pages beside the list of activities, as operators open them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.models import Activity, ActivityInvitation, Series
from tests import factories

pytestmark = pytest.mark.django_db
DAY = datetime(2031, 5, 14, 17, tzinfo=UTC)


@pytest.fixture
def desk(client):
    client.force_login(get_user_model().objects.create_superuser("operator", "", "x"))
    return client


def page(desk, name, **query):
    answer = desk.get(f"/admin/activities/activity/{name}/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_month_shows_drafts_and_warns_where_the_rhythm_or_the_size_is_missing(desk):
    factories.activity("plan", names={"en": "A plan"}, starts_at=DAY)
    fair = factories.activity("fair", names={"en": "A fair"}, kind="brand", starts_at=DAY, audience_expected=40)

    shown = page(desk, "calendar", month="2031-05")

    assert "A plan" in shown
    assert "This month has no activity for members." in shown
    assert "A fair: 40 people of at least 100." in shown
    factories.activity("table", kind="member", starts_at=DAY)
    fair.small_reason = "A village."
    fair.save()
    shown = page(desk, "calendar", month="2031-05")
    assert "This month has no" not in shown
    assert "of at least" not in shown
    page(desk, "calendar", month="nonsense")


def test_the_board_shows_stages_and_asks_the_same_for_one_and_three(desk):
    def count():
        with CaptureQueriesContext(connection) as asked:
            page(desk, "board")
            page(desk, "calendar", month="2031-05")
        return len(asked)

    factories.activity("number-0", starts_at=DAY)
    count()
    one = count()
    factories.activity("number-1", starts_at=DAY)
    factories.announced("number-2", starts_at=DAY, names={"en": "An open one"})

    assert count() == one
    assert "An open one" in page(desk, "board").partition('aria-label="registration open"')[2]


def test_a_month_is_planned_by_a_form_and_whom_it_left_out_is_not_invited(desk):
    factories.world()
    people = [factories.MemberFactory(ref=f"m{number}") for number in range(3)]
    shown = page(desk, "plan")
    assert "There was none yet; these are our defaults." in shown
    begins = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT19:00")
    form = {"begins": begins, "place": "The roof", "capacity": "8", "invited": [str(people[0].pk)], "others": "m2"}
    # The third is on the list, was unticked, and is named after all; the second is left out.

    wrong = desk.post("/admin/activities/activity/plan/", {**form, "others": "nobody"})
    answer = desk.post("/admin/activities/activity/plan/", form)

    assert "There is no member nobody." in wrong.content.decode()
    made = Activity.objects.get()
    assert answer.url == f"/admin/activities/activity/{made.pk}/change/"
    assert list(ActivityInvitation.objects.values_list("member__ref", "reason")) == [("m0", "new"), ("m2", "new")]
    assert "m0" in desk.get(answer.url).content.decode()
    again = desk.post("/admin/activities/activity/plan/", form)
    assert "planned already" in again.content.decode()
    assert Activity.objects.count() == 1


def test_a_series_is_written_refused_and_thrown_out_of(desk):
    form = {
        "code": "mending", "rule": "FREQ=HOURLY", "starts_on": "2026-12-01", "starts_time": "19:00", "minutes": "90",
        "zone": "Europe/Berlin", "excluded": "[]", "moved": "{}", "rest_days": "0", "is_active": "on", "kind": "sharing",
        "names": '{"en": "Mending"}', "summaries": "{}", "texts": "{}", "questions": "[]", "guests_max": "0",
        "late_refund_percent": "0", "tickets-TOTAL_FORMS": "0", "tickets-INITIAL_FORMS": "0",
    }  # fmt: skip
    wrong = desk.post("/admin/activities/series/add/", form)
    assert "once a day at most" in wrong.content.decode()
    assert not Series.objects.exists()

    desk.post("/admin/activities/series/add/", {**form, "rule": "FREQ=DAILY"})

    made = Series.objects.get()
    found = made.dates.order_by("starts_at").first()
    assert "19:00" in desk.get(f"/admin/activities/series/{made.pk}/change/").content.decode()
    desk.post(f"/admin/activities/activity/{found.pk}/delete/", {"post": "yes"})
    made.refresh_from_db()
    assert made.excluded == [found.series_date.isoformat()]
    desk.post(
        f"/admin/activities/series/{made.pk}/change/", {**form, "rule": "FREQ=DAILY", "excluded": "[]", "place": "Roof"}
    )
    assert set(made.dates.values_list("place", flat=True)) == {"Roof"}
    assert made.dates.filter(series_date=found.series_date).exists()
