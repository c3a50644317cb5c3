from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from members.domain.attributes import BadAttributes, changed, check_definition, from_text
from members.models import AttributeDefinition


def define(code="plan", kind="choice", **more):
    bounds = {"minimum": Decimal(0), "maximum": Decimal(100)} if kind in ("int", "decimal") else {}
    choices = ["basic", "gold"] if kind == "choice" else []
    return AttributeDefinition(**{"code": code, "kind": kind, "choices": choices, **bounds, **more})


KEPT = [
    ("string", "x", "x", "x"),
    ("int", 7, "7", 7),
    ("decimal", "7.50", "7.50", "7.50"),
    ("bool", True, "TRUE", True),
    ("date", "2026-11-24", "2026-11-24", "2026-11-24"),
    ("choice", "gold", "gold", "gold"),
]


@pytest.mark.parametrize(("kind", "json", "text", "kept"), KEPT, ids=[case[0] for case in KEPT])
def test_a_value_is_kept_alike_whether_it_comes_as_json_or_as_text(kind, json, text, kept):
    known = {"plan": define(kind=kind)}

    assert changed({"plan": json}, {}, known) == {"plan": kept}
    assert changed({"plan": text}, {}, known, reads=from_text) == {"plan": kept}


@pytest.mark.parametrize(
    ("_case", "kind", "value", "words"),
    [
        ("a_bool_for_a_number", "int", True, "Write a whole number."),
        ("beyond_the_bounds", "int", 101, "It lies between 0 and 100."),
        ("a_number_for_a_decimal", "decimal", 7.5, "Write a number as a text"),
        ("not_a_number", "decimal", "NaN", "at most 6 decimals"),
        ("too_fine", "decimal", "0.0000001", "at most 6 decimals"),
        ("no_such_day", "date", "2026-02-30", "Write a date"),
        ("no_such_year", "date", "1492-01-01", "The year lies between"),
        ("not_in_the_list", "choice", "silver", "It is one of: basic, gold."),
        ("an_empty_text", "string", "", "1 to 500 characters"),
        ("a_nul", "string", "a\x00b", "1 to 500 characters"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_words(_case, kind, value, words):
    with pytest.raises(BadAttributes) as caught:
        changed({"plan": value}, {}, {"plan": define(kind=kind)})

    assert words in caught.value.mistakes["plan"]


def test_what_is_left_out_stays_null_takes_away_and_what_is_required_may_not_go():
    known = {"plan": define(is_required=True), "seats": define("seats", "int")}
    before = {"plan": "gold", "seats": 7}

    assert changed({"seats": None}, before, known) == {"plan": "gold"}
    assert changed({}, {"seats": 7}, known) == {"seats": 7}
    for given, is_new in (({"plan": None}, False), ({}, True)):
        with pytest.raises(BadAttributes) as caught:
            changed(given, {}, known, is_new=is_new)
        assert caught.value.mistakes == {"plan": "This attribute is required."}


@pytest.mark.parametrize(
    ("_case", "after"),
    [
        ("a_choice_was_taken_away", {"choices": ["gold"]}),
        ("it_identifies_and_rules_read_it", {"is_personal": True, "is_for_rules": True}),
        ("the_same_choice_twice", {"choices": ["basic", "gold", "gold"]}),
    ],
)
def test_a_definition_only_widens(_case, after):
    check_definition(define(choices=["basic", "gold", "silver"]), define())

    with pytest.raises(ValidationError):
        check_definition(define(**after), define())
