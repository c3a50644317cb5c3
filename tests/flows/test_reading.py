"""What apps read: timelines, badges, balances of any moment, ladders, rules, rejections; filters; what is left to ask."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from incentives.domain import publishing
from incentives.models import Currency
from members.models import ApiKey
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _world():
    factories.world()


@pytest.fixture
def ada():
    return factories.MemberFactory(ref="ada", joined_at=NOON - timedelta(days=300))


def at(hours):
    return (NOON + timedelta(hours=hours)).isoformat()


def test_a_timeline_tells_what_happened_newest_first_and_from_what_it_followed(client_of, ada):
    factories.rule({"then": [award(10)]})
    factories.report(item("e1", "ada", time=at(0)), item("e2", "ada", time=at(1)))
    factories.judge()

    page = client_of().get("/api/v1/members/ada/timeline").json()

    told = [(line["type"], line["source"], line["id"], line["cause"]) for line in page["results"]]
    assert told == [
        ("points.awarded", "laurels", None, {"source": "app", "id": "e2"}),
        ("content.published", "app", "e2", None),
        ("points.awarded", "laurels", None, {"source": "app", "id": "e1"}),
        ("content.published", "app", "e1", None),
    ]
    assert page["results"][1]["data"] == {"content_id": "c1", "words": 500}
    assert page["next"] is None


def test_a_timeline_is_read_in_pages_that_neither_lose_nor_repeat(client_of, ada):
    # Three at one moment: the cursor must tell them apart.
    factories.report(*[item(f"e{n}", "ada", time=at(n // 3)) for n in range(8)])
    client = client_of()

    seen, cursor = [], ""
    for _ in range(10):
        page = client.get("/api/v1/members/ada/timeline", {"page_size": 3, "cursor": cursor}).json()
        seen += [line["id"] for line in page["results"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert seen == [f"e{n}" for n in reversed(range(8))]


def test_a_timeline_is_narrowed_by_type_and_time(client_of, ada):
    factories.rule({"then": [award(10)]})
    factories.report(*[item(f"e{n}", "ada", time=at(n)) for n in range(4)])
    factories.judge()
    client = client_of()

    def ids(**params):
        lines = client.get("/api/v1/members/ada/timeline", params).json()["results"]
        return [(line["type"], line["id"]) for line in lines]

    posts = "content.published"
    assert ids(type=posts, **{"from": at(1), "until": at(3)}) == [(posts, "e2"), (posts, "e1")]
    assert len(ids(type=f"{posts},points.awarded")) == 8


def test_a_timeline_keeps_other_apps_events_to_themselves(client_of, ada):
    factories.SourceFactory(code="shop")
    factories.report(item("e1", "ada", time=at(0)), {**item("s1", "ada", time=at(1)), "source": "shop"})

    mine = client_of(sources=("app",)).get("/api/v1/members/ada/timeline").json()["results"]

    assert [line["id"] for line in mine] == ["e1"]


@pytest.mark.parametrize("cursor", ["1", "x.y", "9" * 30 + ".1", "999999999999999999.1", "1.1.1", "-1.", "１.１"])
def test_a_cursor_of_somebody_elses_making_is_refused(client_of, ada, cursor):
    answer = client_of().get("/api/v1/members/ada/timeline", {"cursor": cursor})

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid_cursor")


@pytest.mark.parametrize("count", [1, 3])
def test_a_timeline_asks_the_database_the_same_however_long_it_is(client_of, ada, django_assert_max_num_queries, count):
    factories.report(*[item(f"e{n}", "ada") for n in range(count)])
    client = client_of()
    client.get("/api/v1/whoami")

    with django_assert_max_num_queries(3):
        client.get("/api/v1/members/ada/timeline")


def test_badges_are_told_with_the_rule_that_gave_them(client_of, ada):
    factories.badge("writer", names={"en": "Writer"})
    factories.badge("unused", is_repeatable=True)
    factories.rule({"then": [{"do": "badge", "badge": "writer"}]})
    factories.report(item("e1", "ada"))
    factories.judge()
    client = client_of()

    (held,) = client.get("/api/v1/members/ada/badges").json()
    known = client.get("/api/v1/badges").json()

    assert (held["badge"], held["names"], held["rule_code"], held["rule_version"]) == (
        "writer", {"en": "Writer"}, "post", 1,
    )  # fmt: skip
    assert [(badge["code"], badge["repeatable"]) for badge in known] == [("unused", True), ("writer", False)]


def test_a_balance_is_told_of_any_moment_by_record_and_by_business(client_of, ada):
    factories.rule({"then": [award(10)]})
    before = timezone.now()
    # It happened three days ago, and the books heard of it today.
    factories.report(item("late", "ada", time=(before - timedelta(days=3)).isoformat()))
    factories.judge()
    client = client_of()

    def points(**params):
        lines = client.get("/api/v1/members/ada/balances", params).json()
        return next(line["available"] for line in lines if line["currency"] == "points")

    two_days_ago = (before - timedelta(days=2)).isoformat()
    assert points() == "10"
    assert points(at=two_days_ago) == "0"
    assert points(at=two_days_ago, by="record") == "0"
    assert points(at=two_days_ago, by="business") == "10"
    assert points(by="business") == "10"
    past = client.get("/api/v1/members/ada/balances", {"at": two_days_ago}).json()
    assert {line["pending"] for line in past} == {None}


@pytest.mark.parametrize(
    ("_case", "params", "sentence"),
    [
        ("no_zone", {"at": "2026-11-20T12:00:00"}, "zone"),
        ("no_moment", {"at": "yesterday"}, "Write a moment such as"),
        ("by_what", {"by": "busines"}, "by is one of: record, business."),
    ],
)
def test_a_balance_of_no_moment_is_refused_with_its_place(client_of, ada, _case, params, sentence):
    answer = client_of().get("/api/v1/members/ada/balances", params)

    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]
    assert answer.json()["errors"][0]["pointer"] == f"#/{next(iter(params))}"


def test_ladders_and_tiers_are_told_from_the_lowest_up(client_of):
    Currency.objects.filter(code="growth").update(scale=1)
    factories.ladder(silver=250, bronze=0)
    client = client_of()

    (ladder,) = client.get("/api/v1/ladders").json()
    tiers = client.get("/api/v1/tiers").json()

    assert (ladder["code"], ladder["metric"]) == ("growth", "balance:growth")
    assert [(tier["code"], tier["threshold"]) for tier in ladder["tiers"]] == [("bronze", "0.0"), ("silver", "25.0")]
    assert [(tier["ladder"], tier["code"]) for tier in tiers] == [("growth", "bronze"), ("growth", "silver")]


def test_rules_are_listed_by_state_and_by_what_they_listen_to(client_of):
    factories.EventTypeFactory(code="reply.written")
    factories.rule({"then": [award(5)]})
    factories.rule({"then": [award(6)]})
    publishing.pause_rule(
        version=factories.rule({"code": "reply", "when": "reply.written", "then": [award(1)]}), now=timezone.now()
    )
    publishing.save_draft(document={"code": "new", "when": "reply.written", "then": [award(1)]})
    client = client_of()

    def codes(**params):
        return [(rule["code"], rule["version"], rule["state"]) for rule in client.get("/api/v1/rules", params).json()]

    assert codes() == [("post", 2, "live"), ("reply", 1, "paused")]
    assert codes(when="reply.written") == [("reply", 1, "paused")]
    assert codes(state="draft") == [("new", 1, "draft")]
    assert codes(state="retired") == [("post", 1, "retired")]
    assert client.get("/api/v1/rules", {"state": "alive"}).status_code == 400


def test_a_rule_is_read_as_it_is_in_use_or_as_any_version_was(client_of):
    factories.rule({"then": [award(5)]})
    factories.rule({"then": [award(6)]})
    publishing.save_draft(document={"code": "post", "when": "content.published", "then": [award(7)]})
    client = client_of()

    def amount(**params):
        rule = client.get("/api/v1/rules/post", params).json()
        return rule["version"], rule["state"], rule["document"]["then"][0]["amount"]

    assert amount() == (2, "live", 6)
    assert amount(version=1) == (1, "retired", 5)
    assert amount(version=3) == (3, "draft", 7)
    assert client.get("/api/v1/rules/post", {"version": "9"}).status_code == 404
    assert client.get("/api/v1/rules/post", {"version": "two"}).status_code == 400
    assert client.get("/api/v1/rules/nothing").json()["type"] == "/problems/unknown_rule"


def test_rejections_are_told_to_the_app_whose_they_are(client_of, ada):
    client, other = client_of(sources=("app",)), client_of(sources=("shop",))
    bad = [item("b1", "nobody"), item("b2", "ada", type="content.publishd"), item("b3", "nobody")]
    client.post("/api/v1/events", json.dumps(bad), content_type="application/json")
    stolen = {**item("b4", "nobody"), "source": "shop"}
    other.post("/api/v1/events", json.dumps(stolen), content_type="application/json")

    def ids(**params):
        return [line["id"] for line in client.get("/api/v1/rejections", params).json()["results"]]

    assert ids() == ["b3", "b2", "b1"]
    assert ids(code="unknown_type") == ["b2"]
    assert ids(ref="nobody") == ["b3", "b1"]
    assert ids(source="shop") == []
    first = client.get("/api/v1/rejections", {"page_size": 2}).json()
    rest = client.get(first["next"]).json()
    assert [line["id"] for line in first["results"] + rest["results"]] == ["b3", "b2", "b1"]
    assert rest["next"] is None


def test_members_are_found_by_every_filter(client_of):
    factories.MemberFactory(ref="app-1", language="en", joined_at=NOON)
    factories.MemberFactory(ref="app-2", language="zh-hans", joined_at=NOON + timedelta(days=1), is_house=True)
    factories.MemberFactory(ref="bo", status="banned", joined_at=NOON + timedelta(days=2))
    client = client_of()

    def refs(**params):
        return [member["ref"] for member in client.get("/api/v1/members", params).json()["results"]]

    assert refs() == ["bo", "app-2", "app-1"]
    assert refs(ref_prefix="app-") == ["app-2", "app-1"]
    assert refs(house="true") == ["app-2"]
    assert refs(house="false") == ["bo", "app-1"]
    assert refs(status="banned") == ["bo"]
    assert refs(language="zh-hans") == ["app-2"]
    assert refs(joined_from=at(24), joined_until=at(48)) == ["app-2"]


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("members?stauts=banned", "There is no parameter 'stauts' here. Did you mean status?"),
        ("rejections?sorce=app", "There is no parameter 'sorce' here. Did you mean source?"),
        ("rules?sate=live", "There is no parameter 'sate' here. Did you mean state?"),
        ("members/ada/timeline?untill=x", "There is no parameter 'untill' here. Did you mean until?"),
        ("members/ada/statement?curency=x", "There is no parameter 'curency' here. Did you mean currency?"),
        ("members/ada/balances?att=x", "There is no parameter 'att' here. Did you mean at?"),
        ("badges?code=x", "There is no parameter 'code' here. There are none."),
    ],
)
def test_a_filter_that_is_unknown_is_refused_and_the_near_one_named(client_of, ada, address, near):
    answer = client_of().get(f"/api/v1/{address}")

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/unknown_parameter")
    assert answer.json()["detail"] == near


@pytest.mark.parametrize(
    ("scope", "address"),
    [
        ("events:read", "members/ada/timeline"),
        ("events:read", "rejections"),
        ("members:read", "members/ada/badges"),
        ("points:read", "members/ada/balances"),
        ("rules:read", "rules"),
        ("rules:read", "rules/post"),
        ("rules:read", "badges"),
        ("rules:read", "ladders"),
        ("rules:read", "tiers"),
    ],
)
def test_each_reading_needs_its_scope(client_of, ada, scope, address):
    factories.rule({"then": [award(5)]})

    assert client_of(scope).get(f"/api/v1/{address}").status_code == 200
    assert client_of("events:write").get(f"/api/v1/{address}").status_code == 403


def test_every_answer_says_what_the_key_has_left_and_the_last_one_says_when_to_come_again(client_of, ada, monkeypatch):
    monkeypatch.setattr("members.api.authentication.time.time", lambda: 1_795_953_618.0)
    client = client_of()
    ApiKey.objects.update(requests_per_minute=2)

    answers = [client.get("/api/v1/whoami") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"per-key";q=2;w=60'}
    assert [answer["RateLimit"] for answer in answers] == [
        '"per-key";r=1;t=42',
        '"per-key";r=0;t=42',
        '"per-key";r=0;t=42',
    ]
    assert answers[2]["Retry-After"] == "42"
    assert answers[2]["Content-Type"] == "application/problem+json"
    assert answers[2].json()["type"] == "/problems/too_many_requests"


def test_the_next_minute_begins_anew(client_of, monkeypatch):
    client = client_of()
    ApiKey.objects.update(requests_per_minute=1)
    codes = []
    for now in (100.0, 119.9, 120.0):
        monkeypatch.setattr("members.api.authentication.time.time", lambda now=now: now)
        codes.append(client.get("/api/v1/whoami").status_code)

    assert codes == [200, 429, 200]


def test_amounts_are_never_written_with_an_exponent(client_of, ada):
    factories.rule({"then": [award("100 * floor(event.data.words / 100)")]})
    factories.report(item("e1", "ada", data={"content_id": "c", "words": 200_000}))
    factories.judge()
    client = client_of()
    document = {"code": "x", "when": "content.published", "then": [award(10**6)]}

    texts = [
        client.get("/api/v1/members/ada/balances").content,
        client.get("/api/v1/members/ada/statement").content,
        client.get("/api/v1/events/app/e1").content,
        client.post("/api/v1/rules/check", {"document": document}).content,
        client.post("/api/v1/rules/evaluate", {"document": document, "facts": {}}).content,
    ]

    assert [re.findall(rb'"-?[0-9.]+E[+-]?[0-9]+"', text) for text in texts] == [[]] * 5
    assert b'"200000"' in texts[0]
