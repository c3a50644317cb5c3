"""Bodies that cannot be read are one problem, whatever they were sent to."""

from __future__ import annotations

import pytest

from tests.flows.bad_input.calls import READERS, UNREADABLE, assert_problem, counts, send

# Bounds that a database has are tried on each by the fuzz at the bounds of the schema.
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


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
