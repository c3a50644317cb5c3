"""The whole way through HTTP: an event comes in, points come out, and everybody can see why."""

from __future__ import annotations

import json

import pytest

from members.models import Event, Rejection, Work
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    factories.world()


def post(client, body, **headers):
    return client.post("/api/v1/events", json.dumps(body), content_type="application/json", **headers)


def test_an_event_pays_its_member_and_says_why(client_of):
    factories.MemberFactory(ref="ada")
    factories.rule(
        {
            "name": {"en": "Long post"},
            "if": {"all": [{"expr": "event.data.words >= 300", "why_not": {"en": "Too short."}}]},
            "then": [award("10 + event.data.words / 100"), award("same", "growth")],
        }
    )
    client = client_of()

    answer = post(client, item("e1", "ada"))
    factories.judge()

    assert answer.status_code == 202
    assert answer.json() == {"results": [{"status": "accepted", "source": "app", "id": "e1"}]}
    balances = client.get("/api/v1/members/ada/balances").json()
    assert {line["currency"]: line["available"] for line in balances} == {"points": "15", "growth": "15"}
    trace = client.get("/api/v1/events/app/e1").json()
    assert trace["state"] == "judged"
    assert trace["moved"] == {"points": "15", "growth": "15"}
    (rule,) = trace["rules"]
    assert (rule["code"], rule["name"], rule["matched"]) == ("post", "Long post", True)
    assert rule["clauses"] == [
        {"text": "event.data.words >= 300", "passed": True, "read": {"event.data.words": 500}, "why_not": ""}
    ]


def test_a_clause_that_fails_is_named_with_its_value_and_its_words(client_of):
    factories.MemberFactory(ref="ada")
    factories.rule(
        {
            "if": {"all": [{"expr": "event.data.words >= 300", "why_not": {"en": "Too short."}}]},
            "then": [award()],
        }
    )
    client = client_of()

    post(client, item("e1", "ada", data={"content_id": "c", "words": 7}))
    factories.judge()

    (rule,) = client.get("/api/v1/events/app/e1").json()["rules"]
    assert rule["matched"] is False
    assert rule["clauses"] == [
        {"text": "event.data.words >= 300", "passed": False, "read": {"event.data.words": 7}, "why_not": "Too short."}
    ]


def test_the_same_event_again_is_a_duplicate_and_other_content_a_conflict(client_of):
    factories.MemberFactory(ref="ada")
    factories.rule({"then": [award()]})
    client = client_of()
    post(client, item("e1", "ada"))
    factories.judge()

    again = post(client, item("e1", "ada"))
    other = post(client, item("e1", "ada", data={"content_id": "c1", "words": 501}))
    factories.judge()

    assert again.status_code == 200
    assert [result["status"] for result in again.json()["results"]] == ["duplicate"]
    assert [result["status"] for result in other.json()["results"]] == ["conflict"]
    assert client.get("/api/v1/members/ada/balances").json()[0]["available"] == "10"


def test_one_bad_item_never_rejects_its_neighbours(client_of):
    factories.MemberFactory(ref="ada")
    client = client_of()

    answer = post(
        client, [item("e1", "ada"), item("e2", "nobody"), item("e3", "ada", type="content.publishd"), item("e4", "ada")]
    )

    results = answer.json()["results"]
    assert [result["status"] for result in results] == ["accepted", "rejected", "rejected", "accepted"]
    assert results[1]["pointer"] == "#/1/subject"
    assert results[2]["detail"] == "There is no event type 'content.publishd'. Did you mean 'content.published'?"
    assert Rejection.objects.count() == 2


def test_a_dry_run_gives_verdicts_and_stores_nothing(client_of):
    factories.MemberFactory(ref="ada")
    before = Event.objects.count()

    answer = client_of().post(
        "/api/v1/events?dry_run=1", json.dumps([item("e1", "ada"), item("e1", "ada")]), content_type="application/json"
    )

    assert answer.status_code == 200
    assert [result["status"] for result in answer.json()["results"]] == ["accepted", "duplicate"]
    assert Event.objects.count() == before
    assert not Work.objects.exists()


def test_binary_mode_and_structured_mode_mean_the_same(client_of):
    factories.MemberFactory(ref="ada")
    client = client_of()
    data = {"content_id": "c1", "words": 500}

    structured = client.post(
        "/api/v1/events",
        json.dumps({"specversion": "1.0", **item("e1", "ada", data=data, time="2026-11-24T03:56:24Z")}),
        content_type="application/cloudevents+json; charset=utf-8",
    )
    binary = client.post(
        "/api/v1/events",
        json.dumps(data),
        content_type="application/json",
        headers={
            "ce-specversion": "1.0", "ce-source": "app", "ce-id": "e1", "ce-type": "content.published",
            "ce-subject": "ada", "ce-time": "2026-11-24T03:56:24Z",
        },
    )  # fmt: skip

    assert [result["status"] for result in structured.json()["results"]] == ["accepted"]
    assert [result["status"] for result in binary.json()["results"]] == ["duplicate"]


def test_a_rule_pays_within_its_limits_and_says_which_one_was_reached(client_of):
    factories.MemberFactory(ref="ada")
    factories.rule(
        {
            "then": [award(30)],
            "limits": [
                {"per": "member", "every": "day", "amount": 50, "currency": "points", "over": "cut"},
                {"per": "member", "every": "day", "times": 3},
            ],
        }
    )
    client = client_of()

    post(client, [item(f"e{n}", "ada", time="2026-11-23T12:00:00Z") for n in range(4)])
    factories.judge()

    effects = [client.get(f"/api/v1/events/app/e{n}").json()["rules"][0] for n in range(4)]
    assert [rule["effects"][0]["paid"] for rule in effects[:3]] == ["30", "20", "0"]
    assert effects[1]["effects"][0]["reason"] == "limit:post:0"
    assert client.get("/api/v1/members/ada/balances").json()[0]["available"] == "50"


def test_a_tier_is_reached_at_once_and_told_on_the_timeline(client_of):
    member = factories.MemberFactory(ref="ada")
    factories.ladder(bronze=0, silver=25, gold=100)
    factories.rule({"then": [award(15, "growth")]})
    client = client_of()

    post(client, [item(f"e{n}", "ada") for n in range(2)])
    factories.judge()

    (standing,) = client.get("/api/v1/members/ada/standing").json()
    assert standing["tier"]["code"] == "silver"
    assert standing["next_tier"]["code"] == "gold"
    assert (standing["missing"], standing["share"]) == ("70", 6)
    assert list(
        Event.objects.filter(member=member, type__code="tier.changed")
        .order_by("id")
        .values_list("payload__data", flat=True)
    ) == [
        '{"ladder":"growth","rose":true,"reason":"earned","to_tier":"bronze"}',
        '{"ladder":"growth","rose":true,"reason":"earned","from_tier":"bronze","to_tier":"silver"}',
    ]


def test_a_rule_may_listen_to_our_own_events(client_of):
    factories.MemberFactory(ref="ada")
    factories.ladder(silver=10)
    factories.rule({"then": [award(15, "growth")]})
    factories.rule({"code": "risen", "when": "tier.changed", "if": "event.data.rose", "then": [award(100)]})
    client = client_of()

    post(client, item("e1", "ada"))
    while factories.judge().events:
        pass

    assert client.get("/api/v1/members/ada/balances").json()[0]["available"] == "100"


def test_an_event_is_judged_by_what_was_in_force_when_it_happened(client_of):
    from datetime import UTC, datetime

    factories.MemberFactory(ref="ada")
    factories.rule({"then": [award(5)]}, since=datetime(2026, 1, 1, tzinfo=UTC))
    factories.rule({"then": [award(9)]}, since=datetime(2026, 6, 1, tzinfo=UTC))
    client = client_of()

    post(client, [item("old", "ada", time="2026-03-01T12:00:00Z"), item("new", "ada", time="2026-07-01T12:00:00Z")])
    post(client, item("before", "ada", time="2025-07-01T12:00:00Z"))
    factories.judge()

    moved = [client.get(f"/api/v1/events/app/{name}").json()["moved"] for name in ("old", "new", "before")]
    assert moved == [{"points": "5"}, {"points": "9"}, {}]


def test_spending_happens_once_and_a_refusal_stays_a_refusal(client_of):
    factories.MemberFactory(ref="ada")
    factories.rule({"then": [award(30)]})
    client = client_of()
    post(client, item("e1", "ada"))
    factories.judge()
    body = json.dumps({"member": "ada", "currency": "points", "amount": "20"})

    def spend(key, payload=body):
        return client.post("/api/v1/spends", payload, content_type="application/json", headers={"Idempotency-Key": key})

    first, again = spend("k1"), spend("k1")
    refused = spend("k2")
    post(client, item("e2", "ada"))
    factories.judge()
    still_refused = spend("k2")
    reused = spend("k1", json.dumps({"member": "ada", "currency": "points", "amount": "1"}))

    assert (first.status_code, first.json()["balance"]) == (201, "10")
    assert (again.status_code, again.json()) == (200, first.json())
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/insufficient_points")
    assert still_refused.status_code == 422
    assert (reused.status_code, reused.json()["type"]) == (409, "/problems/idempotency_key_reused")
    assert client.get("/api/v1/members/ada/balances").json()[0]["available"] == "40"


def test_a_badge_is_granted_when_a_counter_crosses_and_only_once(client_of):
    from incentives.models import BadgeGrant

    factories.MemberFactory(ref="ada")
    factories.badge("three")
    factories.counter(code="posts", kind="count")
    factories.rule({"if": "crossed(counters.posts, 3)", "then": [{"do": "badge", "badge": "three"}]})
    client = client_of()

    post(client, [item(f"e{n}", "ada") for n in range(5)])
    factories.judge()

    assert list(BadgeGrant.objects.values_list("badge__code", flat=True)) == ["three"]
    assert client.get("/api/v1/events/app/e2").json()["rules"][0]["effects"][0]["paid"] == "1"
