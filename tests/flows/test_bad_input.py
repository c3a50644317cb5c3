"""Whatever comes in: a problem that names the place and the mend, nothing stored, no 500, in bounded time."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from rest_framework.test import APIClient

from incentives.models import (
    Campaign,
    Case,
    Correction,
    CorrectionLine,
    Entry,
    Hold,
    Journal,
    Privilege,
    PrivilegeGrant,
    PrivilegeUse,
    QuestRun,
    QuestVersion,
    Request,
    RuleVersion,
)
from members.domain.sql import rows_of
from members.enums import Scope
from members.models import (
    Acquaintance,
    ApiKey,
    Appointment,
    Content,
    Event,
    EventKey,
    EventPayload,
    EventType,
    Game,
    GameRound,
    GameTurn,
    Introduction,
    Invitation,
    Member,
    Need,
    NeedCandidate,
    NotificationChoice,
    Partner,
    Referral,
    Report,
    Role,
    Segment,
    SegmentMember,
    Space,
    SpaceMember,
    Tier,
    TierInvitation,
    TierPin,
    Violation,
    Work,
)
from tests import databases, factories
from tests.factories import award, item

# Bounds that a database has are tried on each by the fuzz at the bounds of the schema.
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
# Bounded is what matters; how fast is for `make bench`, not for a machine that is busy with other things.
SECONDS_MAX = 60
STORED = (
    Event, EventKey, EventPayload, Work, Member, EventType, RuleVersion, Hold, Journal, Entry, Request, Referral,
    PrivilegeGrant, PrivilegeUse, Acquaintance, Introduction, TierPin, TierInvitation, Tier, Report, Violation,
    SegmentMember, Case, NotificationChoice, Content, Need, NeedCandidate, GameRound, GameTurn, QuestRun, QuestVersion,
    Correction, CorrectionLine, Space, SpaceMember, Appointment,
)  # fmt: skip
NESTED = b"[" * 100_000 + b"]" * 100_000
MEGABYTE = "a" * 1_000_000
EVERY_KIND = {
    "content_id": {"type": "string", "max_length": 64},
    "words": {"type": "int", "min": 0, "max": 200_000},
    "quality": {"type": "decimal", "min": 0, "max": 10, "optional": True},
    "topic": {"type": "string", "enum": ["stories", "poems"], "optional": True},
    "tags": {"type": "strings", "max_length": 10, "optional": True},
    "first": {"type": "bool", "optional": True},
    "written_at": {"type": "timestamp", "optional": True},
}


@pytest.fixture(scope="module")
def community(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), databases.shared_transaction():
        settle()
        yield


@pytest.fixture(autouse=True)
def _world(community, db):
    """Every test begins with the same few rows, settled once."""


def settle():
    factories.EventTypeFactory(schema=EVERY_KIND)
    factories.CurrencyFactory(is_transferable=True)
    factories.CurrencyFactory(code="cents", scale=4)
    factories.SourceFactory()
    factories.SourceFactory(code="other")
    for ref in ("ada", "bo"):
        factories.MemberFactory(ref=ref)
    Invitation.objects.create(code="CODE", uses_max=None)
    Privilege.objects.create(code="pin", quota=1)
    Game.objects.create(code="idioms", kind="chain")
    factories.CurrencyFactory(code="growth", kind="qualifying")
    Space.objects.create(ref="circle", state="open")
    Role.objects.create(code="host")
    day = datetime(2026, 1, 1, tzinfo=UTC).date()
    Partner.objects.create(code="shop", name="A shop", contract_from=day)
    Segment.objects.create(code="founders")
    Segment.objects.create(code="writers", kind="condition", condition="member.verified")
    Campaign.objects.create(
        code="draft", template="bring-friends", currency=factories.CurrencyFactory(), budget=10,
        begins_at=datetime(2026, 1, 1, tzinfo=UTC), ends_at=datetime(2026, 2, 1, tzinfo=UTC),
    )  # fmt: skip
    factories.ladder(bronze=0, guests=10).tiers.filter(code="guests").update(is_by_invitation=True)


@pytest.fixture
def client(client_of):
    return client_of()


def counts():
    """How many rows there are of everything that an accepted request would leave behind."""
    each = ", ".join(f"(SELECT count(*) FROM {model._meta.db_table})" for model in STORED)
    return dict(zip((model.__name__ for model in STORED), rows_of(f"SELECT {each}", [])[0], strict=True))


def send(client, method, path, body=b"", content_type="application/json", **headers):
    """Send raw bytes and return the answer, having seen that it came in time and is no server error."""
    started = time.monotonic()
    answer = client.generic(method, f"/api/v1/{path}", body, content_type=content_type, headers=headers)
    assert time.monotonic() - started < SECONDS_MAX
    assert answer.status_code < 500, answer.content[:500]
    return answer


def assert_problem(answer, status, pointer=None, words=""):
    """The answer is a problem document that says what was wrong in a sentence and, where there is one, names the place."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content[:500]
    problem = answer.json()
    assert problem["type"].startswith("/problems/")
    assert problem["status"] == status
    assert problem["detail"].endswith((".", "?"))
    if pointer is not None:
        assert {error["pointer"] for error in problem.get("errors", [])} == {pointer}, problem
        assert words in problem["errors"][0]["detail"], problem
        assert problem["errors"][0]["detail"].endswith((".", "?"))
    assert words in problem["detail"] or pointer is not None, problem


def event(**changes):
    """An event's JSON with some attributes or data changed; `raw` puts bytes where JSON has no words for it."""
    data = changes.pop("data", {})
    if isinstance(data, dict):
        data = {"content_id": "c1", "words": 500} | data
    return json.dumps({**item("bad", "ada"), "data": data, **changes}).encode()


def with_data(name, raw):
    """An event whose field has a value that stands there exactly as it is written here."""
    marker = json.dumps("<here>").encode()
    return event(data={name: "<here>"}).replace(marker, raw)


def with_attribute(name, raw):
    return event(**{name: "<here>"}).replace(json.dumps("<here>").encode(), raw)


REFUSED_EVENTS = [
    ("unknown_type", event(type="content.publishd"), "/type", "Did you mean 'content.published'?"),
    ("our_own_type", event(type="points.awarded"), "/type", "There is no event type"),
    ("unknown_member", event(subject="nobody"), "/subject", "create it with PUT"),
    ("unknown_source", event(source="ap"), "/source", "There is no source 'ap'"),
    ("foreign_source", event(source="other"), "/source", "This key may not report events of 'other'."),
    ("our_own_source", event(source="laurels"), "/source", "may not report"),
    ("unknown_field", event(data={"wrods": 5}), "/data/wrods", "Did you mean 'words'?"),
    ("unknown_field_with_a_slash", event(data={"a/b~c": 5}), "/data/a~1b~0c", "Its fields are"),
    ("unknown_attribute", event(tiem="2026-01-01T00:00:00Z"), "/tiem", "Did you mean 'time'?"),
    ("unknown_attribute_in_capitals", event(Extra="x"), "/Extra", "Put what describes the event into data."),
    ("missing_field", event(data={}).replace(b', "words": 500', b""), "/data/words", "words is missing."),
    ("missing_subject", event().replace(b', "subject": "ada"', b""), "/subject", "subject is missing."),
    ("text_for_a_number", with_data("words", b'"500"'), "/data/words", "Expected int"),
    ("fraction_for_a_whole_number", with_data("words", b"5.5"), "/data/words", "Expected int"),
    ("bool_for_a_number", with_data("words", b"true"), "/data/words", "Expected int"),
    ("null_for_a_number", with_data("words", b"null"), "/data/words", "Expected int"),
    ("number_for_a_text", with_data("content_id", b"7"), "/data/content_id", "Expected str"),
    ("list_for_a_text", with_data("content_id", b"[]"), "/data/content_id", "Expected str"),
    ("object_for_a_text", with_data("content_id", b"{}"), "/data/content_id", "Expected str"),
    ("number_for_a_bool", with_data("first", b"1"), "/data/first", "Expected bool"),
    ("number_in_a_list_of_texts", with_data("tags", b'["a", 7]'), "/data/tags/1", "Expected str"),
    ("list_too_long", with_data("tags", json.dumps(["a"] * 101).encode()), "/data/tags", "length <= 100"),
    ("not_of_the_enum", event(data={"topic": "news"}), "/data/topic", "it is one of stories, poems"),
    ("bool_for_a_decimal", with_data("quality", b"true"), "/data/quality", "Expected decimal"),
    ("data_is_a_list", with_attribute("data", b"[]"), "/data", "Expected object"),
    ("data_is_a_text", with_attribute("data", b'"x"'), "/data", "Expected object"),
    ("data_is_null", with_attribute("data", b"null"), "/data", "Expected object"),
    ("subject_is_a_number", with_attribute("subject", b"7"), "/subject", "Expected str"),
    ("id_is_an_object", with_attribute("id", b"{}"), "/id", "Expected str"),
    ("time_is_a_number", with_attribute("time", b"1760000000"), "/time", "Expected str"),
    ("id_is_empty", event(id=""), "/id", "1 to 128 characters"),
    ("id_too_long", event(id="x" * 129), "/id", "1 to 128 characters"),
    ("too_small", event(data={"words": -1}), "/data/words", ">= 0"),
    ("too_large", event(data={"words": 200_001}), "/data/words", "<= 200000"),
    ("two_to_the_63", with_data("words", str(2**63).encode()), "/data/words", "<= 200000"),
    ("two_to_the_64", with_data("words", str(2**64).encode()), "/data/words", ""),
    ("ten_thousand_digits", with_data("words", b"9" * 10_000), "/data/words", ""),
    ("1e400_for_an_int", with_data("words", b"1e400"), "/data/words", ""),
    ("1e400_for_a_decimal", with_data("quality", b"1e400"), "/data/quality", "between 0 and 10"),
    ("1e400_as_a_text", with_data("quality", b'"1e400"'), "/data/quality", "between 0 and 10"),
    ("decimal_without_end", with_data("quality", b'"1e-400"'), "/data/quality", "at most 12 decimals"),
    ("decimal_that_is_no_number", with_data("quality", b'"NaN"'), "/data/quality", "finite"),
    ("decimal_infinity", with_data("quality", b'"-Infinity"'), "/data/quality", "finite"),
    ("decimal_words", with_data("quality", b'"good"'), "/data/quality", ""),
    ("nul_in_a_text", with_data("content_id", rb'"a\u0000b"'), "/data/content_id", "NUL"),
    ("nul_in_a_list", with_data("tags", rb'["a\u0000b"]'), "/data/tags", "NUL"),
    ("nul_in_the_subject", with_attribute("subject", rb'"a\u0000b"'), "/subject", "control characters"),
    ("nul_in_the_id", with_attribute("id", rb'"a\u0000b"'), "/id", "control characters"),
    ("nul_in_the_type", with_attribute("type", rb'"a\u0000b"'), "/type", "There is no event type"),
    ("line_break_in_the_id", with_attribute("id", rb'"a\nb"'), "/id", "control characters"),
    ("time_without_zone", event(time="2026-01-01T00:00:00"), "/time", "needs a zone"),
    ("time_in_the_year_9999", event(time="9999-12-31T23:59:59Z"), "/time", "lies in the future"),
    ("time_beyond_the_year_9999", event(time="9999-12-31T23:59:59-12:00"), "/time", "lies in the future"),
    ("time_in_the_year_1", event(time="0001-01-01T00:00:00+12:00"), "/time", "before the year 1900"),
    ("time_on_30_february", event(time="2026-02-30T00:00:00Z"), "/time", "RFC 3339"),
    ("time_in_words", event(time="yesterday"), "/time", "RFC 3339"),
    ("moment_without_zone", event(data={"written_at": "2026-01-01T00:00:00"}), "/data/written_at", "timezone"),
    ("moment_in_the_year_9999", event(data={"written_at": "9999-12-31T00:00:00Z"}), "/data/written_at", "1900 and 2200"),
    ("a_megabyte_in_one_string", event(data={"content_id": MEGABYTE}), "", "at most 65536 bytes"),
    ("text_too_long", event(data={"content_id": "x" * 65}), "/data/content_id", "length <= 64"),
    ("attribute_twice", event().replace(b'"id": "bad"', b'"id": "other", "id": "bad"'), "/id", "stands there twice"),
    ("attribute_twice_in_disguise", event().replace(b'"id": "bad"', rb'"\u0069d": "o", "id": "bad"'), "/id", "twice"),
    ("field_twice", event().replace(b'"words": 500', b'"words": 1, "words": 500'), "/data/words", "twice"),
    ("both_twice_in_disguise", with_attribute("id", rb'"\u0061"').replace(b'"words": 500', b'"words": 1, "words": 2'),
     "/data/words", "twice"),
    ("another_specversion", event(specversion="0.3"), "/specversion", "CloudEvents 1.0"),
    ("not_json_inside", event(datacontenttype="text/xml"), "/datacontenttype", "must be JSON"),
]  # fmt: skip
CASES = [pytest.param(*case[1:], id=case[0]) for case in REFUSED_EVENTS]


@pytest.mark.parametrize(("raw", "pointer", "words"), CASES)
def test_an_event_that_cannot_be_taken_is_refused_with_its_place_and_stores_nothing(client, raw, pointer, words):
    before = counts()

    answer = send(client, "POST", "events", raw)

    assert answer.status_code == 200
    (result,) = answer.json()["results"]
    assert (result["status"], result["pointer"]) == ("rejected", f"#{pointer}"), result
    assert words in result["detail"]
    assert result["detail"].endswith((".", "?"))
    assert counts() == before


@pytest.mark.parametrize(("raw", "pointer", "words"), CASES)
def test_in_a_batch_it_is_named_by_its_place_and_its_good_neighbours_are_taken(client, raw, pointer, words):
    good = [json.dumps(item(f"good-{n}", "ada")).encode() for n in range(2)]
    events = Event.objects.count()

    answer = send(client, "POST", "events", b"[" + b",".join((good[0], raw, good[1])) + b"]")

    assert answer.status_code == 202
    first, bad, last = answer.json()["results"]
    assert (first["status"], bad["status"], last["status"]) == ("accepted", "rejected", "accepted")
    assert bad["pointer"] == f"#/1{pointer}"
    assert words in bad["detail"]
    assert Event.objects.count() == events + 2


UNREADABLE = [
    ("nan", b'{"amount": NaN}'),
    ("infinity", b'{"amount": Infinity}'),
    ("minus_infinity", b'{"amount": -Infinity}'),
    ("truncated", b'{"amount": "1", "mem'),
    ("truncated_in_a_number", b'{"amount": 1'),
    ("nested_100_000_deep", NESTED),
    ("nested_100_000_deep_in_a_field", b'{"amount": ' + NESTED + b"}"),
    ("nested_800_deep_in_a_field", b'{"amount": ' + b"[" * 800 + b"]" * 800 + b"}"),
    ("nested_300_objects_deep_in_a_field", b'{"amount": ' * 300 + b"1" + b"}" * 300),
    ("lone_surrogate", rb'{"amount": "\ud800"}'),
    ("lone_surrogate_as_a_key", rb'{"\udfff": "1"}'),
    ("nul_character", b'{"amount": "a\x00b"}'),
    ("not_utf_8", b'{"amount": "\xff\xfe"}'),
    ("key_twice", b'{"amount": "1", "amount": "2"}'),
    ("key_twice_inside", b'{"document": {"limits": [{"per": "rule", "per": "member"}]}}'),
    ("two_documents", b"{} {}"),
    ("no_json", b"amount=1"),
    ("empty", b""),
]
READERS = [
    ("PUT", "members/ada"),
    ("PUT", "event-types/content.published"),
    ("POST", "rules/check"),
    ("POST", "rules/evaluate"),
    ("POST", "quests/check"),
    ("POST", "games/idioms/rounds"),
    ("POST", "spends"),
    ("POST", "holds"),
    ("POST", f"holds/{uuid.UUID(int=7)}/capture"),
    ("POST", "transfers"),
    ("POST", "adjustments"),
    ("POST", "reversals"),
    ("POST", "members/ada/privileges/pin/uses"),
    ("POST", "members/ada/privileges/pin/grants"),
    ("PUT", "members/ada/connections"),
    ("POST", "introductions"),
    ("POST", "introductions/1/answers"),
    ("POST", "contents/7/decision"),
    ("POST", "needs"),
    ("POST", "needs/7/candidates"),
    ("POST", "needs/7/answers"),
    ("POST", "needs/7/confirmations"),
    ("POST", "invitations"),
    ("POST", "invitations/CODE/accept"),
    ("PUT", "members/ada/leave"),
    ("POST", "campaigns/draft/stop"),
    ("PUT", "members/ada/tiers/growth/bronze/loan"),
    ("POST", "events"),
]


@pytest.mark.parametrize("raw", [pytest.param(raw, id=name) for name, raw in UNREADABLE])
@pytest.mark.parametrize(("method", "path"), READERS)
def test_a_body_that_cannot_be_read_is_one_problem_and_stores_nothing(client, method, path, raw):
    before = counts()

    answer = send(client, method, path, raw, **{"Idempotency-Key": "k"})

    if path == "events" and answer.status_code == 200:
        # What reads as JSON gets a result of its own, as every item does.
        assert [result["status"] for result in answer.json()["results"]] == ["rejected"]
    elif not raw and path == "members/ada":
        assert answer.status_code == 200  # Nothing was to be changed, and nothing was.
    elif not raw and path == "invitations":
        assert answer.status_code == 201  # A code of the operators, for one person: everything has a default.
    elif not raw and "capture" in path:
        assert_problem(answer, 404)  # An empty body captures everything, if only the hold existed.
    elif not raw and path.endswith("/grants"):
        assert answer.status_code == 201  # Granted for good: everything has a default.
        return
    elif not raw and path.endswith("/uses"):
        assert_problem(answer, 422)  # Nothing need be said, but nobody has granted it.
    else:
        assert_problem(answer, 400)
    assert counts() == before | ({"Request": 1} if answer.status_code in (404, 422) else {})


def test_a_key_that_stands_twice_deep_inside_is_named_by_its_whole_path(client):
    answer = send(client, "POST", "rules/check", dict(UNREADABLE)["key_twice_inside"])

    assert_problem(answer, 400, "#/document/limits/0/per", "stands there twice")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(raw, id=str(raw))
        for raw in (b"[]", b"[1]", b"[[]]", b"[null]", b"7", b"null", b'""', b"\xef\xbb\xbf{}")
    ],
)
def test_json_that_is_no_event_is_refused(client, raw):
    before = counts()

    answer = send(client, "POST", "events", raw)

    if answer.status_code == 200:
        assert [(r["status"], r["pointer"]) for r in answer.json()["results"]] == [("rejected", "#")]
    else:
        assert_problem(answer, 400)
    assert counts() == before


@pytest.mark.parametrize(
    "raw", [pytest.param(raw, id=str(raw)) for raw in (b"[]", b"7", b"null", b'"x"', b"true", b"1.5")]
)
def test_json_that_is_no_object_is_refused(client, raw, subtests):
    before = counts()

    for method, path in READERS[:-1]:
        with subtests.test(method=method, path=path):
            assert_problem(send(client, method, path, raw, **{"Idempotency-Key": "k"}), 400)

    assert counts() == before


BINARY = {
    "ce-specversion": "1.0", "ce-source": "app", "ce-id": "b1", "ce-type": "content.published", "ce-subject": "ada",
}  # fmt: skip


@pytest.mark.parametrize(
    ("_case", "headers", "raw", "pointer"),
    [
        ("unknown_type", {"ce-type": "content.publishd"}, b'{"content_id":"c","words":1}', "#/type"),
        ("unknown_member", {"ce-subject": "nobody"}, b'{"content_id":"c","words":1}', "#/subject"),
        ("foreign_source", {"ce-source": "other"}, b'{"content_id":"c","words":1}', "#/source"),
        ("nul_in_the_subject", {"ce-subject": "a%00b"}, b'{"content_id":"c","words":1}', "#/subject"),
        ("half_a_character", {"ce-subject": "%ED%A0%80"}, b'{"content_id":"c","words":1}', "#/subject"),
        ("no_zone", {"ce-time": "2026-01-01T00:00:00"}, b'{"content_id":"c","words":1}', "#/time"),
        ("year_9999", {"ce-time": "9999-12-31T23:59:59Z"}, b'{"content_id":"c","words":1}', "#/time"),
        ("unknown_attribute", {"ce-subjekt": "ada"}, b'{"content_id":"c","words":1}', "#/subjekt"),
        ("wrong_data", {}, b'{"content_id":"c","words":"1"}', "#/data/words"),
        ("field_twice", {}, b'{"content_id":"c","words":1,"words":1}', "#/data/words"),
        ("no_data", {}, b"", "#/data/content_id"),
        ("a_megabyte", {}, json.dumps({"content_id": MEGABYTE, "words": 1}).encode(), "#"),
    ],
)
def test_binary_mode_refuses_the_same_way(client, _case, headers, raw, pointer):
    before = counts()

    answer = send(client, "POST", "events", raw, **{**BINARY, **headers})

    assert [(r["status"], r["pointer"]) for r in answer.json()["results"]] == [("rejected", pointer)]
    assert counts() == before


@pytest.mark.parametrize("raw", [pytest.param(raw, id=name) for name, raw in UNREADABLE if raw])
def test_binary_mode_with_data_that_cannot_be_read_stores_nothing(client, raw):
    before = counts()

    answer = send(client, "POST", "events", raw, **BINARY)

    if answer.status_code == 200:
        assert [result["status"] for result in answer.json()["results"]] == ["rejected"]
    else:
        assert_problem(answer, 400)
    assert counts() == before


def test_binary_mode_without_a_type_says_so(client):
    headers = {name: value for name, value in BINARY.items() if name != "ce-type"}

    answer = send(client, "POST", "events", b"{}", **headers)

    assert [(r["status"], r["pointer"]) for r in answer.json()["results"]] == [("rejected", "#/type")]


def test_too_many_events_are_refused_as_a_whole_and_exactly_so_many_are_taken(client):
    items = [item(f"e{n}", "ada") for n in range(1_001)]

    too_many = send(client, "POST", "events", json.dumps(items).encode())
    assert_problem(too_many, 413, words="at most 1000 events")
    assert not Work.objects.exists()

    enough = send(client, "POST", "events", json.dumps(items[:-1]).encode())
    assert enough.status_code == 202
    assert Work.objects.count() == 1_000


@pytest.mark.parametrize(("method", "path"), READERS)
def test_too_many_bytes_are_refused_before_anything_is_read(client, method, path):
    before = counts()

    answer = send(client, method, path, b'{"a": "' + b"a" * (5 * 1024 * 1024) + b'"}', **{"Idempotency-Key": "k"})

    assert_problem(answer, 413)
    assert counts() == before


def test_one_event_that_is_too_large_does_not_reject_its_neighbours(client):
    large = item("large", "ada", data={"content_id": "c", "words": 1, "tags": ["a" * 10] * 6_000})

    answer = send(client, "POST", "events", json.dumps([item("e1", "ada"), large]).encode())

    assert [(r["status"], r.get("pointer")) for r in answer.json()["results"]] == [
        ("accepted", None),
        ("rejected", "#/1"),
    ]


def test_a_dry_run_that_is_not_plainly_asked_for_is_refused_and_not_taken_for_a_real_one(client):
    answer = send(client, "POST", "events?dry_run=maybe", event())

    assert_problem(answer, 400, words="dry_run is true or false.")
    assert not Work.objects.exists()


def refused(path, method, *cases):
    return [pytest.param(method, path, body, *rest, id=f"{path}-{name}") for name, body, *rest in cases]


SPEND = {"member": "ada", "currency": "points", "amount": "1"}
ADJUST = {**SPEND, "reason": "A gift."}
TRANSFER = {"payer": "ada", "payee": "bo", "currency": "points", "amount": "1"}
REVERSE = {"journal_id": "1", "cause": "fraud"}


def amounts(body):
    """The ways in which an amount can be wrong."""
    return [
        (name, {**body, "amount": value}, 400, "#/amount", words)
        for name, value, words in (
            ("amount_in_words", "many", "number"),
            ("amount_nan", "NaN", "number"),
            ("amount_infinite", "-Infinity", "number"),
            ("amount_1e400", "1e400", "digits"),
            ("amount_1e999999999", "1e999999999", "digits"),
            ("amount_two_to_the_63", 2**63, "digits"),
            ("amount_two_to_the_63_as_text", str(2**63), "digits"),
            ("amount_1000_digits", "1" + "0" * 1_000, ""),
            ("amount_5000_digits", "1" + "0" * 5_000, ""),
            ("amount_with_a_fraction", "1.5", "points has 0 decimals."),
            ("amount_too_small", "0.00001", "decimal places"),
            ("amount_of_nothing", "0", ""),
            ("amount_null", None, "null"),
            ("amount_true", True, ""),
            ("amount_list", [], ""),
            ("amount_object", {"value": 1}, ""),
            ("amount_empty", "", ""),
            ("amount_a_megabyte", "1" * 1_000_000, ""),
        )
    ] + [
        (
            "amount_beyond_the_ledger",
            {**body, "amount": "99999999999999", "currency": "cents"},
            400,
            "#/amount",
            "at most",
        )
    ]


LOAN = {"until": "2126-01-01T00:00:00Z", "reason": "A gift."}
PREVIEW = {"tiers": {"bronze": {"threshold": 5}}}

BODIES = [
    *refused(
        "members/ada/leave", "PUT",
        ("nothing", {}, 400, "#/until", "required"),
        ("without_zone", {"until": "2026-12-24T12:00:00"}, 400, "#/until", "zone"),
        ("past", {"until": "2020-01-01T00:00:00Z"}, 422, None, "future"),
        ("for_ever", {"until": "2126-01-01T00:00:00Z"}, 422, None, "60 days"),
    ),
    *refused(
        "members/ada/roles/host", "PUT",
        ("over_before_it_begins", {"ends_at": "2020-01-01T00:00:00Z"}, 422, None, "A term ends"),
        ("no_zone", {"ends_at": "2126-01-01T00:00:00"}, 400, "#/ends_at", "zone"),
        ("space_unknown", {"space": "nowhere"}, 404, "#/space", "There is no space"),
        ("space_nul", {"space": "a\x00"}, 400, "#/space", "NUL"),
        ("unknown_field", {"end_at": None}, 400, "#/end_at", "Did you mean ends_at?"),
    ),
    *refused(
        "invitations", "POST",
        ("space_unknown", {"space": "nowhere"}, 404, "#/space", "There is no space"),
        ("partner_unknown", {"partner": "nobody"}, 404, "#/partner", "There is no partner"),
        ("partner_and_inviter", {"partner": "shop", "inviter": "ada"}, 400, "#/partner", "not both"),
        ("more_than_agreed", {"partner": "shop", "uses_max": 5}, 422, None, "may bring 0 more"),
    ),
    *refused(
        "members/ada/tiers/growth/bronze/loan", "PUT",
        ("past", {**LOAN, "until": "2020-01-01T00:00:00Z"}, 422, None, "must lie in the future"),
        ("no_zone", {**LOAN, "until": "2126-01-01T00:00:00"}, 400, "#/until", "zone"),
        ("no_reason", {"until": LOAN["until"]}, 400, "#/reason", "required"),
        ("reason_blank", {**LOAN, "reason": " "}, 400, "#/reason", "blank"),
        ("reason_a_megabyte", {**LOAN, "reason": MEGABYTE}, 400, "#/reason", "300"),
        ("nul", {**LOAN, "reason": "a\x00"}, 400, "#/reason", "NUL"),
    ),
    *refused(
        "members/ada/tiers/growth/bronze/invitation", "PUT",
        ("open_tier", {}, 422, None, "open to everybody"),
        ("unknown_field", {"raeson": "x"}, 400, "#/raeson", "Did you mean reason?"),
    ),
    *refused(
        "ladders/growth/preview", "POST",
        ("metric_of_nothing", {"metric": "mood:growth"}, 422, None, "There is no metric"),
        ("metric_that_can_be_bought", {"metric": "balance:points"}, 422, None, "spendable"),
        ("metric_nul", {"metric": "a\x00"}, 400, "#/metric", "NUL"),
        ("days_of_a_year", {"window": "year", "days": 5}, 422, None, "no days"),
        ("steps_without_a_rhythm", {"falls": "step"}, 422, None, "calendar window or days of validity"),
        ("two_to_the_63", {"tiers": {"bronze": {"threshold": 2**63}}}, 400, "#/tiers/bronze/threshold", "less"),
        ("tier_code", {"tiers": {"a/b": {}}}, 400, "#/tiers", "is no code"),
        ("tier_is_a_list", {"tiers": {"bronze": []}}, 400, None, ""),
        ("keep_above", {"tiers": {"bronze": {"threshold": 5, "keep": 6}}}, 422, None, "not above its threshold"),
        ("no_such_counter", {"tiers": {"bronze": {"demands": [{"counter": "x", "at_least": 1}]}}}, 422, None,
         "There is no counter"),
        ("new_tier_without_a_line", {"tiers": {"gold": {}}}, 422, None, "threshold"),
    ),
    *refused(
        "spends", "POST",
        *amounts(SPEND),
        ("negative", {**SPEND, "amount": "-1"}, 400, "#/amount", "greater than or equal"),
        ("unknown_member", {**SPEND, "member": "nobody"}, 404, "#/member", "There is no member 'nobody'."),
        ("unknown_currency", {**SPEND, "currency": "point"}, 400, "#/currency", "there are:"),
        ("unknown_field", {**SPEND, "amuont": "1"}, 400, "#/amuont", "Did you mean amount?"),
        ("unknown_field_with_a_slash", {**SPEND, "a/b": "1"}, 400, "#/a~1b", "There is no field"),
        ("missing", {"currency": "points", "amount": "1"}, 400, "#/member", "required"),
        ("member_is_a_number", {**SPEND, "member": 7}, 400, "#/member", "text"),
        ("member_is_a_list", {**SPEND, "member": ["ada"]}, 400, "#/member", "text"),
        ("member_is_null", {**SPEND, "member": None}, 400, "#/member", "null"),
        ("member_is_a_megabyte", {**SPEND, "member": MEGABYTE}, 400, "#/member", "128"),
        ("nul", {**SPEND, "member": "a\x00"}, 400, "#/member", "NUL"),
    ),
    *refused(
        "holds", "POST",
        *amounts(SPEND),
        ("unknown_member", {**SPEND, "member": "nobody"}, 404, "#/member", "There is no member"),
        ("unknown_currency", {**SPEND, "currency": "point"}, 400, "#/currency", "there are:"),
        ("unknown_field", {**SPEND, "second": 5}, 400, "#/second", "Did you mean seconds?"),
        ("seconds_zero", {**SPEND, "seconds": 0}, 400, "#/seconds", "greater than or equal"),
        ("seconds_two_to_the_63", {**SPEND, "seconds": 2**63}, 400, "#/seconds", "less than or equal"),
        ("seconds_1e400", {**SPEND, "seconds": "1e400"}, 400, "#/seconds", "whole number"),
        ("seconds_a_text", {**SPEND, "seconds": "900"}, 400, "#/seconds", "whole number"),
        ("seconds_a_fraction", {**SPEND, "seconds": 1.5}, 400, "#/seconds", "whole number"),
        ("seconds_a_bool", {**SPEND, "seconds": True}, 400, "#/seconds", "whole number"),
    ),
    *refused(
        f"holds/{uuid.UUID(int=7)}/capture", "POST",
        ("amount_nan", {"amount": "NaN"}, 400, "#/amount", "number"),
        ("amount_negative", {"amount": "-5"}, 400, "#/amount", "greater than or equal"),
        ("unknown_field", {"amont": "1"}, 400, "#/amont", "Did you mean amount?"),
    ),
    *refused(
        "transfers", "POST",
        *amounts(TRANSFER),
        ("unknown_payer", {**TRANSFER, "payer": "nobody"}, 404, "#/payer", "There is no member"),
        ("unknown_payee", {**TRANSFER, "payee": "nobody"}, 404, "#/payee", "There is no member"),
        ("unknown_field", {**TRANSFER, "member": "ada"}, 400, "#/member", "There is no field"),
        ("missing", {**TRANSFER, "payee": ""}, 400, "#/payee", "blank"),
    ),
    *refused(
        "adjustments", "POST",
        *amounts(ADJUST),
        ("no_reason", {**ADJUST, "reason": ""}, 400, "#/reason", "blank"),
        ("reason_too_long", {**ADJUST, "reason": "x" * 501}, 400, "#/reason", "500"),
        ("beyond_the_ledger_downwards", {**ADJUST, "amount": "-99999999999999", "currency": "cents"}, 400, "#/amount", ""),
        ("unknown_field", {**ADJUST, "note": "x"}, 400, "#/note", "There is no field"),
    ),
    *refused(
        "reversals", "POST",
        ("journal_a_number", {**REVERSE, "journal_id": 1}, 400, "#/journal_id", "text"),
        ("journal_a_word", {**REVERSE, "journal_id": "last"}, 400, "#/journal_id", ""),
        ("journal_two_to_the_63", {**REVERSE, "journal_id": str(2**63)}, 400, "#/journal_id", ""),
        ("journal_in_other_digits", {**REVERSE, "journal_id": "١"}, 400, "#/journal_id", ""),
        ("no_cause", {"journal_id": "1"}, 400, "#/cause", "required"),
        ("unknown_field", {**REVERSE, "reason": "x"}, 400, "#/reason", "There is no field"),
    ),
    *refused(
        "members/new", "PUT",
        ("unknown_field", {"lanugage": "en"}, 400, "#/lanugage", "Did you mean language?"),
        ("unknown_zone", {"time_zone": "Mars/Olympus"}, 400, "#/time_zone", "Europe/Berlin"),
        ("unknown_status", {"status": "gone"}, 400, "#/status", "not a valid choice"),
        ("status_a_list", {"status": []}, 400, "#/status", ""),
        ("email", {"email": "nobody"}, 400, "#/email", "email"),
        ("verified_in_words", {"verified": "yes"}, 400, "#/verified", "true or false"),
        ("verified_a_number", {"verified": 1}, 400, "#/verified", "true or false"),
        ("verified_null", {"verified": None}, 400, "#/verified", "null"),
        ("name_a_number", {"display_name": 7}, 400, "#/display_name", "text"),
        ("name_too_long", {"display_name": "x" * 151}, 400, "#/display_name", "150"),
        ("name_a_megabyte", {"display_name": MEGABYTE}, 400, "#/display_name", "150"),
        ("nul", {"display_name": "a\x00"}, 400, "#/display_name", "NUL"),
        ("zone_in_a_folder", {"time_zone": "../../etc/passwd"}, 400, "#/time_zone", "not a time zone"),
        ("joined_without_zone", {"joined_at": "2026-01-01T00:00:00"}, 400, "#/joined_at", "zone"),
        ("joined_on_a_day", {"joined_at": "2026-01-01"}, 400, "#/joined_at", ""),
        ("joined_in_the_year_9999", {"joined_at": "9999-12-31T23:59:59Z"}, 400, "#/joined_at", "1900 and 2200"),
        ("joined_after_the_year_9999", {"joined_at": "9999-12-31T23:59:59-12:00"}, 400, "#/joined_at", ""),
        ("joined_in_the_year_1", {"joined_at": "0001-01-01T00:00:00+12:00"}, 400, "#/joined_at", ""),
        ("joined_a_number", {"joined_at": 1760000000}, 400, "#/joined_at", ""),
        ("joined_null", {"joined_at": None}, 400, "#/joined_at", "null"),
    ),
    *refused(
        "members/ada/merges", "POST",
        ("no_reason", {"merged": "bo"}, 400, "#/reason", "required"),
        ("nobody", {"merged": "nobody", "reason": "x"}, 404, "#/merged", "no member"),
        ("itself", {"merged": "ada", "reason": "x"}, 422, "#/merged", "same member"),
        ("nul", {"merged": "b\x00", "reason": "x"}, 400, "#/merged", "NUL"),
    ),
    *refused(
        "members/ada/erasure", "POST",
        ("no_reason", {"ref": "ada"}, 400, "#/reason", "required"),
        ("another_ref", {"ref": "bo", "reason": "x"}, 422, "#/ref", "ref"),
    ),
    *refused(
        "members/ada/rules-acceptance", "POST",
        ("no_rules_yet", {"version": 1}, 422, "#/version", "no rules"),
        ("version_in_words", {"version": "one"}, 400, "#/version", "whole number"),
        ("version_beyond", {"version": 2**63}, 400, "#/version", ""),
    ),
    *refused(
        "violations", "POST",
        ("unknown_kind", {"member": "ada", "kind": "spam"}, 400, "#/kind", "none yet"),
        ("unknown_member", {"member": "nobody", "kind": "x"}, 404, "#/member", "no member"),
        ("unknown_consequence", {"member": "ada", "kind": "x", "consequence": "jail"}, 400, "#/consequence", ""),
        ("hours_zero", {"member": "ada", "kind": "x", "hours": 0}, 400, "#/hours", ""),
        ("hours_beyond", {"member": "ada", "kind": "x", "hours": 2**63}, 400, "#/hours", ""),
        ("fine_nan", {"member": "ada", "kind": "x", "fine": "NaN"}, 400, "#/fine", ""),
        ("evidence_a_megabyte", {"member": "ada", "kind": "x", "evidence": MEGABYTE}, 400, "#/evidence", "4000"),
    ),
    *refused(
        "members/ada/notifications/read", "POST",
        ("id_in_words", {"ids": ["first"]}, 400, "#/ids/0", "id of a notification"),
        ("ids_a_text", {"ids": "7"}, 400, "#/ids", "list"),
        ("too_many", {"ids": ["1"] * 201}, 400, "#/ids", "200"),
        ("unknown_field", {"all": True}, 400, "#/all", "There is no field"),
    ),
    *refused(
        "members/ada/notification-choice", "PUT",
        ("nothing", {}, 400, "#/promotions", "required"),
        ("in_words", {"promotions": "no"}, 400, "#/promotions", "true or false"),
    ),
    *refused(
        "campaigns/draft/stop", "POST",
        ("no_reason", {}, 400, "#/reason", "required"),
        ("reason_too_long", {"reason": "x" * 201}, 400, "#/reason", "200"),
        ("unknown_field", {"reason": "x", "quiet": True}, 400, "#/quiet", "There is no field"),
    ),
    *refused(
        "members/ada/cases", "POST",
        ("nothing", {}, 400, "#/happened_at", "when it happened"),
        ("unknown_type", {"event_type": "content.publishd", "happened_at": "2026-11-24T12:00:00Z"}, 400, "#/event_type", ""),
        ("foreign_source", {"source": "other", "event": "e1"}, 403, "#/source", "other"),
        ("event_that_never_came", {"source": "app", "event": "e1"}, 400, "#/happened_at", "type and when"),
        ("without_zone", {"event_type": "content.published", "happened_at": "2026-11-24T12:00:00"}, 400, "#/happened_at", "zone"),
        ("words_a_megabyte", {"text": MEGABYTE, "happened_at": "2026-11-24T12:00:00Z"}, 400, "#/text", "2000"),
        ("unknown_field", {"rule": "post"}, 400, "#/rule", "There is no field"),
    ),
    *refused(
        "quests/check", "POST",
        ("no_document", {}, 400, "#/document", "required"),
        ("document_a_list", {"document": []}, 400, "#/document", ""),
        ("unknown_field", {"document": {}, "facts": {}}, 400, "#/facts", "There is no field"),
    ),
    *refused(
        "games/idioms/rounds", "POST",
        ("no_opening", {}, 400, "#/opening", "required"),
        ("opening_a_number", {"opening": 7}, 400, "#/opening", "text"),
        ("opening_too_long", {"opening": "一" * 201}, 400, "#/opening", "200"),
        ("answers_too_many", {"opening": "一心一意", "answers": ["x"] * 21}, 400, "#/answers", "20"),
        ("hours_zero", {"opening": "一心一意", "hours": 0}, 400, "#/hours", ""),
        ("hours_beyond", {"opening": "一心一意", "hours": 2**63}, 400, "#/hours", ""),
        ("unknown_host", {"opening": "一心一意", "host": "nobody"}, 404, "#/host", "no member"),
    ),
    *refused(
        f"rounds/{uuid.UUID(int=7)}/turns", "POST",
        ("nobody", {"text": "x"}, 400, "#/member", "required"),
        ("unknown_member", {"member": "nobody", "text": "x"}, 404, "#/member", "no member"),
        ("text_a_megabyte", {"member": "ada", "text": MEGABYTE}, 400, "#/text", "200"),
        ("text_nul", {"member": "ada", "text": "a\x00"}, 400, "#/text", ""),
    ),
    *refused(
        "corrections", "POST",
        ("nothing", {"act": "add", "reason": "x"}, 400, "#/found_by", "required"),
        ("no_such_list", {"found_by": "all", "act": "add", "reason": "x"}, 400, "#/found_by", ""),
        ("nobody", {"found_by": "refs", "refs": ["nobody"], "act": "add", "currency": "points", "amount": "1", "reason": "x"}, 400, "#/refs", "nobody"),
        ("no_currency", {"found_by": "refs", "refs": ["ada"], "act": "add", "amount": "1", "reason": "x"}, 400, "#/currency", "no such"),
        ("less_than_nothing", {"found_by": "refs", "refs": ["ada"], "act": "add", "currency": "points", "amount": "-1", "reason": "x"}, 400, "#/amount", ""),
        ("too_fine", {"found_by": "refs", "refs": ["ada"], "act": "add", "currency": "points", "amount": "0.5", "reason": "x"}, 400, "#/amount", "finer"),
        ("no_window", {"found_by": "event", "type": "content.published", "act": "add", "currency": "points", "amount": "1", "reason": "x"}, 400, "#/ends_at", "from when"),
        ("nul", {"found_by": "segment", "segment": "a\x00", "act": "add", "currency": "points", "amount": "1", "reason": "x"}, 400, "#/segment", ""),
        ("unknown_field", {"found_by": "refs", "act": "add", "reason": "x", "approve": True}, 400, "#/approve", "There is no field"),
    ),
    *refused(
        "reports", "POST",
        ("themselves", {"reporter": "ada", "subject": "ada"}, 422, "#/reporter", "themselves"),
        ("unknown_subject", {"reporter": "ada", "subject": "nobody"}, 404, "#/subject", "no member"),
        ("unknown_field", {"reporter": "ada", "subject": "bo", "points": 5}, 400, "#/points", "There is no field"),
    ),
    *refused(
        "members/batch", "POST",
        ("nobody", {"members": []}, 400, "#/members", ""),
        ("too_many", {"members": [{"ref": "x"}] * 501}, 400, "#/members", "500"),
        ("not_a_list", {"members": {"ref": "x"}}, 400, "#/members", ""),
        ("items_no_objects", {"members": ["x"]}, 400, "#/members/0", ""),
        ("unknown_field", {"members": [{"ref": "x"}], "quiet": True}, 400, "#/quiet", "There is no field"),
    ),
    *refused(
        "event-types/a.type", "PUT",
        ("schema_a_list", {"schema": []}, 400, "#/schema", ""),
        ("schema_null", {"schema": None}, 400, "#/schema", "null"),
        ("unknown_word", {"schema": {"n": {"type": "bool", "optinal": True}}}, 400, "#/schema", "optinal"),
        ("field_a_text", {"schema": {"n": "int"}}, 400, "#/schema", "n:"),
        ("unknown_kind", {"schema": {"n": {"type": "float"}}}, 400, "#/schema", "n:"),
        ("number_without_bounds", {"schema": {"n": {"type": "int"}}}, 400, "#/schema", "needs min and max"),
        ("bounds_nan", {"schema": {"n": {"type": "decimal", "min": "NaN", "max": 1}}}, 400, "#/schema", "n:"),
        ("bounds_snan", {"schema": {"n": {"type": "decimal", "min": 0, "max": "sNaN"}}}, 400, "#/schema", "n:"),
        ("bounds_1e400", {"schema": {"n": {"type": "decimal", "min": 0, "max": "1e400"}}}, 400, "#/schema", "18 digits"),
        ("bounds_infinite", {"schema": {"n": {"type": "int", "min": "-Infinity", "max": 1}}}, 400, "#/schema", "n:"),
        ("bounds_swapped", {"schema": {"n": {"type": "int", "min": 2, "max": 1}}}, 400, "#/schema", "in order"),
        ("bounds_two_to_the_63", {"schema": {"n": {"type": "int", "min": 0, "max": 2**63}}}, 400, "#/schema", "18 digits"),
        ("bounds_fraction", {"schema": {"n": {"type": "int", "min": 0.5, "max": 1}}}, 400, "#/schema", "whole numbers"),
        ("bounds_of_a_text", {"schema": {"n": {"type": "string", "min": 0}}}, 400, "#/schema", "only numbers"),
        ("no_name", {"schema": {"": {"type": "bool"}}}, 400, "#/schema", "not a field name"),
        ("name_in_capitals", {"schema": {"Words": {"type": "bool"}}}, 400, "#/schema", "not a field name"),
        ("enum_empty", {"schema": {"n": {"type": "string", "enum": []}}}, 400, "#/schema", "at least one value"),
        ("enum_of_numbers", {"schema": {"n": {"type": "string", "enum": [1]}}}, 400, "#/schema", "n:"),
        ("too_many_fields", {"schema": {f"n{n}": {"type": "bool"} for n in range(61)}}, 400, "#/schema", "at most 60"),
        ("text_too_long", {"schema": {"n": {"type": "string", "max_length": 2**63}}}, 400, "#/schema", "max_length"),
        ("unknown_field", {"shema": {}}, 400, "#/shema", "Did you mean schema?"),
        ("meaning_a_megabyte", {"meaning": MEGABYTE}, 400, "#/meaning", "200"),
    ),
    *refused(
        "invitations", "POST",
        ("unknown_inviter", {"inviter": "nobody"}, 404, "#/inviter", "There is no member"),
        ("inviter_a_number", {"inviter": 7}, 400, "#/inviter", "text"),
        ("inviter_a_megabyte", {"inviter": MEGABYTE}, 400, "#/inviter", "128"),
        ("inviter_nul", {"inviter": "a\x00"}, 400, "#/inviter", "NUL"),
        ("unknown_field", {"chanel": "x"}, 400, "#/chanel", "Did you mean channel?"),
        ("channel_in_words", {"channel": "word of mouth"}, 400, "#/channel", ""),
        ("email", {"email": "nobody"}, 400, "#/email", "email"),
        ("domain", {"email_domain": "a b"}, 400, "#/email_domain", ""),
        ("uses_none", {"uses_max": 0}, 400, "#/uses_max", "greater than or equal"),
        ("uses_two_to_the_63", {"uses_max": 2**63}, 400, "#/uses_max", "less than or equal"),
        ("uses_a_text", {"uses_max": "5"}, 400, "#/uses_max", "whole number"),
        ("uses_of_one_address", {"email": "a@b.example", "uses_max": 2}, 400, "#/uses_max", "for one person"),
        ("expires_without_zone", {"expires_at": "2030-01-01T00:00:00"}, 400, "#/expires_at", "zone"),
        ("expires_in_the_year_9999", {"expires_at": "9999-12-31T23:59:59Z"}, 400, "#/expires_at", "1900 and 2200"),
    ),
    *refused(
        "invitations/CODE/accept", "POST",
        ("no_ref", {}, 400, "#/ref", "required"),
        ("ref_with_a_slash", {"ref": "a/b"}, 400, "#/ref", ""),
        ("ref_with_a_line_break", {"ref": "a\nb"}, 400, "#/ref", ""),
        ("ref_too_long", {"ref": "a" * 129}, 400, "#/ref", ""),
        ("ref_a_number", {"ref": 7}, 400, "#/ref", "text"),
        ("zone", {"ref": "new", "time_zone": "Mars"}, 400, "#/time_zone", "Europe/Berlin"),
        ("age", {"ref": "new", "age_band": "old"}, 400, "#/age_band", "not a valid choice"),
        ("email", {"ref": "new", "email": "nobody"}, 400, "#/email", "email"),
        ("name_a_megabyte", {"ref": "new", "display_name": MEGABYTE}, 400, "#/display_name", "150"),
        ("unknown_field", {"ref": "new", "emial": "a@b.example"}, 400, "#/emial", "Did you mean email?"),
    ),
    *refused(
        "rules/check", "POST",
        ("no_document", {}, 400, "#/document", "required"),
        ("document_a_list", {"document": []}, 400, "#/document", ""),
        ("document_a_text", {"document": "code: x"}, 400, "#/document", ""),
        ("unknown_field", {"document": {}, "facts": {}}, 400, "#/facts", "There is no field"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "pointer", "words"), BODIES)
def test_a_body_that_cannot_be_meant_is_refused_with_its_place(client, method, path, body, status, pointer, words):
    before = counts()

    answer = send(client, method, path, json.dumps(body).encode(), **{"Idempotency-Key": "k"})

    assert_problem(answer, status, pointer, words)
    assert counts() == before


RULE = {"code": "r", "when": "content.published", "then": [award(5)]}
BROKEN_RULES = [
    ("unknown_type", {**RULE, "when": "content.publishd"}, "/when", "unknown_type"),
    ("unknown_word", {**RULE, "wehn": "x"}, "/wehn", "unknown_word"),
    ("unknown_field", {**RULE, "if": "event.data.wrods > 1"}, "/if/all/0/expr", "unknown_field"),
    ("unknown_currency", {**RULE, "then": [award(1, "pionts")]}, "/then/0/currency", "unknown_currency"),
    ("unknown_badge", {**RULE, "then": [{"do": "badge", "badge": "x"}]}, "/then/0/badge", "unknown_badge"),
    ("unknown_effect", {**RULE, "then": [{"do": "pay"}]}, "/then/0/do", "unknown_effect"),
    ("not_supported", {**RULE, "chance": 0.5}, "/chance", "not_supported"),
    ("condition_is_no_bool", {**RULE, "if": "event.data.words"}, "/if/all/0/expr", "type"),
    ("condition_a_number", {**RULE, "if": 5}, "/if", "invalid"),
    ("then_a_number", {**RULE, "then": 5}, "/then", "invalid"),
    ("then_a_text", {**RULE, "then": "award"}, "/then", "invalid"),
    ("then_null", {**RULE, "then": None}, "/then", "invalid"),
    ("then_empty", {**RULE, "then": []}, "/then", "invalid"),
    ("effect_a_text", {**RULE, "then": ["award"]}, "/then/0", "invalid"),
    ("amount_1e400", {**RULE, "then": [award("1e400")]}, "/then/0/amount", "syntax"),
    ("amount_nan", {**RULE, "then": [award("NaN")]}, "/then/0/amount", "unknown_field"),
    ("amount_two_to_the_63", {**RULE, "then": [award(2**63)]}, "/then/0/amount", None),
    ("amount_a_megabyte", {**RULE, "then": [award("1" * 1_000_000)]}, "/then/0/amount", "too_long"),
    ("amount_nested", {**RULE, "then": [award("(" * 3_000 + "1")]}, "/then/0/amount", "too_deep"),
    ("condition_of_100_000_brackets", {**RULE, "if": "(" * 100_000}, "/if/all/0/expr", "too_long"),
    ("unbounded", {**RULE, "then": [award("1000000000 * 1000000000")]}, "/then/0/amount", "unbounded"),
    ("limit_nan", {**RULE, "limits": [{"every": "day", "amount": "NaN", "currency": "points"}]}, "/limits/0", "invalid"),
    ("limit_infinite", {**RULE, "limits": [{"every": "day", "amount": "Infinity", "currency": "points"}]}, "/limits/0",
     "invalid"),
    ("limit_1e400", {**RULE, "limits": [{"every": "day", "amount": "1e400", "currency": "points"}]}, "/limits/0",
     "invalid"),
    ("limit_two_to_the_63_times", {**RULE, "limits": [{"every": "day", "times": 2**63}]}, "/limits/0", "invalid"),
    ("limit_without_currency", {**RULE, "limits": [{"every": "day", "amount": 5}]}, "/limits/0", "invalid"),
    ("limit_on_nothing", {**RULE, "limits": [{"every": "day"}]}, "/limits/0", "invalid"),
    ("limit_unknown", {**RULE, "limits": ["votes"]}, "/limits/0", "unknown_limit"),
    ("limit_of_unknown_currency", {**RULE, "limits": [{"every": "day", "amount": 5, "currency": "x"}]},
     "/limits/0/currency", "unknown_currency"),
    ("priority_two_to_the_63", {**RULE, "priority": 2**63}, "/priority", "invalid"),
    ("language_of_tomorrow", {**RULE, "lang": 2}, "/lang", "invalid"),
    ("code_with_capitals", {**RULE, "code": "Post"}, "/code", "invalid"),
    ("code_missing", {"when": "content.published", "then": [award(5)]}, "", "missing"),
    ("schedule_without_zone", {**RULE, "schedule": {"from": "2026-01-01T00:00:00"}}, "/schedule/from", "invalid"),
    ("schedule_backwards", {**RULE, "schedule": {"from": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}},
     "/schedule/until", "invalid"),
    ("schedule_in_words", {**RULE, "schedule": {"from": "tomorrow"}}, "/schedule/from", "invalid"),
    ("test_of_unknown_field", {**RULE, "tests": [{"given": {"event.data.x": 1}, "expect": {}}]},
     "/tests/0/given/event.data.x", "unknown_field"),
    ("test_of_wrong_type", {**RULE, "tests": [{"given": {"event.data.words": []}, "expect": {}}]},
     "/tests/0/given/event.data.words", "type"),
    ("test_expects_a_word", {**RULE, "tests": [{"given": {}, "expect": {"points": "many"}}]},
     "/tests/0/expect/points", "type"),
    ("test_expects_a_list", {**RULE, "tests": [{"given": {}, "expect": {"points": [5]}}]},
     "/tests/0/expect/points", "type"),
    ("test_expects_something_else", {**RULE, "tests": [{"given": {}, "expect": {"points": "6"}}]},
     "/tests/0/expect/points", "test_failed"),
    ("test_given_nan", {**RULE, "if": "(event.data.quality ?? 0.0) > 1.0",
                        "tests": [{"given": {"event.data.quality": "NaN"}, "expect": {}}]},
     "/tests/0/given/event.data.quality", "type"),
    ("test_beyond_its_range", {**RULE, "if": "event.data.words > 1",
                               "tests": [{"given": {"event.data.words": 2**63}, "expect": {}}]},
     "/tests/0/given/event.data.words", "type"),
    ("any_of_nothing", {**RULE, "if": {"any": []}}, "/if/any", "invalid"),
    ("both_all_and_any", {**RULE, "if": {"all": [], "any": []}}, "/if", "invalid"),
    ("groups_too_deep", {**RULE, "if": json.loads('{"all":[' * 14 + '{"expr":"true"}' + "]}" * 14)}, None, "too_big"),
]  # fmt: skip
RULES = [pytest.param(*case[1:], id=case[0]) for case in BROKEN_RULES]


@pytest.mark.parametrize(("document", "pointer", "code"), RULES)
def test_a_broken_rule_is_told_its_mistakes(client, document, pointer, code):
    before = counts()

    answer = send(client, "POST", "rules/check", json.dumps({"document": document}).encode())

    assert answer.status_code == 200
    report = answer.json()
    assert report["valid"] is False
    first = next(finding for finding in report["findings"] if finding["severity"] == "error")
    assert pointer is None or first["pointer"] == pointer, first
    assert code is None or first["code"] == code, first
    assert first["text"].endswith(".")
    assert counts() == before


@pytest.mark.parametrize(("document", "pointer", "code"), RULES)
def test_a_broken_rule_cannot_be_tried_and_its_problem_points_into_it(client, document, pointer, code):
    body = json.dumps({"document": document, "facts": {"event.data.words": 1}}).encode()

    answer = send(client, "POST", "rules/evaluate", body)

    assert_problem(answer, 400)
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointer is None or pointers[0] == f"#/document{pointer}"


@pytest.mark.parametrize(("document", "pointer", "code"), RULES)
def test_a_broken_rule_cannot_be_published(document, pointer, code):
    from django.utils import timezone

    from incentives.domain import publishing
    from incentives.domain.rules.documents import BadDocument

    with pytest.raises((BadDocument, publishing.CannotPublish)):
        publishing.publish_rule(version=publishing.save_draft(document=document), now=timezone.now())

    assert not RuleVersion.objects.filter(state="live").exists()


@pytest.mark.parametrize(
    ("_case", "facts", "pointer"),
    [
        ("unknown_field", {"event.data.wrods": 1}, "#/facts/event.data.wrods"),
        ("wrong_type", {"event.data.words": "many"}, "#/facts/event.data.words"),
        ("list", {"event.data.words": [1]}, "#/facts/event.data.words"),
        ("two_to_the_63", {"event.data.words": 2**63}, "#/facts/event.data.words"),
        ("below_its_range", {"event.data.words": -1}, "#/facts/event.data.words"),
        ("nan", {"event.data.words": 1, "event.data.quality": "NaN"}, "#/facts/event.data.quality"),
        ("1e400", {"event.data.words": 1, "event.data.quality": "1e400"}, "#/facts/event.data.quality"),
        ("not_of_the_enum", {"event.data.words": 1, "event.data.topic": "news"}, "#/facts/event.data.topic"),
        ("no_zone", {"event.data.words": 1, "now": "2026-01-01T00:00:00"}, "#/facts/now"),
        ("year_9999", {"event.data.words": 1, "now": "9999-12-31T23:59:59Z"}, "#/facts/now"),
        ("nothing", {}, "#/facts"),
    ],
)
def test_facts_that_cannot_be_are_refused_with_their_place(client, _case, facts, pointer):
    document = {
        **RULE,
        "if": "event.data.words > 1 && (event.data.quality ?? 1.0) > 0.5 && now.getHours() >= 0",
        "then": [award('event.data.words + floor(event.data.quality ?? 1.0)')],
    }  # fmt: skip

    answer = send(client, "POST", "rules/evaluate", json.dumps({"document": document, "facts": facts}).encode())

    assert_problem(answer, 400, pointer)


@pytest.mark.parametrize(
    ("_case", "path", "status"),
    [
        ("no_page_size", "members/ada/statement?page_size=0", 400),
        ("page_size_too_large", "members/ada/statement?page_size=201", 400),
        ("page_size_too_large_behind_zeros", "members/ada/statement?page_size=000000100000000", 400),
        ("page_size_negative", "members/ada/statement?page_size=-1", 400),
        ("page_size_in_words", "members/ada/statement?page_size=ten", 400),
        ("page_size_without_end", f"members/ada/statement?page_size={'9' * 5_000}", 400),
        ("page_size_in_other_digits", "members/ada/statement?page_size=%D9%A3", 400),
        ("cursor_in_words", "members/ada/statement?cursor=next", 400),
        ("cursor_of_another_list", "members/ada/statement?cursor=cD01", 400),
        ("cursor_beyond_the_numbers", "members/ada/statement?cursor=ZTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ", 400),
        ("cursor_not_ascii", "members/ada/statement?cursor=%C3%A9", 400),
        ("cursor_nul", "members/ada/statement?cursor=%00", 400),
        ("unknown_currency", "members/ada/statement?currency=pionts", 400),
        ("currency_nul", "members/ada/statement?currency=%00", 400),
        ("rule_nul", "members/ada/statement?rule=%00", 400),
        ("list_page_size_in_words", "members?page_size=ten", 400),
        ("list_page_size_zero", "members?page_size=0", 400),
        ("list_page_size_too_large", "members?page_size=201", 400),
        ("list_cursor_in_words", "members?cursor=next", 400),
        ("list_cursor_of_another_list", "members?cursor=ZTU", 400),
        ("list_cursor_not_a_number", "members?cursor=cD1hYmM", 400),
        ("list_cursor_beyond_the_numbers", "members?cursor=cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", 400),
        ("list_cursor_nul", "members?cursor=%00", 400),
        ("list_status", "members?status=gone", 400),
        ("list_house", "members?house=perhaps", 400),
        ("list_language_nul", "members?language=%00", 400),
        ("list_joined_in_words", "members?joined_from=yesterday", 400),
        ("list_joined_without_zone", "members?joined_from=2026-01-01T00:00:00", 400),
        ("list_joined_after_the_year_9999", "members?joined_until=9999-12-31T23:59:59-12:00", 400),
        ("list_joined_in_the_year_1", "members?joined_from=0001-01-01T00:00:00%2B12:00", 400),
        ("member_unknown", "members/nobody", 404),
        ("member_nul", "members/a%00b", 404),
        ("member_not_utf_8", "members/%ff", 404),
        ("member_a_megabyte", f"members/{'a' * 100_000}", 404),
        ("balances_unknown", "members/nobody/balances", 404),
        ("data_unknown", "members/nobody/data", 404),
        ("lots_unknown", "members/nobody/lots", 404),
        ("standing_unknown", "members/nobody/standing", 404),
        ("event_unknown", "events/app/e1", 404),
        ("ladder_is_not_read_alone", "ladders/growth", 404),
        ("segment_unknown", "segments/founder", 404),
        ("segment_nul", "segments/a%00b", 404),
        ("segment_members_unknown", "segments/founder/members", 404),
        ("space_unknown", "spaces/nowhere", 404),
        ("space_nul", "spaces/a%00b", 404),
        ("space_members_of_no_state", "spaces/circle/members?state=gone", 400),
        ("roles_of_nobody", "members/nobody/roles", 404),
        ("partner_unknown", "partners/nobody", 404),
        ("partner_nul", "partners/a%00b", 404),
        ("segment_members_since_yesterday", "segments/founders/members?since_from=yesterday", 400),
        ("event_nul", "events/app/a%00b", 404),
        ("event_source_nul", "events/a%00b/e1", 404),
        ("event_source_unknown", "events/nobody/e1", 404),
        ("type_unknown", "event-types/no.such", 404),
        ("type_nul", "event-types/a%00b", 404),
        ("hold_unknown", f"holds/{uuid.UUID(int=7)}", 404),
        ("hold_no_uuid", "holds/7", 404),
        ("referrals_unknown", "members/nobody/referrals", 404),
        ("invitation_unknown", "invitations/NOTHING", 404),
        ("invitation_nul", "invitations/a%00b", 404),
        ("invitation_a_megabyte", f"invitations/{'a' * 100_000}", 404),
        ("growth_in_words", "growth?joined_from=yesterday", 400),
        ("growth_without_zone", "growth?sent_until=2026-01-01T00:00:00", 400),
        ("growth_after_the_year_9999", "growth?joined_until=9999-12-31T23:59:59-12:00", 400),
        ("growth_in_no_time", "growth?accepted_within_days=0", 400),
        ("growth_in_two_to_the_63_days", f"growth?accepted_within_days={2**63}", 400),
        ("growth_by_mood", "growth?group_by=mood", 400),
        ("growth_by_nul", "growth?group_by=%00", 400),
        ("privileges_unknown_member", "members/nobody/privileges", 404),
        ("privilege_unknown", "members/ada/privileges/pni", 404),
        ("privilege_nul", "members/ada/privileges/a%00b", 404),
        ("privilege_a_megabyte", f"members/ada/privileges/{'a' * 100_000}", 404),
        ("privilege_unknown_filter", "members/ada/privileges?code=pin", 400),
        ("quests_unknown_member", "members/nobody/quests", 404),
        ("quests_unknown_filter", "members/ada/quests?state=open", 400),
        ("quests_state", "quests?state=gone", 400),
        ("first_day_nul", "members/a%00b/first-day", 404),
        ("weeks_unknown_filter", "newcomers/weeks?weeks=4", 400),
        ("games_cursor", "games?cursor=next", 400),
        ("round_unknown", f"rounds/{uuid.UUID(int=7)}", 404),
        ("round_no_uuid", "rounds/7", 404),
        ("round_a_megabyte", f"rounds/{'a' * 100_000}", 404),
        ("connections_unknown", "members/nobody/connections", 404),
        ("connections_nul", "members/a%00b/connections", 404),
        ("connection_counts_in_words", "connections?least=few", 400),
        ("connection_counts_below_zero", "connections?least=-1", 400),
        ("connection_counts_beyond_the_numbers", f"connections?most={2**70}", 400),
        ("connection_counts_nan", "connections?most=NaN", 400),
        ("connection_counts_cursor", "connections?cursor=next", 400),
        ("content_unknown", "contents/7", 404),
        ("content_beyond_the_numbers", f"contents/{2**64}", 404),
        ("contents_state", "contents?state=gone", 400),
        ("contents_author_nul", "contents?author=%00", 400),
        ("contents_good_perhaps", "contents?good=perhaps", 400),
        ("contents_published_without_zone", "contents?published_from=2026-01-01T00:00:00", 400),
        ("content_shares_of_no_week", "contents/shares?weeks=0", 400),
        ("content_shares_of_two_to_the_70", f"contents/shares?weeks={2**70}", 400),
        ("content_shares_since", "contents/shares?since=2026", 400),
        ("need_unknown", "needs/7", 404),
        ("need_beyond_the_numbers", f"needs/{2**64}", 404),
        ("needs_state", "needs?state=gone", 400),
        ("needs_kind_nul", "needs?kind=%00", 400),
        ("member_needs_unknown", "members/nobody/needs", 404),
        ("violation_unknown", "violations/7", 404),
        ("violation_beyond_the_numbers", f"violations/{2**64}", 404),
        ("violations_state", "violations?state=gone", 400),
        ("violations_member_nul", "violations?member=%00", 400),
        ("reports_state", "reports?state=gone", 400),
        ("conduct_unknown", "members/nobody/conduct", 404),
        ("notifications_unknown", "members/nobody/notifications", 404),
        ("notifications_state", "members/ada/notifications?state=new", 400),
        ("notifications_cursor", "members/ada/notifications?cursor=next", 400),
        ("campaign_unknown", "campaigns/none", 404),
        ("campaign_nul", "campaigns/a%00b", 404),
        ("campaign_report_of_none", "campaigns/none/report", 404),
        ("campaigns_in_an_unknown_state", "campaigns?state=over", 400),
        ("campaign_parameter", "campaigns/draft?full=1", 400),
        ("case_unknown", "members/ada/cases/7", 404),
        ("case_in_words", "members/ada/cases/first", 404),
        ("case_beyond_the_numbers", f"members/ada/cases/{2**64}", 404),
        ("cases_of_nobody", "members/nobody/cases", 404),
        ("correction_unknown", "corrections/7", 404),
        ("correction_beyond_the_numbers", f"corrections/{2**64}", 404),
        ("corrections_cursor", "corrections?cursor=next", 400),
        ("no_rules_yet", "community-rules", 404),
        ("no_such_address", "nothing", 404),
        ("no_such_address_below", "members/ada/balances/points", 404),
        ("root", "", 404),
    ],
)
def test_an_address_or_a_parameter_that_cannot_be_meant_is_one_problem(client, _case, path, status):
    assert_problem(send(client, "GET", path), status)


@pytest.mark.parametrize(
    ("_case", "path"),
    [
        ("nul", "members/a%00b"),
        ("too_long", f"members/{'a' * 129}"),
        ("line_break", "members/a%0Ab"),
        ("type_in_capitals", "event-types/Content"),
        ("type_empty_part", "event-types/content..published"),
        ("type_nul", "event-types/a%00b"),
        ("type_too_long", f"event-types/{'a' * 65}"),
    ],
)
def test_nothing_is_created_under_a_name_that_cannot_be(client, _case, path):
    before = counts()

    assert_problem(send(client, "PUT", path, b"{}"), 400)

    assert counts() == before


def test_our_own_event_types_cannot_be_changed(client):
    answer = send(client, "PUT", "event-types/points.awarded", b'{"schema": {}}')

    assert_problem(answer, 409, words="Laurels' own")


EVERY_CALL = [
    ("POST", "events", Scope.EVENTS_WRITE),
    ("GET", "events/app/e1", Scope.EVENTS_READ),
    ("GET", "event-types", Scope.EVENTS_READ),
    ("GET", "event-types/content.published", Scope.EVENTS_READ),
    ("PUT", "event-types/content.published", Scope.EVENTS_WRITE),
    ("GET", "attributes", Scope.MEMBERS_READ),
    ("GET", "members", Scope.MEMBERS_READ),
    ("POST", "members/batch", Scope.MEMBERS_WRITE),
    ("GET", "members/ada", Scope.MEMBERS_READ),
    ("PUT", "members/ada", Scope.MEMBERS_WRITE),
    ("POST", "members/ada/merges", Scope.MEMBERS_WRITE),
    ("POST", "members/ada/erasure", Scope.MEMBERS_ERASE),
    ("GET", "members/ada/data", Scope.MEMBERS_READ),
    ("GET", "members/ada/standing", Scope.MEMBERS_READ),
    ("POST", "members/ada/page-link", Scope.MEMBERS_READ),
    ("GET", "members/ada/balances", Scope.POINTS_READ),
    ("GET", "members/ada/badges", Scope.MEMBERS_READ),
    ("GET", "members/ada/timeline", Scope.EVENTS_READ),
    ("GET", "members/ada/statement", Scope.POINTS_READ),
    ("GET", "members/ada/lots", Scope.POINTS_READ),
    ("POST", "spends", Scope.POINTS_WRITE),
    ("POST", "adjustments", Scope.POINTS_WRITE),
    ("POST", "transfers", Scope.POINTS_WRITE),
    ("POST", "reversals", Scope.POINTS_WRITE),
    ("POST", "holds", Scope.POINTS_WRITE),
    ("GET", f"holds/{uuid.UUID(int=7)}", Scope.POINTS_READ),
    ("POST", f"holds/{uuid.UUID(int=7)}/capture", Scope.POINTS_WRITE),
    ("POST", f"holds/{uuid.UUID(int=7)}/void", Scope.POINTS_WRITE),
    ("GET", "rules", Scope.RULES_READ),
    ("GET", "rules/post", Scope.RULES_READ),
    ("GET", "badges", Scope.RULES_READ),
    ("GET", "ladders", Scope.RULES_READ),
    ("GET", "tiers", Scope.RULES_READ),
    ("POST", "ladders/growth/preview", Scope.RULES_READ),
    ("GET", "segments", Scope.MEMBERS_READ),
    ("GET", "segments/founders", Scope.MEMBERS_READ),
    ("GET", "segments/founders/members", Scope.MEMBERS_READ),
    ("PUT", "segments/founders/members/ada", Scope.MEMBERS_WRITE),
    ("DELETE", "segments/founders/members/ada", Scope.MEMBERS_WRITE),
    ("POST", "segments/writers/evaluate", Scope.MEMBERS_WRITE),
    ("PUT", "members/ada/leave", Scope.MEMBERS_WRITE),
    ("DELETE", "members/ada/leave", Scope.MEMBERS_WRITE),
    ("PUT", "members/ada/tiers/growth/bronze/loan", Scope.MEMBERS_WRITE),
    ("DELETE", "members/ada/tiers/growth/bronze/loan", Scope.MEMBERS_WRITE),
    ("PUT", "members/ada/tiers/growth/guests/invitation", Scope.MEMBERS_WRITE),
    ("DELETE", "members/ada/tiers/growth/guests/invitation", Scope.MEMBERS_WRITE),
    ("POST", "members/ada/tiers/growth/guests/invitation/accept", Scope.MEMBERS_WRITE),
    ("GET", "spaces", Scope.MEMBERS_READ),
    ("GET", "spaces/circle", Scope.MEMBERS_READ),
    ("GET", "spaces/circle/members", Scope.MEMBERS_READ),
    ("PUT", "spaces/circle/members/ada", Scope.MEMBERS_WRITE),
    ("DELETE", "spaces/circle/members/ada", Scope.MEMBERS_WRITE),
    ("GET", "roles", Scope.MEMBERS_READ),
    ("GET", "members/ada/roles", Scope.MEMBERS_READ),
    ("PUT", "members/ada/roles/host", Scope.MEMBERS_WRITE),
    ("DELETE", "members/ada/roles/host", Scope.MEMBERS_WRITE),
    ("GET", "partners", Scope.MEMBERS_READ),
    ("GET", "partners/shop", Scope.MEMBERS_READ),
    ("GET", "rejections", Scope.EVENTS_READ),
    ("POST", "rules/check", Scope.RULES_READ),
    ("POST", "rules/evaluate", Scope.RULES_READ),
    ("POST", "invitations", Scope.MEMBERS_WRITE),
    ("GET", "invitations/CODE", Scope.MEMBERS_READ),
    ("DELETE", "invitations/CODE", Scope.MEMBERS_WRITE),
    ("POST", "invitations/CODE/accept", Scope.MEMBERS_WRITE),
    ("GET", "members/ada/referrals", Scope.MEMBERS_READ),
    ("GET", "growth", Scope.MEMBERS_READ),
    ("GET", "privileges", Scope.PRIVILEGES_READ),
    ("GET", "members/ada/privileges", Scope.PRIVILEGES_READ),
    ("GET", "members/ada/privileges/pin", Scope.PRIVILEGES_READ),
    ("GET", "members/ada/privileges/pin/uses", Scope.PRIVILEGES_READ),
    ("POST", "members/ada/privileges/pin/uses", Scope.PRIVILEGES_WRITE),
    ("POST", "members/ada/privileges/pin/uses/1/cancel", Scope.PRIVILEGES_WRITE),
    ("GET", "members/ada/privileges/pin/grants", Scope.PRIVILEGES_READ),
    ("POST", "members/ada/privileges/pin/grants", Scope.PRIVILEGES_WRITE),
    ("POST", "members/ada/privileges/pin/grants/1/revoke", Scope.PRIVILEGES_WRITE),
    ("GET", "quests", Scope.RULES_READ),
    ("POST", "quests/check", Scope.RULES_READ),
    ("GET", "members/ada/quests", Scope.MEMBERS_READ),
    ("POST", "members/ada/quests/writer/begin", Scope.MEMBERS_WRITE),
    ("GET", "members/ada/first-day", Scope.MEMBERS_READ),
    ("GET", "newcomers/weeks", Scope.MEMBERS_READ),
    ("GET", "games", Scope.MEMBERS_READ),
    ("POST", "games/idioms/rounds", Scope.MEMBERS_WRITE),
    ("GET", f"rounds/{uuid.UUID(int=7)}", Scope.MEMBERS_READ),
    ("POST", f"rounds/{uuid.UUID(int=7)}/turns", Scope.MEMBERS_WRITE),
    ("POST", f"rounds/{uuid.UUID(int=7)}/close", Scope.MEMBERS_WRITE),
    ("GET", "connections", Scope.MEMBERS_READ),
    ("GET", "members/ada/connections", Scope.MEMBERS_READ),
    ("PUT", "members/ada/connections", Scope.MEMBERS_WRITE),
    ("DELETE", "members/ada/connections/bo", Scope.MEMBERS_WRITE),
    ("POST", "introductions", Scope.MEMBERS_WRITE),
    ("POST", "introductions/1/answers", Scope.MEMBERS_WRITE),
    ("GET", "members/ada/notifications", Scope.INBOX_READ),
    ("POST", "members/ada/notifications/read", Scope.INBOX_WRITE),
    ("GET", "members/ada/notification-choice", Scope.INBOX_READ),
    ("PUT", "members/ada/notification-choice", Scope.INBOX_WRITE),
    ("GET", "campaigns", Scope.CAMPAIGNS_READ),
    ("GET", "campaigns/draft", Scope.CAMPAIGNS_READ),
    ("GET", "campaigns/draft/report", Scope.CAMPAIGNS_READ),
    ("POST", "campaigns/draft/stop", Scope.CAMPAIGNS_WRITE),
    ("GET", "members/ada/cases", Scope.INBOX_READ),
    ("POST", "members/ada/cases", Scope.INBOX_WRITE),
    ("GET", "members/ada/cases/7", Scope.INBOX_READ),
    ("POST", "members/ada/cases/7/reopen", Scope.INBOX_WRITE),
    ("POST", "members/ada/cases/7/close", Scope.INBOX_WRITE),
    ("GET", "corrections", Scope.CORRECTIONS_READ),
    ("POST", "corrections", Scope.CORRECTIONS_WRITE),
    ("GET", "corrections/7", Scope.CORRECTIONS_READ),
    ("POST", "corrections/7/approval", Scope.CORRECTIONS_WRITE),
    ("GET", "contents", Scope.MEMBERS_READ),
    ("GET", "contents/shares", Scope.MEMBERS_READ),
    ("GET", "contents/7", Scope.MEMBERS_READ),
    ("POST", "contents/7/decision", Scope.MEMBERS_WRITE),
    ("GET", "needs", Scope.MEMBERS_READ),
    ("POST", "needs", Scope.MEMBERS_WRITE),
    ("GET", "needs/7", Scope.MEMBERS_READ),
    ("POST", "needs/7/candidates", Scope.MEMBERS_WRITE),
    ("POST", "needs/7/answers", Scope.MEMBERS_WRITE),
    ("POST", "needs/7/confirmations", Scope.MEMBERS_WRITE),
    ("POST", "needs/7/withdrawal", Scope.MEMBERS_WRITE),
    ("GET", "members/ada/needs", Scope.MEMBERS_READ),
    ("GET", "community-rules", Scope.MEMBERS_READ),
    ("POST", "members/ada/rules-acceptance", Scope.MEMBERS_WRITE),
    ("GET", "members/ada/conduct", Scope.CONDUCT_READ),
    ("GET", "violations", Scope.CONDUCT_READ),
    ("POST", "violations", Scope.CONDUCT_WRITE),
    ("GET", "violations/months", Scope.CONDUCT_READ),
    ("GET", "violations/7", Scope.CONDUCT_READ),
    ("POST", "violations/7/appeal", Scope.CONDUCT_WRITE),
    ("POST", "violations/7/decision", Scope.CONDUCT_WRITE),
    ("GET", "reports", Scope.CONDUCT_READ),
    ("POST", "reports", Scope.CONDUCT_WRITE),
    ("GET", "proposals", Scope.ACTIVITIES_READ),
    ("POST", "proposals", Scope.ACTIVITIES_WRITE),
    ("GET", "proposals/7", Scope.ACTIVITIES_READ),
    ("POST", "proposals/7/answers", Scope.ACTIVITIES_WRITE),
    ("POST", "proposals/7/steps", Scope.ACTIVITIES_WRITE),
    ("GET", "members/ada/proposals", Scope.ACTIVITIES_READ),
    ("GET", "activities", Scope.ACTIVITIES_READ),
    ("POST", "activities", Scope.ACTIVITIES_WRITE),
    ("GET", "activities/evening", Scope.ACTIVITIES_READ),
    ("PATCH", "activities/evening", Scope.ACTIVITIES_WRITE),
    ("POST", "activities/evening/steps", Scope.ACTIVITIES_WRITE),
    ("GET", "activities/evening/verdicts/ada", Scope.ACTIVITIES_READ),
    ("GET", "activities/evening/registrations", Scope.ACTIVITIES_READ),
    ("POST", "activities/evening/registrations", Scope.ACTIVITIES_WRITE),
    ("GET", "registrations/7", Scope.ACTIVITIES_READ),
    ("POST", "registrations/7/steps", Scope.ACTIVITIES_WRITE),
    ("GET", "members/ada/registrations", Scope.ACTIVITIES_READ),
    ("GET", "whoami", None),
]


def test_every_address_of_the_api_is_tried_with_wrong_keys():
    from django.urls import resolve

    from config.api import urlpatterns

    views = {pattern.callback.cls for pattern in urlpatterns if hasattr(pattern.callback, "cls")}
    tried = {resolve(f"/api/v1/{path}").func.cls for _, path, _ in EVERY_CALL}

    assert {view.__name__ for view in views - tried} == {"SpectacularAPIView", "SpectacularSwaggerSplitView"}


@pytest.mark.parametrize("scope", list(Scope))
def test_a_key_without_the_scope_is_turned_away_by_its_name(client_of, scope, subtests):
    client = client_of(*[str(other) for other in Scope if other != scope])
    before = counts()

    for method, path, needed in EVERY_CALL:
        if needed == scope:
            with subtests.test(method=method, path=path):
                answer = send(client, method, path, b"{}", **{"Idempotency-Key": "k"})
                assert_problem(answer, 403, words=f"This key lacks the scope {scope}.")

    assert counts() == before


def authorization(kind):
    if kind == "expired":
        _, text = ApiKey.objects.create_key(
            name="old", scopes=[str(s) for s in Scope], expiry_date=datetime.now(UTC) - timedelta(seconds=1)
        )
        return f"Api-Key {text}"
    if kind == "revoked":
        key, text = ApiKey.objects.create_key(name="gone", scopes=[str(s) for s in Scope])
        ApiKey.objects.filter(pk=key.pk).update(revoked=True)
        return f"Api-Key {text}"
    text = factories.api_key()
    return {
        "wrong": f"Api-Key {text[:-1]}{'a' if text[-1] != 'a' else 'b'}",
        "unknown": "Api-Key 12345678.abcdefgh",
        "no_dot": "Api-Key nonsense",
        "other_scheme": f"Token {text}",
        "no_scheme": text,
        "empty": "Api-Key ",
        "a_megabyte": f"Api-Key {MEGABYTE}",
        "not_ascii": "Api-Key é.ü",
        "control": "Api-Key a\x7f.b",
    }[kind]


@pytest.mark.parametrize(
    "kind",
    ["expired", "revoked", "wrong", "unknown", "no_dot", "other_scheme", "no_scheme", "empty", "a_megabyte",
     "not_ascii", "control"],
)  # fmt: skip
def test_a_key_that_is_not_valid_is_turned_away_and_told_what_to_do(kind):
    before = counts()
    client = APIClient(headers={"Authorization": authorization(kind)})

    answer = send(client, "POST", "events", event(id="good"))

    assert_problem(answer, 401)
    assert answer["WWW-Authenticate"] == 'Api-Key realm="laurels"'
    assert counts() == before


def test_nobody_gets_in_without_a_key(subtests):
    for method, path, _scope in EVERY_CALL:
        with subtests.test(method=method, path=path):
            answer = send(APIClient(), method, path, b"{}", **{"Idempotency-Key": "k"})
            assert_problem(answer, 401, words="Send an API key")


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "TRACE", "BREW"])
def test_a_method_that_an_address_does_not_know_is_refused(client, method, subtests):
    before = counts()

    for path in dict.fromkeys(path for _, path, _ in EVERY_CALL):
        if method not in {known for known, where, _ in EVERY_CALL if where == path}:
            with subtests.test(path=path):
                answer = send(client, method, path, b"{}", **{"Idempotency-Key": "k"})
                assert_problem(answer, 405)
                assert answer["Allow"]

    assert counts() == before


@pytest.mark.parametrize(("method", "path"), READERS[:-1])
def test_a_body_of_a_kind_that_is_not_read_here_is_refused(client, method, path):
    answer = send(client, method, path, b"member=ada", "application/x-www-form-urlencoded", **{"Idempotency-Key": "k"})

    assert_problem(answer, 415)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_an_unknown_address_answers_in_the_same_form_whatever_the_method(method):
    client = APIClient(enforce_csrf_checks=True)

    assert_problem(send(client, method, "nothing", b"{}"), 404)


def test_an_event_of_a_foreign_source_cannot_be_read(client_of):
    factories.report(item("e1", "ada"))
    stranger = client_of(sources=("other",))

    assert_problem(send(stranger, "GET", "events/app/e1"), 404)
    assert send(client_of(), "GET", "events/app/e1").status_code == 200


@pytest.mark.parametrize(
    "key", [pytest.param(key, id=name) for name, key in (("empty", ""), ("too_long", "k" * 129), ("tab", "a\tb"))]
)
@pytest.mark.parametrize(("path", "body"), [("spends", SPEND), ("transfers", TRANSFER), ("adjustments", ADJUST)])
def test_moving_points_without_a_usable_idempotency_key_moves_nothing(client, path, body, key):
    before = counts()

    answer = send(client, "POST", path, json.dumps(body).encode(), **({"Idempotency-Key": key} if key else {}))

    assert_problem(answer, 400, words="Idempotency-Key")
    assert counts() == before


def test_a_mistake_in_the_body_does_not_burn_its_idempotency_key(client):
    factories.CurrencyFactory()
    wrong = {**ADJUST, "amount": "many"}

    assert_problem(send(client, "POST", "adjustments", json.dumps(wrong).encode(), **{"Idempotency-Key": "k"}), 400)
    mended = send(client, "POST", "adjustments", json.dumps(ADJUST).encode(), **{"Idempotency-Key": "k"})

    assert (mended.status_code, mended.json()["balance"]) == (201, "1")


def test_a_key_that_asks_too_often_is_told_when_to_come_back(client_of):
    client = client_of()
    ApiKey.objects.update(requests_per_minute=1)

    assert send(client, "GET", "whoami").status_code == 200
    answer = send(client, "GET", "whoami")

    assert_problem(answer, 429)
    assert 0 < int(answer["Retry-After"]) <= 60


def test_when_too_much_waits_events_are_sent_back_for_later(client, settings, monkeypatch):
    from incentives.api import events

    factories.report(item("e1", "ada"), now=datetime.now(UTC) - timedelta(hours=2))
    monkeypatch.setattr(events, "_overload", events._Overload())

    answer = send(client, "POST", "events", event(id="good"))

    assert_problem(answer, 429)
    assert answer["Retry-After"] == "30"
    assert Work.objects.count() == 1
