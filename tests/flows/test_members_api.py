"""Members, event types, standing, page links and health, as an app meets them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incentives.domain.ledger import operations
from members.models import Event, EventType, Member
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client_of):
    return client_of()


def put(client, path, body):
    return client.put(f"/api/v1/{path}", json.dumps(body), content_type="application/json")


def get(client, path):
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def queries_of(client, path):
    """How many queries a call costs once the key is known."""
    get(client, path)
    with CaptureQueriesContext(connection) as queries:
        get(client, path)
    return len(queries)


# Members


def test_a_member_is_created_once_and_changed_after_that(client):
    made = put(client, "members/ada", {"display_name": "Ada", "time_zone": "Asia/Tokyo", "verified": True})
    changed = put(client, "members/ada", {"display_name": "Ada Lund"})

    assert (made.status_code, changed.status_code) == (201, 200)
    assert changed.json() == get(client, "members/ada")
    assert changed.json() | {"public_id": "", "joined_at": ""} == {
        "ref": "ada", "public_id": "", "display_name": "Ada Lund", "email": "", "language": "",
        "time_zone": "Asia/Tokyo", "age_band": "unknown", "birthday": "", "status": "active", "verified": True,
        "house": False, "joined_at": "", "attributes": {},
    }  # fmt: skip


def test_what_was_read_may_be_sent_back_as_it_is(client):
    put(client, "members/ada", {"display_name": "Ada"})
    body = get(client, "members/ada")

    answer = put(client, "members/ada", {**body, "house": True})

    assert answer.status_code == 200
    assert answer.json() == {**body, "house": True}


def test_a_body_cannot_move_a_member_to_another_ref(client):
    put(client, "members/ada", {})

    put(client, "members/ada", {"ref": "bo", "public_id": "00000000-0000-0000-0000-000000000000"})

    assert list(Member.objects.values_list("ref", flat=True)) == ["ada"]
    assert get(client, "members/ada")["public_id"] != "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize("ref", ["user@example.org", "über", "a b", "用户", "%", "a" * 128, "..", "+49"])
def test_any_printable_ref_without_a_slash_names_a_member(client, ref):
    from urllib.parse import quote

    assert put(client, f"members/{quote(ref, safe='')}", {}).status_code == 201
    assert get(client, f"members/{quote(ref, safe='')}")["ref"] == ref


def test_two_refs_that_differ_in_case_are_two_members(client):
    put(client, "members/ada", {})

    assert put(client, "members/Ada", {}).status_code == 201


@pytest.fixture
def crowd():
    since = datetime(2026, 1, 1, tzinfo=UTC)
    for n in range(7):
        factories.MemberFactory(
            ref=f"m{n}", joined_at=since + timedelta(days=n), status="banned" if n == 3 else "active",
            is_house=n == 5, language="de" if n % 2 else "en",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "6543210"),
        ("status=banned", "3"),
        ("status=active&language=de", "51"),
        ("house=true", "5"),
        ("house=false&language=de", "31"),
        ("joined_from=2026-01-03T00:00:00Z&joined_until=2026-01-05T00:00:00Z", "32"),
        ("joined_from=2026-01-03T01:00:00%2B01:00&joined_until=2026-01-03T00:00:01Z", "2"),
        ("joined_from=2027-01-01T00:00:00Z", ""),
    ],
)
def test_members_are_listed_newest_first_and_filtered(client, crowd, query, expected):
    found = get(client, f"members?{query}")["results"]

    assert "".join(member["ref"][1:] for member in found) == expected


def test_pages_follow_each_other_without_gap_or_repeat_even_while_members_join(client, crowd):
    page = get(client, "members?page_size=3")
    seen = [member["ref"] for member in page["results"]]
    factories.MemberFactory(ref="late")
    while page["next"]:
        page = client.get(page["next"]).json()
        seen += [member["ref"] for member in page["results"]]

    assert seen == [f"m{n}" for n in range(6, -1, -1)]
    back = client.get(page["previous"]).json()
    assert [member["ref"] for member in back["results"]] == ["m3", "m2", "m1"]


@pytest.mark.parametrize("path", ["members", "event-types", "rules"])
def test_a_list_asks_the_database_the_same_number_of_times_however_long_it_is(client, path):
    factories.world()
    counts = []
    for n in range(3):
        factories.MemberFactory(ref=f"m{n}")
        factories.EventTypeFactory(code=f"type{n}")
        factories.rule({"code": f"r{n}", "then": [award(1)]})
        counts.append(queries_of(client, path))

    assert counts[0] == counts[2]


@pytest.mark.parametrize("path", ["balances", "statement", "lots", "standing"])
def test_a_members_page_asks_the_database_the_same_number_of_times_however_much_there_is(client, path):
    factories.world()
    factories.MemberFactory(ref="ada")
    factories.ladder(bronze=0, silver=5, gold=9)
    factories.rule({"then": [award(3), award(3, "growth")]})
    counts = []
    for n in range(3):
        factories.report(item(f"e{n}", "ada"))
        factories.judge()
        counts.append(queries_of(client, f"members/ada/{path}"))

    assert counts[0] == counts[2]


def test_a_key_reads_who_it_is(client_of):
    from members.enums import Scope

    key = get(client_of(Scope.EVENTS_WRITE, sources=("app", "shop")), "whoami")

    assert (key["name"], key["scopes"], key["sources"]) == ("test", ["events:write"], ["app", "shop"])


# Event types


def test_an_event_type_is_registered_and_used_at_once(client):
    factories.MemberFactory(ref="ada")
    body = {"meaning": "A vote", "schema": {"up": {"type": "bool"}}, "contribution": True}

    made = put(client, "event-types/vote.cast", body)
    answer = client.post(
        "/api/v1/events",
        json.dumps(item("v1", "ada", type="vote.cast", data={"up": True})),
        content_type="application/json",
    )

    assert made.status_code == 201
    assert made.json() == get(client, "event-types/vote.cast") == {
        **body, "code": "vote.cast", "version": 1, "conversation": False, "counterpart": "", "gathering": "", "content": {},
    }  # fmt: skip
    assert [result["status"] for result in answer.json()["results"]] == ["accepted"]
    assert "vote.cast" in [each["code"] for each in get(client, "event-types")]


SCHEMA = {
    "n": {"type": "int", "min": 0, "max": 10},
    "kind": {"type": "string", "enum": ["a", "b"]},
    "text": {"type": "string", "max_length": 10},
    "maybe": {"type": "bool", "optional": True},
}


@pytest.mark.parametrize(
    ("_case", "change", "version"),
    [
        ("nothing", {}, 1),
        ("a_new_optional_field", {"more": {"type": "bool", "optional": True}}, 2),
        ("a_wider_range", {"n": {"type": "int", "min": -5, "max": 20}}, 2),
        ("another_word", {"kind": {"type": "string", "enum": ["a", "b", "c"]}}, 2),
        ("any_word", {"kind": {"type": "string"}}, 2),
        ("a_longer_text", {"text": {"type": "string", "max_length": 20}}, 2),
        ("optional_from_now_on", {"n": {"type": "int", "min": 0, "max": 10, "optional": True}}, 2),
    ],
)
def test_a_schema_may_widen(client, _case, change, version):
    put(client, "event-types/a.type", {"schema": SCHEMA})

    answer = put(client, "event-types/a.type", {"schema": {**SCHEMA, **change}})

    assert (answer.status_code, answer.json()["version"]) == (200, version)


@pytest.mark.parametrize(
    ("_case", "schema", "sentence"),
    [
        ("field_gone", {k: v for k, v in SCHEMA.items() if k != "maybe"}, "maybe: a field may not be removed"),
        ("new_required_field", {**SCHEMA, "more": {"type": "bool"}}, "more: a new field must be optional"),
        ("other_type", {**SCHEMA, "n": {"type": "decimal", "min": 0, "max": 10}}, "n: its type may not change"),
        ("higher_min", {**SCHEMA, "n": {"type": "int", "min": 1, "max": 10}}, "n: min may only become smaller"),
        ("lower_max", {**SCHEMA, "n": {"type": "int", "min": 0, "max": 9}}, "n: max may only become larger"),
        ("word_gone", {**SCHEMA, "kind": {"type": "string", "enum": ["a"]}}, "kind: an enum may only gain values"),
        ("words_where_any_was", {**SCHEMA, "text": {"type": "string", "enum": ["a"]}}, "text: an enum may only gain"),
        ("shorter_text", {**SCHEMA, "text": {"type": "string", "max_length": 9}}, "text: max_length may only"),
        ("required_from_now_on", {**SCHEMA, "maybe": {"type": "bool"}}, "maybe: an optional field may not become"),
    ],
)
def test_a_schema_never_narrows_and_a_refusal_changes_nothing(client, _case, schema, sentence):
    put(client, "event-types/a.type", {"schema": SCHEMA})

    answer = put(client, "event-types/a.type", {"schema": schema})

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid_schema")
    assert sentence in answer.json()["detail"]
    assert EventType.objects.get(code="a.type").schema == SCHEMA


def test_an_event_that_was_accepted_before_a_widening_is_still_the_same_after_it(client):
    factories.MemberFactory(ref="ada")
    put(client, "event-types/a.type", {"schema": SCHEMA})
    event = item("e1", "ada", type="a.type", data={"n": 1, "kind": "a", "text": "x"})

    factories.report(event)
    put(
        client,
        "event-types/a.type",
        {"schema": {"aaa": {"type": "int", "min": 0, "max": 1, "optional": True}, **SCHEMA}},
    )

    assert [result.verdict for result in factories.report(event).results] == ["duplicate"]


# Standing


def test_standing_says_tier_value_and_what_is_missing_on_every_ladder(client):
    factories.world()
    factories.MemberFactory(ref="ada")
    factories.ladder(bronze=0, silver=10, gold=30)
    factories.rule({"then": [award(14, "growth")]})
    before = get(client, "members/ada/standing")
    factories.report(item("e1", "ada"))
    factories.judge()

    (after,) = get(client, "members/ada/standing")

    assert [(line["tier"], line["value"], line["next_tier"]["code"], line["share"]) for line in before] == [
        (None, "0", "bronze", 0)
    ]
    assert (after["tier"]["code"], after["next_tier"]["code"]) == ("silver", "gold")
    assert (after["value"], after["missing"], after["share"]) == ("14", "16", 20)


def test_at_the_top_nothing_is_missing(client):
    factories.world()
    factories.MemberFactory(ref="ada")
    factories.ladder(bronze=0, silver=10)
    factories.rule({"then": [award(14, "growth")]})
    factories.report(item("e1", "ada"))
    factories.judge()

    (line,) = get(client, "members/ada/standing")

    assert (line["tier"]["code"], line["next_tier"], line["missing"], line["share"]) == ("silver", None, None, 100)


# Page links


def test_a_page_link_lets_its_member_in_and_nobody_else(client):
    factories.world()
    for ref in ("ada", "bo"):
        factories.MemberFactory(ref=ref, display_name=ref.title())
    from django.test import Client

    link = client.post("/api/v1/members/ada/page-link").json()
    visitor = Client()
    entered = visitor.get(link["url"].partition("8000")[2])

    assert link["seconds"] == 900
    assert (entered.status_code, entered["Location"]) == (302, "/me/")
    assert b"Ada" in visitor.get("/me/").content
    assert Client().get("/me/").status_code == 302


@pytest.mark.parametrize("spoil", ["changed", "cut", "late", "empty", "a_megabyte"])
def test_a_link_that_was_changed_or_is_over_opens_nothing(client, spoil):
    from django.test import Client

    factories.MemberFactory(ref="ada")
    path = client.post("/api/v1/members/ada/page-link").json()["url"].partition("8000")[2]
    visitor, later = Client(), datetime.now(UTC) + timedelta(seconds=901 if spoil == "late" else 1)
    path = {"changed": path[:-1] + ("a" if path[-1] != "a" else "b"), "cut": path[:-5], "empty": "/enter/?t=",
            "a_megabyte": "/enter/?t=" + "a" * 100_000}.get(spoil, path)  # fmt: skip

    with time_machine.travel(later, tick=False):
        answer = visitor.get(path)

    assert answer.status_code < 500
    assert "Location" not in answer.headers or answer["Location"] != "/me/"
    assert "laurels_member" not in visitor.session


def test_a_link_for_somebody_who_does_not_exist_is_a_problem(client):
    answer = client.post("/api/v1/members/nobody/page-link")

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


# Health


def test_healthz_answers_without_key_or_database(django_assert_num_queries):
    from django.test import Client

    with django_assert_num_queries(0):
        answer = Client().get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readyz_says_how_long_the_oldest_event_has_waited():
    from django.test import Client

    factories.world()
    factories.MemberFactory(ref="ada")
    idle = Client().get("/readyz").json()
    factories.report(item("e1", "ada"), now=datetime.now(UTC) - timedelta(seconds=90))

    busy = Client().get("/readyz")

    assert idle == {"status": "ok", "missing_guards": [], "broken_rules": [], "oldest_work_seconds": 0}
    assert busy.status_code == 200
    assert 89 < busy.json()["oldest_work_seconds"] < 120


def test_readyz_fails_and_names_the_guard_that_is_missing():
    from django.test import Client

    from incentives.domain.ledger import guards

    name, table = _a_guard()
    with connection.cursor() as cursor:
        cursor.execute(
            f"DROP TRIGGER {name} ON {table}" if connection.vendor == "postgresql" else f"DROP TRIGGER {name}"
        )
    broken = Client().get("/readyz")
    guards.install()

    assert broken.status_code == 503
    assert broken.json() | {"oldest_work_seconds": 0} == {
        "status": "guards are missing", "missing_guards": [name], "broken_rules": [], "oldest_work_seconds": 0,
    }  # fmt: skip
    assert Client().get("/readyz").status_code == 200


def test_readyz_fails_when_the_database_does_not_answer(monkeypatch):
    from django.db import OperationalError
    from django.test import Client

    from config import health

    def gone():
        raise OperationalError("connection refused")

    monkeypatch.setattr(health.guards, "missing", gone)

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"status": "the database does not answer"})


def _a_guard():
    query = (
        "SELECT tgname, relname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal"
        if connection.vendor == "postgresql"
        else "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{query} ORDER BY 1 LIMIT 1")
        return cursor.fetchone()


# Holds, transfers and reversals through HTTP


@pytest.fixture
def rich(client):
    import secrets

    points = factories.CurrencyFactory(is_transferable=True, scale=2)
    for ref in ("ada", "bo"):
        factories.MemberFactory(ref=ref)
    operations.open_balance(
        member_id=Member.objects.get(ref="ada").pk, currency=points, amount=10_000, key=secrets.token_bytes(32),
        effective_at=datetime.now(UTC),
    )  # fmt: skip


def move(client, path, body=None, key="k"):
    return client.post(
        f"/api/v1/{path}", json.dumps(body or {}), content_type="application/json", headers={"Idempotency-Key": key}
    )


def available(client, ref="ada"):
    (line,) = get(client, f"members/{ref}/balances")
    return (line["available"], line["held"])


def test_a_hold_is_captured_in_part_through_http_and_the_rest_comes_back(client, rich):
    made = move(client, "holds", {"member": "ada", "currency": "points", "amount": "40.50", "seconds": 60})
    held = available(client)

    captured = move(client, f"holds/{made.json()['id']}/capture", {"amount": "30.25"}, "c")
    again = move(client, f"holds/{made.json()['id']}/capture", {"amount": "30.25"}, "c")
    late = move(client, f"holds/{made.json()['id']}/void", key="v")

    assert (made.status_code, made.json()["state"], held) == (201, "open", ("59.50", "40.50"))
    assert (captured.status_code, captured.json()["captured"], captured.json()["voided"]) == (201, "30.25", "10.25")
    assert (again.status_code, again.json()) == (200, captured.json())
    assert (late.status_code, late.json()["type"]) == (422, "/problems/hold_closed")
    assert get(client, f"holds/{made.json()['id']}") == captured.json()
    assert available(client) == ("69.75", "0.00")


def test_a_hold_is_given_back_through_http(client, rich):
    made = move(client, "holds", {"member": "ada", "currency": "points", "amount": "40"})

    voided = move(client, f"holds/{made.json()['id']}/void", key="v")

    assert (voided.status_code, voided.json()["state"], voided.json()["voided"]) == (201, "voided", "40.00")
    assert available(client) == ("100.00", "0.00")


def test_points_are_given_to_another_member_and_a_spending_is_taken_back(client, rich):
    given = move(client, "transfers", {"payer": "ada", "payee": "bo", "currency": "points", "amount": "25"}, "t")
    spent = move(client, "spends", {"member": "bo", "currency": "points", "amount": "5"}, "s")
    back = move(client, "reversals", {"journal_id": spent.json()["journal_id"], "cause": "returned"}, "r")
    twice = move(client, "reversals", {"journal_id": spent.json()["journal_id"], "cause": "again"}, "r2")

    assert (given.status_code, given.json()["balance"]) == (201, "75.00")
    assert (back.status_code, back.json()["amount"], back.json()["balance"]) == (201, "5.00", "25.00")
    assert (twice.status_code, twice.json()["type"]) == (422, "/problems/cannot_reverse")
    assert (available(client), available(client, "bo")) == (("75.00", "0.00"), ("25.00", "0.00"))


@pytest.mark.parametrize("status", ["suspended", "banned", "left", "erased"])
def test_a_member_who_may_not_spend_keeps_what_there_is(client, rich, status):
    Member.objects.filter(ref="ada").update(status=status)
    events = Event.objects.count()

    answers = [
        move(client, "spends", {"member": "ada", "currency": "points", "amount": "1"}, "a"),
        move(client, "holds", {"member": "ada", "currency": "points", "amount": "1"}, "b"),
        move(client, "transfers", {"payer": "ada", "payee": "bo", "currency": "points", "amount": "1"}, "c"),
    ]

    assert {(answer.status_code, answer.json()["type"]) for answer in answers} == {(422, "/problems/may_not_spend")}
    assert available(client) == ("100.00", "0.00")
    assert Event.objects.count() == events


@pytest.mark.parametrize(
    ("day", "status"), [("02-29", 200), ("12-08", 200), ("02-30", 400), ("8-12", 400), ("today", 400)]
)
def test_a_birthday_is_a_month_and_a_day(client_of, day, status):
    factories.MemberFactory(ref="ada")

    answer = client_of().put("/api/v1/members/ada", {"birthday": day}, format="json")

    assert answer.status_code == status
    assert answer.json().get("birthday", "") == (day if status == 200 else "")
