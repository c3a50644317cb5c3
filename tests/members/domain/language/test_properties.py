"""What holds for every expression: it never fails, says the same twice, and lies within its interval."""

from __future__ import annotations

import os
import random
from datetime import UTC, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from members.domain import language
from members.domain.language import LanguageError
from tests.members.domain.language import strategies
from tests.members.domain.language.strategies import NOW, SCHEMA, TABLES, vector

SEOUL = timezone(timedelta(hours=9))


def checked(text: str) -> language.Checked | None:
    try:
        return language.check(text, SCHEMA, TABLES)
    except LanguageError as error:
        assert all(m.code in ("too_big", "too_deep", "too_long") for m in error.messages), (text, str(error))
        return None


@settings(max_examples=300, deadline=None)
@given(strategies.expressions, strategies.facts)
def test_compiled_code_and_explanation_agree_and_neither_ever_fails(text, facts):
    expression = checked(text)
    if expression is None:
        return
    compiled = language.compile_expression(expression)

    found = compiled(vector(facts), None, None, NOW, SEOUL)
    step = language.explain(expression, facts.get, SEOUL, lambda _: max(0, facts["counters.x"] - 1))

    assert found == step.result
    assert type(found) is type(step.result)


@settings(max_examples=300, deadline=None)
@given(strategies.numbers, strategies.facts)
def test_every_number_lies_within_its_interval_and_is_exact_to_twelve_places(text, facts):
    expression = checked(text)
    if expression is None:
        return
    interval = expression.interval

    found = Decimal(language.compile_expression(expression)(vector(facts), None, None, NOW, UTC))

    assert interval.low <= found <= interval.high
    assert abs(found) <= 10**18
    assert -int(found.as_tuple().exponent) <= 12


@settings(max_examples=300, deadline=None)
@given(strategies.expressions)
def test_canonical_text_parses_to_the_same_tree(text):
    try:
        tree = language.parse(text)
    except LanguageError:
        return
    written = language.canonical(tree)

    assert language.same(language.parse(written), tree)
    assert language.canonical(language.parse(written)) == written


PIECES = (
    "event.n event.s event.o now member.l 1 2.5 \"a\" 'b' && || ! ( ) [ ] , == < in + - * / % ? : has size floor "
    'duration . __class__ lambda import exec true ?? " \\ { event [0] ; 0 0.0 lookup crossed counters.x \u0000 \ud800 é ='
).split(" ")


@settings(max_examples=2000, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join), strategies.facts)
def test_random_pieces_are_refused_with_a_span_or_work(text, facts):
    try:
        expression = language.check(text, SCHEMA, TABLES)
    except LanguageError as error:
        for message in error.messages:
            assert 0 <= message.span[0] <= message.span[1] <= max(len(text), 1)
            assert message.text
        return
    language.compile_expression(expression)(vector(facts), None, None, NOW, UTC)


def test_fuzz_against_googles_cel():
    """The same expressions in the subset that both speak: booleans, texts, moments, whole numbers in 64 bits."""
    cel = pytest.importorskip("cel_expr_python.cel")
    kinds = cel.Type
    fields = {
        "event.n": kinds.INT, "event.m": kinds.INT, "event.s": kinds.STRING, "event.b": kinds.BOOL,
        "event.t": kinds.TIMESTAMP, "now": kinds.TIMESTAMP, "member.l": kinds.List(kinds.STRING),
    }  # fmt: skip
    theirs = cel.NewEnv(variables=fields)
    ours = {
        "event.n": language.Field(type=language.INT, min=0, max=9, access=("event", 0)),
        "event.m": language.Field(type=language.INT, min=-9, max=9, access=("event", 1)),
        "event.s": language.Field(type=language.STRING, access=("event", 2)),
        "event.b": language.Field(type=language.BOOL, access=("event", 3)),
        "event.t": language.Field(type=language.TIMESTAMP, access=("event", 4)),
        "member.l": language.Field(type=language.ListOf(language.STRING), access=("event", 5)),
        "now": language.Field(type=language.TIMESTAMP, access=("now", 0)),
    }
    rng = random.Random(7)
    compared = 0
    for _ in range(int(os.environ.get("LAURELS_FUZZ", "400"))):
        text = _both(rng, 3)
        try:
            mine = language.compile_expression(language.check(text, ours))
        except LanguageError as error:
            assert {m.code for m in error.messages} <= {"too_big", "too_deep", "too_long"}, (text, str(error))
            continue
        program = theirs.compile(text)
        for _ in range(4):
            facts = [
                rng.randrange(10), rng.randrange(-9, 10), rng.choice(["a", "b", "ab", 'x"y']), rng.random() < 0.5,
                NOW - timedelta(hours=rng.randrange(99)), rng.sample(["a", "b", "ab", "z"], 2),
            ]  # fmt: skip
            names = ["event.n", "event.m", "event.s", "event.b", "event.t", "member.l"]
            expected = program.eval(data={**dict(zip(names, facts, strict=True)), "now": NOW}).value()
            assert mine(facts, None, None, NOW, UTC) == expected, (text, facts)
            compared += 1
    assert compared > 500


def _both(rng: random.Random, depth: int) -> str:
    if depth == 0:
        return rng.choice([
            "event.b", "event.n == event.m", "event.n < 5", '"a" in member.l', "event.s in member.l",
            'event.s.startsWith("a")', 'event.s.contains("b")', 'now - event.t < duration("48h")',
            'event.s in ["a", "x\\"y"]', "now.getHours() > 10", "event.t.getDayOfWeek() == 3", "event.t.getMonth() == 0",
            "event.t.getDate() >= 7", "now.getFullYear() == 2026", 'event.s < "b"',
        ])  # fmt: skip
    a, b = _both(rng, depth - 1), _both(rng, depth - 1)
    number, other = _whole(rng, depth), _whole(rng, depth)
    return rng.choice([
        f"({a} && {b})", f"({a} || {b})", f"!({a})", f"{a} && {b}", f"({a} ? {b} : {a})",
        f"({number} {rng.choice(['==', '!=', '<', '<=', '>', '>='])} {other})",
    ])  # fmt: skip


def _whole(rng: random.Random, depth: int) -> str:
    if depth == 0:
        return rng.choice(["event.n", "event.m", "3", "0", "size(member.l)", "size(event.s)"])
    a, b = _whole(rng, depth - 1), _whole(rng, depth - 1)
    return rng.choice([f"({a} + {b})", f"({a} - {b})", f"({a} * {b})", f"({a} % 3)", f"-({a})", a])
