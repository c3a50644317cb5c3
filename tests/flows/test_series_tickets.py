"""Tickets of a series the whole way: by API and in the admin, down to what each date costs."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from activities.models import Series, SeriesTicket, Ticket
from incentives.models import Privilege
from tests import factories

pytestmark = pytest.mark.django_db
SERIES = {
    "code": "mending", "kind": "sharing", "names": {"en": "Mending"}, "rule": "FREQ=WEEKLY", "starts_on": "2026-12-01",
    "starts_time": "19:00:00", "minutes": 60, "money": "EUR",
}  # fmt: skip
SINGLE = {"code": "single", "names": {"en": "A place"}, "price": "12.00"}
ADMIN = {
    "rule": "FREQ=DAILY", "starts_on": "2026-12-01", "starts_time": "19:00", "minutes": "90", "zone": "Europe/Berlin",
    "excluded": "[]", "moved": "{}", "rest_days": "0", "is_active": "on", "kind": "sharing", "money": "EUR",
    "names": '{"en": "Mending"}', "summaries": "{}", "texts": "{}", "questions": "[]", "guests_max": "0",
    "late_refund_percent": "0", "tickets-TOTAL_FORMS": "0", "tickets-INITIAL_FORMS": "0",
}  # fmt: skip
ONE = {
    "tickets-TOTAL_FORMS": "1", "tickets-0-code": "single", "tickets-0-names": '{"en": "A place"}',
    "tickets-0-price": "12", "tickets-0-sells_until_days": "7", "tickets-0-sells_until_time": "18:00",
}  # fmt: skip


@pytest.fixture
def client(client_of):
    factories.world()
    return client_of()


@pytest.fixture
def desk(db):
    get_user_model().objects.create_superuser("ines", password="x")
    client = Client()
    client.login(username="ines", password="x")
    return client


def make(client, key="k", **body):
    return client.post("/api/v1/series", {**SERIES, **body}, format="json", headers={"Idempotency-Key": key})


def change(client, **body):
    return client.patch("/api/v1/series/mending", body, format="json")


def prices():
    return set(Ticket.objects.values_list("code", "price"))


def test_a_series_says_its_tickets_as_it_was_told_them_and_each_date_is_sold_with_them(client):
    Privilege.objects.create(code="visits", names={"en": "Visits"})
    early = {
        **SINGLE, "code": "early", "price": "9.50", "capacity": 4, "sells_until_days": 7,
        "sells_until_time": "18:00:00", "privilege": "visits",
    }  # fmt: skip

    made = make(client, tickets=[SINGLE, early])

    assert made.status_code == 201
    assert make(client, tickets=[SINGLE, early]).json() == made.json()
    found = client.get("/api/v1/series/mending").json()
    assert (found["money"], [each["code"] for each in found["tickets"]]) == ("EUR", ["early", "single"])
    assert found["tickets"][0] == {
        "code": "early", "names": {"en": "A place"}, "texts": {}, "price": "9.50", "points": "0", "currency": None,
        "capacity": 4, "sells_from_days": None, "sells_from_time": None, "sells_until_days": 7,
        "sells_until_time": "18:00:00", "tier": None, "privilege": "visits", "pass_only": False,
    }  # fmt: skip
    assert prices() == {("early", 950), ("single", 1_200)}


def test_tickets_are_written_whole_and_left_out_they_stay(client):
    make(client, tickets=[SINGLE, {"code": "friends", "names": {"en": "Friends"}}])

    assert change(client, place="The roof").status_code == 200
    assert prices() == {("single", 1_200), ("friends", 0)}
    assert [each["price"] for each in change(client, tickets=[{**SINGLE, "price": "15"}]).json()["tickets"]] == [
        "15.00"
    ]
    assert prices() == {("single", 1_500)}
    assert change(client, tickets=[]).json()["tickets"] == []
    assert prices() == set()


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"tickets": [SINGLE, SINGLE]}, 400, "#/tickets"),
        ({"tickets": [{**SINGLE, "price": "1.005"}]}, 400, "#/tickets"),
        ({"tickets": [{**SINGLE, "points": "5"}]}, 400, "#/tickets"),
        ({"tickets": [{**SINGLE, "privilege": "nothing"}]}, 404, "#/tickets"),
        ({"tickets": [SINGLE], "money": ""}, 400, "#/money"),
        ({"tickets": [{**SINGLE, "sells_from_time": "09:00:00"}]}, 400, "#/tickets"),
        ({"money": "JPY"}, 400, "#/money"),
        ({"money": "XQZ", "tickets": []}, 400, "#/money"),
    ],
)
def test_tickets_that_no_date_could_have_are_refused_by_name(client, body, status, pointer):
    make(client, tickets=[{**SINGLE, "code": "first"}])

    answer = change(client, **body)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer), answer.json()
    assert prices() == {("first", 1_200)}


def test_tickets_are_written_within_the_form_of_a_series_and_the_drafts_follow(desk):
    desk.post("/admin/activities/series/add/", {"code": "mending", **ADMIN, **ONE})

    made = Series.objects.get()
    assert prices() == {("single", 1_200)}
    at = f"/admin/activities/series/{made.pk}/change/"
    page = desk.get(at).content.decode()
    assert "single" in page
    assert 'value="12.00"' in page
    there = {
        **ADMIN, **ONE, "tickets-INITIAL_FORMS": "1", "tickets-0-id": SeriesTicket.objects.get().pk,
        "tickets-0-series": made.pk,
    }  # fmt: skip
    said = desk.post(at, {**there, "tickets-0-price": "15"}, follow=True).content.decode()
    assert "0 gone" in said
    assert prices() == {("single", 1_500)}
    desk.post(at, {**there, "tickets-0-DELETE": "on"})
    assert (prices(), SeriesTicket.objects.count()) == (set(), 0)


def test_another_money_is_refused_in_the_form_and_so_are_the_prices_in_it(desk):
    desk.post("/admin/activities/series/add/", {"code": "mending", **ADMIN, **ONE})
    made, ticket = Series.objects.get(), SeriesTicket.objects.get()

    said = desk.post(
        f"/admin/activities/series/{made.pk}/change/",
        {
            **ADMIN, **ONE, "money": "JPY", "tickets-0-price": "1500", "tickets-INITIAL_FORMS": "1",
            "tickets-0-id": ticket.pk, "tickets-0-series": made.pk,
        },
        follow=True,
    )  # fmt: skip

    assert "Its tickets are paid in EUR; that stays." in said.content.decode()
    assert prices() == {("single", 1_200)}
    assert Series.objects.get().money == "EUR"


def test_a_sale_that_ends_before_it_begins_is_refused_in_the_form(desk):
    desk.post("/admin/activities/series/add/", {"code": "mending", **ADMIN})
    made = Series.objects.get()

    said = desk.post(
        f"/admin/activities/series/{made.pk}/change/", {**ADMIN, **ONE, "tickets-0-sells_from_days": "3"}, follow=True
    )

    assert "Its sale ends before it begins." in said.content.decode()
    assert prices() == set()
