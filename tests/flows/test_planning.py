"""This month's activity for members, planned by an app."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activities.models import Activity, ActivityInvitation
from members.enums import Scope
from tests import factories

pytestmark = pytest.mark.django_db
PLAN = "/api/v1/member-activity-plan"


@pytest.fixture
def client(client_of):
    factories.world()
    for ref in ("ada", "bo", "cy"):
        factories.MemberFactory(ref=ref)
    return client_of()


def draft(client, key="k", **body):
    return client.post(PLAN, body, HTTP_IDEMPOTENCY_KEY=key)


def test_the_plan_says_when_where_how_large_and_whom_with_the_reasons(client):
    begins = timezone.now().replace(microsecond=0) - timedelta(days=20)
    factories.activity("autumn", kind="member", state="reviewed", starts_at=begins, place="Back room", capacity=2)

    plan = client.get(PLAN).json()

    assert (plan["last"], plan["planned"], plan["place"], plan["capacity"]) == ("autumn", None, "Back room", 2)
    assert plan["invited"] == [
        {"member": "ada", "reason": "new", "words": "Nobody on this list knows them yet.", "growth": "0"}
    ]
    assert len(client.get(f"{PLAN}?capacity=10").json()["invited"]) == 2
    for wrong in ("0", "x", "-1", "9999999"):
        assert client.get(PLAN, {"capacity": wrong}).json()["errors"][0]["pointer"] == "#/capacity"
    assert client.get(f"{PLAN}?size=3").json()["type"] == "/problems/unknown_parameter"
    assert not Activity.objects.filter(state="draft").exists()


def test_it_is_drafted_once_a_month_and_the_second_answer_is_the_first(client):
    first = draft(client, invited=["bo", "cy"], place="The roof", capacity=8)

    assert first.status_code == 201
    body = first.json()
    assert (body["activity"]["place"], body["activity"]["capacity"], body["activity"]["state"]) == (
        "The roof",
        8,
        "draft",
    )
    assert [(each["member"], each["reason"], each["invited_at"]) for each in body["invited"]] == [
        ("bo", "new", None), ("cy", "hand", None),
    ]  # fmt: skip
    assert (draft(client, invited=["bo", "cy"], place="The roof", capacity=8).status_code, first.status_code) == (
        200,
        201,
    )
    again = draft(client, key="another", invited=["ada"], place="Elsewhere")
    assert (again.status_code, again.json()) == (200, body)
    assert draft(client, key="another", invited=["ada"], place="Elsewhere").status_code == 200
    assert Activity.objects.count() == 1
    assert ActivityInvitation.objects.count() == 2
    assert client.get(PLAN).json()["planned"] == body["activity"]["code"]


def test_what_is_left_out_is_as_proposed(client):
    plan = client.get(PLAN).json()

    made = draft(client).json()

    assert made["activity"]["starts_at"] == plan["starts_at"]
    assert [each["member"] for each in made["invited"]] == [each["member"] for each in plan["invited"]]


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"starts_at": "2020-01-01T12:00:00Z"}, 422, "cannot_plan"),
        ({"capacity": 500}, 422, "cannot_plan"),
        ({"capacity": 0}, 400, "invalid"),
        ({"invited": ["nobody"]}, 404, "unknown_member"),
        ({"when": "soon"}, 400, "invalid"),
        ({"invited": ["ada"] * 201}, 400, "invalid"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_drafted(client, body, status, kind):
    answer = draft(client, **body)

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}")
    assert not Activity.objects.exists()
    assert not ActivityInvitation.objects.exists()


def test_reading_and_drafting_are_rights_of_their_own(client_of):
    reader = client_of(Scope.ACTIVITIES_READ)

    assert reader.get(PLAN).status_code == 200
    assert draft(reader).status_code == 403


def test_the_plan_asks_the_same_for_one_and_three(client):
    def count():
        with CaptureQueriesContext(connection) as asked:
            client.get(PLAN, {"capacity": 60})
        return len(asked)

    count()
    one = count()
    for number in range(3):
        factories.MemberFactory(ref=f"m{number}")

    assert count() == one
