"""What can be wrong with a rule document before anything it names is looked at."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from incentives.domain.rules import documents
from incentives.domain.rules.documents import BadDocument, read_document, read_limit
from tests.incentives.domain.rules.words import PAY, document, told


@pytest.mark.parametrize(
    ("_case", "words", "expected"),
    [
        ("unknown_word", {"wehn": "x"}, ("/wehn", "unknown_word")),
        ("unknown_word_inside", {"then": [{**PAY, "curency": "x"}]}, ("/then/0/curency", "unknown_word")),
        ("unknown_word_with_a_slash", {"a/b": 1}, ("/a~1b", "unknown_word")),
        ("unknown_effect", {"then": [{"do": "pay"}]}, ("/then/0/do", "unknown_effect")),
        ("missing_amount", {"then": [{"do": "award", "currency": "points"}]}, ("/then/0", "missing")),
        ("wrong_type", {"then": [{**PAY, "amount": []}]}, ("/then/0/amount", "invalid")),
        ("later", {"chance": 0.5}, ("/chance", "not_supported")),
        ("code", {"code": "Post"}, ("/code", "invalid")),
        ("lang", {"lang": 2}, ("/lang", "invalid")),
        ("no_effects", {"then": []}, ("/then", "invalid")),
        ("eleven_effects", {"then": [PAY] * 11}, ("/then", "invalid")),
        ("eleven_limits", {"limits": [{"every": "day", "times": 1}] * 11}, ("/limits", "invalid")),
        ("priority", {"priority": 1_000_001}, ("/priority", "invalid")),
        ("two_limits_of_one_code", {"limits": [{"code": "a", "every": "day", "times": 1}] * 2}, ("/limits", "invalid")),
        ("limit_of_both", {"limits": [{"every": "day", "times": 1, "amount": 1, "currency": "points"}]},
         ("/limits/0", "invalid")),
        ("limit_without_currency", {"limits": [{"every": "day", "amount": 1}]}, ("/limits/0", "invalid")),
        ("limit_on_times_cuts", {"limits": [{"every": "day", "times": 1, "over": "cut"}]}, ("/limits/0", "invalid")),
        ("limit_of_nothing", {"limits": [{"every": "day", "times": 0}]}, ("/limits/0", "invalid")),
        ("limit_nan", {"limits": [{"every": "day", "amount": "NaN", "currency": "points"}]}, ("/limits/0", "invalid")),
        ("schedule_without_zone", {"schedule": {"until": "2026-01-01T00:00:00"}}, ("/schedule/until", "invalid")),
        ("schedule_backwards", {"schedule": {"from": "2026-02-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}},
         ("/schedule/until", "invalid")),
        ("any_of_nothing", {"if": {"any": []}}, ("/if/any", "invalid")),
        ("all_and_any", {"if": {"all": [], "any": []}}, ("/if", "invalid")),
        ("expr_and_all", {"if": {"all": [{"expr": "true", "all": []}]}}, ("/if/all/0", "invalid")),
        ("neither", {"if": {"all": [{}]}}, ("/if/all/0", "invalid")),
        ("41_clauses", {"if": {"all": [{"expr": "true"}] * 41}}, ("/if", "too_big")),
        ("expiry", {"then": [{**PAY, "expires": {"kind": "on", "month": 2, "day": 30}}]}, ("/then/0/expires", "invalid")),
        ("pending_both", {"then": [{**PAY, "pending": {"for": "7d", "until": "x", "within": "1d"}}]},
         ("/then/0/pending", "invalid")),
        ("pending_neither", {"then": [{**PAY, "pending": {}}]}, ("/then/0/pending", "invalid")),
        ("pending_match_of_a_time", {"then": [{**PAY, "pending": {"for": "7d", "match": "x"}}]},
         ("/then/0/pending", "invalid")),
        ("pending_too_long", {"then": [{**PAY, "pending": {"for": "367d"}}]}, ("/then/0/pending/for", "invalid")),
        ("pending_in_words", {"then": [{**PAY, "pending": {"for": "a week"}}]}, ("/then/0/pending/for", "invalid")),
        ("pending_without_within", {"then": [{**PAY, "pending": {"until": "content.recognised"}}]},
         ("/then/0/pending/within", "invalid")),
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_used_is_refused_at_the_place(_case, words, expected):
    assert expected in told(**words)


def test_a_document_that_is_no_object_is_refused():
    with pytest.raises(BadDocument, match="A rule is an object"):
        read_document(["code"])


def test_a_finding_reads_as_a_sentence_with_its_mend():
    with pytest.raises(BadDocument) as caught:
        read_document(document(wehn="x"))

    assert str(caught.value) == "/wehn: There is no wehn here. Did you mean when?"


def test_a_word_that_resembles_none_is_to_be_removed():
    with pytest.raises(BadDocument, match="Remove it"):
        read_document(document(zzzzzzz=1))


def test_what_yaml_makes_of_numbers_and_words_is_read_as_it_was_written():
    raw = document(
        limits=[{"every": "day", "amount": 1.5, "currency": "points"}], tests=[{"given": {1: 1}, "expect": {}}]
    )

    read = read_document(raw)

    assert read.limits[0].amount == Decimal("1.5")
    assert read.tests[0].given == {"1": 1}


def test_a_document_survives_being_written_out_and_read_again():
    raw = document(
        if_={"any": [{"expr": "true", "why_not": {"en": "No."}}, {"all": [{"expr": "false"}]}]},
        limits=["shared", {"every": "week", "times": 3}],
        schedule={"from": "2026-01-01T00:00:00Z"},
    )
    read = read_document(raw)

    assert read_document(documents.as_plain(read)) == read
    assert read.schedule.from_ == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_condition_is_a_group_whatever_form_it_was_written_in():
    alone = documents.clauses_of(read_document(document(if_="true")))
    clause = documents.clauses_of(read_document(document(if_={"expr": "true"})))
    none = documents.clauses_of(read_document(document()))
    group = documents.clauses_of(read_document(document(if_={"any": [{"expr": "true"}]})))

    assert [each.expr for each in alone.all] == [each.expr for each in clause.all] == ["true"]
    assert none.all == ()
    assert [each.expr for each in group.any] == ["true"]


def test_a_shared_limit_is_read_under_its_code_and_refused_like_one_of_a_rule():
    read = read_limit({"every": "day", "times": 3}, "votes")

    assert (read.code, read.times, read.per) == ("votes", 3, "member")
    for wrong in ({"every": "day"}, {"every": "year", "times": 1}, []):
        with pytest.raises(BadDocument):
            read_limit(wrong, "votes")
