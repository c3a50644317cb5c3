"""An activity from the draft to the end, as an app tells it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import advancing
from activities.models import Activity, Registration
from incentives.models import Journal
from members.models import Member, Segment, Space
from tests import factories

pytestmark = pytest.mark.django_db
STARTS = timezone.now().replace(microsecond=0) + timedelta(days=7)
DRAFT = {
    "code": "sourdough-evening", "kind": "sharing", "names": {"en": "Sourdough, slowly"}, "place": "The workshop",
    "starts_at": STARTS.isoformat(), "ends_at": (STARTS + timedelta(hours=2)).isoformat(), "zone": "Europe/Berlin",
    "capacity": 2, "speakers": ["ada"],
}  # fmt: skip


@pytest.fixture
def client(client_of):
    for ref in ("ada", "bo", "cy", "di"):
        factories.MemberFactory(ref=ref)
    return client_of()


def post(client, path, body=None, key=None):
    keyed = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    return client.post(f"/api/v1/{path}", body or {}, **keyed)


def drafted(client, **more):
    answer = post(client, "activities", {**DRAFT, **more}, key=f"draft-{more.get('code', '')}")
    assert answer.status_code == 201, answer.json()
    return answer.json()


def opened(client, **more):
    made = drafted(client, **more)
    answer = post(client, f"activities/{made['code']}/steps", {"to": "announced"})
    assert answer.status_code == 200, answer.json()
    return answer.json()


def registered(client, ref, **more):
    return post(client, "activities/sourdough-evening/registrations", {"member": ref, **more}, key=f"r-{ref}")


def test_an_activity_from_draft_to_missed_and_paid(client):
    factories.world()
    came = {"code": "came", "when": "activity.spoke", "then": [factories.award(30)], "name": {"en": "Thanks"}}
    factories.rule(came)
    assert drafted(client)["state"] == "draft"
    assert post(client, "activities", DRAFT, key="draft-").status_code == 200
    assert post(client, "activities", DRAFT, key="another").json()["type"] == "/problems/code_taken"
    made = post(client, "activities/sourdough-evening/steps", {"to": "announced", "operator": "Ines"}).json()
    assert (made["state"], made["people"]) == ("open", [{"member": "ada", "part": "speaker"}])

    states = [registered(client, ref).json()["state"] for ref in ("bo", "cy", "di")]
    assert states == ["confirmed", "confirmed", "waiting"]
    line = registered(client, "di").json()
    assert (line["state"], line["place_in_line"]) == ("waiting", 1)
    bo = client.get("/api/v1/members/bo/registrations").json()["results"][0]
    done = post(client, f"registrations/{bo['id']}/steps", {"step": "cancel"}).json()
    assert (done["state"], done["ended_by"], done["is_late"]) == ("cancelled", "member", False)
    offered = client.get(f"/api/v1/registrations/{line['id']}").json()
    assert offered["state"] == "offered"
    assert post(client, f"registrations/{line['id']}/steps", {"step": "accept"}).json()["state"] == "confirmed"
    listed = client.get("/api/v1/activities/sourdough-evening/registrations?state=confirmed").json()["results"]
    assert [each["member"] for each in listed] == ["di", "cy"]

    now = timezone.now()
    Activity.objects.update(starts_at=now - timedelta(hours=2), ends_at=now)
    advancing.advance_activities(now=now)
    factories.judge()
    assert client.get("/api/v1/activities/sourdough-evening").json()["state"] == "finished"
    assert Member.objects.get(pk=Journal.objects.get(rule_code="came").member_id).ref == "ada"


def test_the_verdict_says_why_not_and_what_would_come_of_it(client):
    silver = factories.ladder(silver=10).tiers.get()
    opened(client, tier=f"{silver.ladder.code}/silver", capacity=1)

    verdict = client.get("/api/v1/activities/sourdough-evening/verdicts/bo").json()

    assert verdict["may"] is False
    assert verdict["why_not"] == {"code": "tier_too_low", "sentence": "From the tier silver on."}
    assert verdict["checks"] == [{"code": "tier_too_low", "sentence": "From the tier silver on.", "is_met": False}]
    refused = registered(client, "bo")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/tier_too_low")


def test_the_verdict_follows_the_seats(client):
    opened(client, capacity=1)

    def would_be():
        found = client.get("/api/v1/activities/sourdough-evening/verdicts/cy").json()
        return found["may"], found["would_be"]

    assert would_be() == (True, "confirmed")
    registered(client, "bo")
    assert would_be() == (True, "waiting")
    registered(client, "cy")
    found = client.get("/api/v1/activities/sourdough-evening/verdicts/cy").json()
    assert (found["may"], found["why_not"]["code"]) == (False, "registered")
    assert found["registration"] == str(Registration.objects.get(member__ref="cy").public_id)


@pytest.mark.parametrize(
    ("_case", "change", "pointer"),
    [
        ("ends_before_it_begins", {"ends_at": STARTS.isoformat()}, ""),
        ("no_zone", {"zone": "Mars/Base"}, "/zone"),
        ("no_code", {"code": "Sour Dough"}, "/code"),
        ("no_kind", {"kind": "party"}, "/kind"),
        ("no_seats", {"capacity": 0}, "/capacity"),
        ("no_such_space", {"space": "nowhere"}, "/space"),
        ("only_a_space_without_one", {"only_space": True}, ""),
        ("bad_questions", {"questions": [{"code": "x"}]}, "/questions"),
        ("unknown_field", {"seats": 5}, "/seats"),
        ("no_words", {"names": {"a-very-long-language": "x"}}, "/names"),
    ],
)
def test_a_bad_draft_is_refused_with_the_place_and_leaves_nothing(client, _case, change, pointer):
    answer = post(client, "activities", {**DRAFT, **change}, key="bad")

    assert answer.status_code == 400, answer.json()
    assert [error["pointer"] for error in answer.json().get("errors", [])] == [f"#{pointer}"]
    assert Activity.objects.count() == 0


@pytest.mark.parametrize("change", [{"speakers": ["nobody"]}, {"hosts": ["nobody"]}, {"segment": "nobody"}])
def test_a_draft_that_names_nobody_we_know_is_refused_and_leaves_nothing(client, change):
    answer = post(client, "activities", {**DRAFT, **change}, key="bad")

    assert (answer.status_code, Activity.objects.count()) == (404, 0)
    assert "'nobody'" in answer.json()["detail"]


def test_a_change_is_checked_like_a_draft(client):
    Space.objects.create(ref="circle", state="open")
    Segment.objects.create(code="bakers", kind="static")
    opened(client)

    def patch(**body):
        return client.patch("/api/v1/activities/sourdough-evening", body)

    assert patch(space="circle", segment="bakers", capacity=3).json()["seats_left"] == 3
    assert patch(ends_at=STARTS.isoformat()).status_code == 400
    assert patch(kind="paid").json()["errors"][0]["pointer"] == "#/kind"
    assert patch(starts_at="2020-01-01T00:00:00Z").json()["detail"] == "It would begin in the past."
    assert patch(space=None, segment=None).json()["space"] is None
    assert Activity.objects.get().ends_at > STARTS


def test_steps_say_what_is_missing_and_a_cancellation_needs_a_reason(client):
    drafted(client, speakers=[], place="")

    answer = post(client, "activities/sourdough-evening/steps", {"to": "announced"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == (
        "Say where it is: a place or a link. Somebody speaks: name a member as its speaker, or give a "
        "proposal of a guest this date."
    )
    assert post(client, "activities/sourdough-evening/steps", {"to": "reviewed"}).json()["type"] == (
        "/problems/no_such_step"
    )
    assert post(client, "activities/sourdough-evening/steps", {"to": "draft"}).status_code == 400
    assert post(client, "activities/sourdough-evening/steps", {"to": "cancelled"}).json()["state"] == "cancelled"


def test_answers_are_pointed_at(client):
    opened(client, questions=[{"code": "diet", "names": {"en": "Diet"}, "required": True}])

    answer = registered(client, "bo")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "#/answers/diet")
    again = post(
        client, "activities/sourdough-evening/registrations", {"member": "bo", "answers": {"diet": "none"}}, key="again"
    )
    assert again.json()["answers"] == {"diet": "none"}


def test_the_team_approves_and_refuses(client):
    opened(client, needs_approval=True)
    ids = [registered(client, ref).json()["id"] for ref in ("bo", "cy")]

    yes = post(client, f"registrations/{ids[0]}/steps", {"step": "approve", "by": "team", "operator": "Ines"})
    no = post(client, f"registrations/{ids[1]}/steps", {"step": "refuse", "by": "team", "reason": "Full of bakers."})

    assert (yes.json()["state"], no.json()["state"], no.json()["reason"]) == ("confirmed", "refused", "Full of bakers.")
    assert post(client, f"registrations/{ids[1]}/steps", {"step": "accept"}).json()["type"] == "/problems/no_offer"
    assert post(client, f"registrations/{ids[1]}/steps", {"step": "decline"}).json()["type"] == "/problems/no_offer"


def test_what_is_not_there_is_said(client):
    opened(client)

    assert client.get("/api/v1/activities/none").json()["type"] == "/problems/unknown_activity"
    assert client.get("/api/v1/registrations/12").json()["type"] == "/problems/unknown_registration"
    assert registered(client, "nobody").status_code == 404
    assert post(client, "activities/sourdough-evening/registrations", {"member": "bo"}).json()["type"] == (
        "/problems/idempotency_key_missing"
    )


def test_reading_and_writing_need_their_scopes(client_of, client):
    opened(client)

    assert client_of("members:read").get("/api/v1/activities").status_code == 403
    reader = client_of("activities:read")
    assert reader.get("/api/v1/activities").status_code == 200
    assert post(reader, "activities/sourdough-evening/steps", {"to": "cancelled"}).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_lists_ask_the_database_as_often_however_long_they_are(client, django_assert_num_queries, count):
    opened(client, capacity=10)
    for number in range(count):
        factories.announced(f"more-{number}")
        registered(client, ("bo", "cy", "di")[number])
    client.get("/api/v1/activities")

    with django_assert_num_queries(3):
        assert len(client.get("/api/v1/activities").json()["results"]) == count + 1
    with django_assert_num_queries(4):
        found = client.get("/api/v1/activities/sourdough-evening/registrations").json()["results"]
    assert len(found) == count
