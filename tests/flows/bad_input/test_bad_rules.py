"""Broken rules are told their mistakes, and can be neither tried nor published."""

from __future__ import annotations

import json

import pytest

from incentives.models import (
    RuleVersion,
)
from tests.factories import award
from tests.flows.bad_input.calls import assert_problem, counts, send

# Bounds that a database has are tried on each by the fuzz at the bounds of the schema.
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

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
