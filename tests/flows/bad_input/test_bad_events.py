"""Events that cannot be taken are refused with their place, and nothing of them is stored."""

from __future__ import annotations

import json

import pytest

from members.models import (
    Event,
    Work,
)
from tests.factories import item
from tests.flows.bad_input.calls import MEGABYTE, READERS, UNREADABLE, assert_problem, counts, event, send

# Bounds that a database has are tried on each by the fuzz at the bounds of the schema.
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


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
