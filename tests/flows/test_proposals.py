"""A sharing from a member's idea to the points for it, as an app tells it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import life
from activities.enums import ActivityState
from activities.models import Activity
from incentives.domain.ledger.queries import balances
from members.models import Member
from tests import factories

pytestmark = pytest.mark.django_db
IDEA = {"proposer": "ada", "title": "Binding books", "words": "Everybody binds one.", "guest": "A bookbinder"}


@pytest.fixture
def client(client_of):
    for ref in ("ada", "bo"):
        factories.MemberFactory(ref=ref)
    return client_of()


def post(client, path, body, key="k"):
    return client.post(f"/api/v1/{path}", body, HTTP_IDEMPOTENCY_KEY=key)


def test_an_idea_becomes_an_evening_and_the_proposer_is_paid_when_it_was_looked_at(client):
    factories.world()
    factories.rule(
        {
            "code": "brought",
            "when": "proposal.delivered",
            "if": 'event.data.part != "speaker"',
            "then": [factories.award(40)],
        }
    )
    made = post(client, "proposals", IDEA).json()
    assert post(client, "proposals", IDEA).json()["id"] == made["id"]
    factories.activity()

    def step(**body):
        return client.post(f"/api/v1/proposals/{made['id']}/steps", body)

    assert step(to="scheduled", activity="evening").json()["type"] == "/problems/no_such_step"
    assert step(to="accepted", operator="Ines").json()["state"] == "accepted"
    assert step(to="scheduled").json()["type"] == "/problems/no_date"
    assert step(to="scheduled", activity="evening").json()["activity"] == "evening"
    now = timezone.now()
    activity = Activity.objects.get()
    life.step(activity_id=activity.pk, to=ActivityState.ANNOUNCED, now=now)
    Activity.objects.update(starts_at=now - timedelta(hours=2), ends_at=now - timedelta(hours=1))
    for state in ("running", "finished"):
        client.post("/api/v1/activities/evening/steps", {"to": state})
    factories.judge()
    assert sum(each.available for each in balances(Member.objects.get(ref="ada").pk)) == 0
    client.post("/api/v1/activities/evening/steps", {"to": "reviewed"})
    factories.judge()

    assert sum(each.available for each in balances(Member.objects.get(ref="ada").pk)) == 40
    assert client.get("/api/v1/members/ada/proposals").json()["results"][0]["state"] == "delivered"
    assert [each["id"] for each in client.get("/api/v1/proposals?state=delivered").json()["results"]] == [made["id"]]


def test_another_speaker_is_asked(client):
    made = post(client, "proposals", {**IDEA, "guest": "", "speaker": "bo"}).json()
    assert made["agreed_at"] is None

    refused = client.post(f"/api/v1/proposals/{made['id']}/answers", {"speaker": "ada", "agrees": True})
    assert refused.json()["type"] == "/problems/not_asked"
    agreed = client.post(f"/api/v1/proposals/{made['id']}/answers", {"speaker": "bo", "agrees": True}).json()

    assert agreed["agreed_at"] is not None
    assert client.get(f"/api/v1/proposals/{made['id']}").json() == agreed


def test_what_is_not_whole_is_refused_in_a_sentence(client):
    assert (
        post(client, "proposals", {**IDEA, "speaker": "bo"}).json()["detail"] == "Name a member or a guest, not both."
    )
    assert post(client, "proposals", {**IDEA, "proposer": "nobody"}, key="2").status_code == 404
    assert post(client, "proposals", {**IDEA, "space": "nowhere"}, key="3").json()["errors"][0]["pointer"] == "#/space"
    assert client.get("/api/v1/proposals/7").json()["type"] == "/problems/unknown_proposal"
