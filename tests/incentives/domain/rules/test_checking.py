"""What checking proves about a rule that can be read."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from incentives.domain.rules import checking
from incentives.domain.rules.checking import fact_from, outcome
from members.domain.language import DURATION, Field
from tests.incentives.domain.rules.words import CATALOGUE, DATA, PAY, check, rule, told


def pays(amount, currency="points", **more):
    return {"do": "award", "currency": currency, "amount": amount, **more}


@pytest.mark.parametrize(
    ("_case", "words", "expected"),
    [
        ("type", {"when": "content.publishd"}, ("/when", "unknown_type")),
        ("reserved_type", {"when": "effect.assigned"}, ("/when", "unknown_type")),
        ("field", {"if": "event.data.wrods > 1"}, ("/if/all/0/expr", "unknown_field")),
        ("counter_of_another_type", {"if": "counters.votes > 1"}, ("/if/all/0/expr", "unknown_field")),
        ("no_bool", {"if": {"any": [{"all": [{"expr": "event.data.words"}]}]}}, ("/if/any/0/all/0/expr", "type")),
        ("currency", {"then": [pays(1, "pionts")]}, ("/then/0/currency", "unknown_currency")),
        ("badge", {"then": [{"do": "badge", "badge": "stra"}]}, ("/then/0/badge", "unknown_badge")),
        ("same_as_nothing", {"then": [pays("same")]}, ("/then/0/amount", "invalid")),
        ("unguarded", {"then": [pays("event.data.quality")]}, ("/then/0/amount", "unguarded")),
        ("guarded_by_one_of_two", {"if": {"any": [{"expr": "has(event.data.quality)"}, {"expr": "event.data.first"}]},
                                   "then": [pays("event.data.quality")]}, ("/then/0/amount", "unguarded")),
        ("never_pays", {"then": [pays("0 - event.data.words")]}, ("/then/0/amount", "never_pays")),
        ("unbounded", {"then": [pays("1000000000 * 1000000")]}, ("/then/0/amount", "unbounded")),
        ("unbounded_in_minor_units", {"then": [pays("10000000000000", "cents")]}, ("/then/0/amount", "unbounded")),
        ("limit_unknown", {"limits": ["shraed"]}, ("/limits/0", "unknown_limit")),
        ("limit_currency", {"limits": [{"every": "day", "amount": 1, "currency": "x"}]},
         ("/limits/0/currency", "unknown_currency")),
        ("limit_finer_than_its_currency", {"limits": [{"every": "day", "amount": 0.5, "currency": "points"}]},
         ("/limits/0/amount", "invalid")),
        ("limit_beyond_the_books", {"limits": [{"every": "day", "amount": 10**14, "currency": "cents"}]},
         ("/limits/0/amount", "too_large")),
        ("always", {"if": "event.data.words >= 0"}, ("/if/all/0/expr", "always")),
        ("always_there", {"if": "has(event.data.words)"}, ("/if/all/0/expr", "always")),
        ("never", {"if": "event.data.words > 1000"}, ("/if/all/0/expr", "never")),
        ("never_equal", {"if": "event.data.words == 1001"}, ("/if/all/0/expr", "never")),
        ("always_unequal", {"if": "event.data.words != -1"}, ("/if/all/0/expr", "always")),
        ("never_below", {"if": "event.data.words < 0"}, ("/if/all/0/expr", "never")),
        ("always_below", {"if": "event.data.words <= 1000"}, ("/if/all/0/expr", "always")),
        ("to_nobody", {"then": [pays(1, to="event.data.nobody")]}, ("/then/0/to", "unknown_field")),
        ("to_a_word", {"then": [pays(1, to="everybody")]}, ("/then/0/to", "unknown_field")),
        ("to_a_number", {"then": [pays(1, to="event.data.words")]}, ("/then/0/to", "type")),
        ("to_somebody_who_may_be_missing", {"then": [pays(1, to="event.data.editor")]}, ("/then/0/to", "unguarded")),
        ("badge_to_a_number", {"then": [{"do": "badge", "badge": "star", "to": "event.data.words"}]}, ("/then/0/to", "type")),
        ("pending_until_unknown", {"then": [pays(1, pending={"until": "content.liked", "within": "1d"})]},
         ("/then/0/pending/until", "unknown_type")),
        ("pending_match_unknown", {"then": [pays(1, pending={"until": "content.recognised", "match": "event.data.x",
                                                             "within": "1d"})]},
         ("/then/0/pending/match", "unknown_field")),
        ("pending_match_unknown_there", {"then": [pays(1, pending={"until": "content.recognised",
                                                                   "match": "event.data.topic", "within": "1d"})]},
         ("/then/0/pending/match", "unknown_field")),
        ("test_unknown_field", {"tests": [{"given": {"event.data.x": 1}, "expect": {}}]},
         ("/tests/0/given/event.data.x", "unknown_field")),
        ("test_wrong_type", {"tests": [{"given": {"event.data.words": "many"}, "expect": {}}]},
         ("/tests/0/given/event.data.words", "type")),
        ("test_missing", {"if": "event.data.words > 1", "tests": [{"given": {}, "expect": {}}]},
         ("/tests/0/given", "missing")),
        ("test_not_matched", {"if": "event.data.words > 1",
                              "tests": [{"given": {"event.data.words": 1}, "expect": {"matched": True}}]},
         ("/tests/0/expect/matched", "test_failed")),
        ("test_unknown_currency", {"tests": [{"given": {}, "expect": {"gold": 1}}]}, ("/tests/0/expect/gold", "unknown")),
        ("test_amount", {"tests": [{"given": {}, "expect": {"points": 6}}]}, ("/tests/0/expect/points", "test_failed")),
        ("test_amount_in_words", {"tests": [{"given": {}, "expect": {"points": "many"}}]},
         ("/tests/0/expect/points", "type")),
    ],
)  # fmt: skip
def test_what_is_wrong_or_doubtful_is_told_at_its_place(_case, words, expected):
    assert expected in told(**words)


@pytest.mark.parametrize(
    ("_case", "words"),
    [
        ("guarded_before", {"if": {"all": [{"expr": "has(event.data.quality)"}]}, "then": [pays("event.data.quality")]}),
        ("guarded_in_both", {"if": {"any": [{"expr": "has(event.data.quality) && event.data.first"},
                                            {"all": [{"expr": "has(event.data.quality)"}]}]},
                             "then": [pays("event.data.quality")]}),
        ("guarded_by_the_group_before", {"if": {"all": [{"any": [{"expr": "has(event.data.quality)"}]},
                                                        {"expr": "event.data.quality > 1.0"}]}}),
        ("unbounded_but_limited", {"then": [pays("1000000000 * 1000000")],
                                   "limits": [{"every": "day", "amount": 5, "currency": "points"}]}),
        ("to_somebody_who_is_there", {"if": "has(event.data.editor)", "then": [pays(1, to="event.data.editor")]}),
        ("to_the_inviter", {"then": [pays(1, to="inviter")]}),
        ("shared_limit", {"limits": ["shared"]}),
        ("pending", {"then": [pays(1, pending={"until": "content.recognised", "match": "event.data.author", "within": "1d"}),
                              pays("same", "cents", pending={"for": "2d"})]}),
        ("pending_until_anything", {"then": [pays(1, pending={"until": "content.recognised", "within": "1d"})]}),
        ("tests_that_pass", {"if": "event.data.words > 1", "then": [pays(5), {"do": "badge", "badge": "star"}],
                             "tests": [{"given": {"event.data.words": 2}, "expect": {"points": 5, "star": 1, "matched": True}},
                                       {"given": {"event.data.words": 1}, "expect": {"points": 0, "matched": False}}]}),
        ("a_counter", {"if": "crossed(counters.posts, 3)"}),
        ("a_condition_that_is_no_comparison", {"if": 'event.data.topic == "poems" || event.data.first'}),
    ],
)  # fmt: skip
def test_what_is_right_passes_without_a_word(_case, words):
    assert told(**words) == []


def test_a_shared_limit_that_its_currency_outgrew_is_told():
    from dataclasses import replace

    from incentives.domain.rules.documents import Limit, read_document
    from tests.incentives.domain.rules.words import document

    odd = {"odd": Limit(code="odd", every="day", amount=Decimal("0.5"), currency="points")}

    report = checking.check_rule(read_document(document(limits=["odd"])), replace(CATALOGUE, limits=odd))

    assert [(finding.pointer, finding.code) for finding in report.errors] == [("/limits/0", "invalid")]


def test_the_most_one_event_can_move_is_known():
    checked = rule(then=[pays("10 + event.data.words"), pays("same", "cents"), {"do": "badge", "badge": "star"}])

    assert [effect.most() for effect in checked.effects] == [1010, 1010, 0]


def test_the_fields_a_rule_reads_are_listed_once_conditions_first():
    checked = rule(
        if_={"all": [{"expr": "event.data.words > 1"}, {"any": [{"expr": "member.verified"}]}]},
        then=[pays("event.data.words"), {"do": "badge", "badge": "star"}],
    )

    assert checked.fields() == ("event.data.words", "member.verified")


@pytest.mark.parametrize(
    ("_case", "words", "facts", "expected"),
    [
        ("floored", {"then": [pays("event.data.words / 2")]}, {"event.data.words": 7}, {"points": Decimal(3)}),
        ("in_minor_units", {"then": [pays("event.data.words / 3", "cents")]}, {"event.data.words": 7},
         {"cents": Decimal("2.33")}),
        ("never_below_nothing", {"then": [pays("5 - event.data.words")]}, {"event.data.words": 7}, {"points": Decimal(0)}),
        ("summed", {"then": [pays(5), pays(2), {"do": "deduct", "currency": "points", "amount": 3}]}, {},
         {"points": Decimal(4)}),
        ("badge", {"then": [{"do": "badge", "badge": "star"}]}, {}, {"star": Decimal(1)}),
        ("no_match", {"if": "event.data.words > 9"}, {"event.data.words": 9}, None),
        ("crossing", {"if": "crossed(counters.posts, 3)"}, {"counters.posts": 3}, {"points": Decimal(5)}),
        ("crossed_before", {"if": "crossed(counters.posts, 3)"}, {"counters.posts": 4}, None),
        ("peaked_before", {"if": "crossed(counters.posts, 3)"}, {"counters.posts": 3, "counters.posts.before": 3}, None),
        ("never_counted", {"if": "counters.posts >= 0 && crossed(counters.posts, 1)"}, {"counters.posts": 0}, None),
    ],
)  # fmt: skip
def test_a_rule_can_be_tried_on_facts(_case, words, facts, expected):
    assert outcome(rule(**words), facts) == expected


MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "raw", "expected"),
    [
        ("event.data.words", 7, 7),
        ("event.data.words", "7", 7),
        ("event.data.quality", 1.5, Decimal("1.5")),
        ("event.data.quality", None, None),
        ("event.data.topic", "poems", "poems"),
        ("event.data.tags", ["a", "b"], ["a", "b"]),
        ("event.data.first", True, True),
        ("event.data.written_at", "2026-01-01T00:00:00Z", MOMENT),
    ],
)
def test_a_fact_is_read_as_its_fields_type(path, raw, expected):
    assert fact_from(raw, DATA[path]) == expected


@pytest.mark.parametrize(
    ("path", "raw", "sentence"),
    [
        ("event.data.words", "many", "is no int"),
        ("event.data.words", None, "is no int"),
        ("event.data.words", 1_001, "does not lie between 0 and 1000"),
        ("event.data.words", -1, "does not lie between"),
        ("event.data.quality", "NaN", "is no finite number"),
        ("event.data.quality", "1e400", "does not lie between"),
        ("event.data.topic", "news", "is not one of stories, poems"),
        ("event.data.tags", ["a", "c"], "is not one of a, b"),
        ("event.data.tags", "a", "is no list"),
        ("event.data.written_at", "2026-01-01T00:00:00", "has no time zone"),
        ("event.data.written_at", "9999-01-01T00:00:00Z", "1900 and 2200"),
        ("event.data.written_at", "today", "is no timestamp"),
    ],
)
def test_a_fact_that_no_event_can_bring_is_refused(path, raw, sentence):
    with pytest.raises(ValueError, match=sentence):
        fact_from(raw, DATA[path])


def test_a_kind_of_field_that_facts_cannot_have_is_refused():
    with pytest.raises(ValueError, match="is no duration"):
        fact_from("1d", Field(type=DURATION))


def test_a_number_field_without_bounds_takes_any_number():
    from members.domain.language import INT

    assert fact_from(10**12, Field(type=INT)) == 10**12


def test_a_rule_with_a_mistake_is_no_rule_and_one_with_a_doubt_is():
    assert check(if_="event.data.wrods > 1").rule is None
    assert check(if_="event.data.words >= 0").rule is not None
    assert check(if_="event.data.words >= 0").errors == ()
    assert PAY["amount"] == 5
