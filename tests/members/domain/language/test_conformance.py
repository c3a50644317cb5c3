from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from members.domain import language
from members.domain.language import LanguageError
from tests.members.domain.language.strategies import NOW, SCHEMA, TABLES, vector

CASES = yaml.safe_load(Path(__file__).with_name("conformance.yaml").read_text())
FACTS = {
    "event.n": 7, "event.big": 0, "event.d": Decimal("1.5"), "event.s": "ab", "event.e": "red", "event.b": True,
    "event.t": datetime(2026, 1, 9, 10, tzinfo=UTC), "event.o": None, "member.l": ["a"], "counters.x": 10, "now": NOW,
}  # fmt: skip
ZONE = timezone(timedelta(hours=9))
WITH_SHORT = {**TABLES, "short": {"red": Decimal(1)}}


@pytest.mark.parametrize("case", [c for c in CASES if "is" in c], ids=lambda c: str(c["expr"]))
def test_it_comes_to(case):
    checked = language.check(str(case["expr"]), SCHEMA, WITH_SHORT)

    found = language.compile_expression(checked)(vector(FACTS), None, None, NOW, ZONE)

    expected = Decimal(case["is"]) if isinstance(case["is"], str) else case["is"]
    assert found == expected
    assert isinstance(found, bool) == isinstance(expected, bool)
    assert language.explain(checked, FACTS.get, ZONE, lambda _: 9).result == found


@pytest.mark.parametrize("case", [c for c in CASES if "wrong" in c], ids=lambda c: str(c["expr"]))
def test_it_is_refused(case):
    with pytest.raises(LanguageError) as caught:
        language.check(str(case["expr"]), SCHEMA, WITH_SHORT)

    first = caught.value.messages[0]
    assert (first.code, list(first.span)) == (case["wrong"], case["at"])
    assert first.text.endswith(".")


@pytest.mark.parametrize(
    ("_case", "text", "code"),
    [
        ("brackets", "(" * 3_000 + "1" + ")" * 900, "too_deep"),
        ("brackets_beyond_measure", "[" * 100_000, "too_long"),
        ("nots", "!" * 3_000 + "true", "too_deep"),
        ("a_megabyte_in_one_string", '"' + "a" * 1_000_000 + '"', "too_long"),
        ("many_parts", "+".join(["1"] * 500), "too_big"),
        ("choices", "true ? 1 : " * 300 + "1", "too_deep"),
    ],
)
def test_bounds_are_kept_in_bounded_time(_case, text, code):
    with pytest.raises(LanguageError) as caught:
        language.check(text, SCHEMA, TABLES)

    assert caught.value.messages[0].code == code


def test_every_mistake_is_told_at_once_and_only_once():
    with pytest.raises(LanguageError) as caught:
        language.check('event.wrods > 1 && event.e == "rad" && flor(event.d) > "a"', SCHEMA, TABLES)

    assert [(m.code, m.fix) for m in caught.value.messages] == [
        ("unknown_field", "Did you mean event.words?")
        if "event.words" in SCHEMA
        else ("unknown_field", caught.value.messages[0].fix),
        ("enum", "Did you mean 'red'?"),
        ("unknown_function", "Did you mean floor?"),
    ]


def test_compiled_code_sees_no_builtins_and_no_names_of_operators():
    checked = language.check('event.s == "__import__" && event.n > 1', SCHEMA, TABLES)

    compiled = language.compile_expression(checked)

    assert compiled.__globals__["__builtins__"] == {}
    assert set(compiled.__code__.co_names) <= set(compiled.__globals__)


@pytest.mark.parametrize(
    ("text", "expect"), [("event.n", language.BOOL), ("event.d", language.INT), ("event.b", language.DECIMAL)]
)
def test_another_type_than_expected_is_refused(text, expect):
    with pytest.raises(LanguageError, match="needed"):
        language.check(text, SCHEMA, TABLES, expect)


def test_a_whole_number_serves_as_a_decimal():
    assert language.check("event.n", SCHEMA, TABLES, language.DECIMAL).type == language.INT


def test_has_on_a_field_that_is_never_missing_warns():
    (message,) = language.check("has(event.n)", SCHEMA).warnings
    assert (message.severity, message.code) == ("warning", "always")
