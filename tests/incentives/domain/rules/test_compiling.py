"""All rules of a type as one function: it says what trying each rule alone says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incentives.domain.rules.checking import outcome
from incentives.domain.rules.compiling import compile_type
from members.domain import language
from tests.incentives.domain.rules.words import CATALOGUE, PAY, rule

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SCHEMA = CATALOGUE.schema_for("content.published")
RULES = [
    rule(code="plain"),
    rule(code="late", priority=-5, if_="event.data.words > 500"),
    rule(code="first", priority=500, then=[{**PAY, "amount": "event.data.words / 3"}, {**PAY, "amount": "same"}]),
    rule(code="cents", then=[{**PAY, "currency": "cents", "amount": "event.data.words / 3"},
                             {**PAY, "currency": "cents", "amount": "event.data.words + 1"},
                             {"do": "badge", "badge": "star"}]),
    rule(code="guarded", if_="has(event.data.quality) && event.data.quality > 1.5",
         then=[{**PAY, "amount": "event.data.quality * 2"}]),
    rule(code="crossing", if_={"any": [{"expr": "crossed(counters.posts, 3)"}, {"expr": "member.verified"}]}),
]  # fmt: skip
COMPILED = compile_type(RULES, SCHEMA)


def judged(compiled, words=100, quality=None, posts=1, *, verified=False):
    event, member, counters = [words, quality, "poems", None, (), True, NOW, "ada"], [verified], [posts, posts - 1]
    with language.exact():
        matches, failed = compiled.judge_safely(event, member, counters, NOW, UTC)
    return {compiled.rules[match[0]].document.code: match[1:] for match in matches}, failed


def test_the_higher_priority_is_judged_first_and_ties_go_by_code():
    assert [each.document.code for each in COMPILED.rules] == ["first", "cents", "crossing", "guarded", "plain", "late"]


def test_amounts_come_in_minor_units_floored_and_a_badge_has_none():
    found, failed = judged(COMPILED)

    assert found == {"first": (33, 33), "cents": (3333, 10_100, None), "plain": (5,)}
    assert failed == []


@given(st.integers(0, 1_000), st.none() | st.decimals(0, 10, places=2), st.integers(1, 5), st.booleans())
def test_compiled_together_and_tried_alone_they_pay_the_same(words, quality, posts, verified):
    facts = {
        "event.data.words": words,
        "event.data.quality": quality,
        "counters.posts": posts,
        "member.verified": verified,
    }

    found, _ = judged(COMPILED, words, quality, posts, verified=verified)

    for each in COMPILED.rules:
        alone = outcome(each, facts)
        together = found.get(each.document.code)
        assert (alone is None) == (together is None)
        if together is None:
            continue
        paid: dict[str, Decimal] = {}
        for effect, amount in zip(each.effects, together, strict=True):
            name = getattr(effect.effect, "currency", None) or effect.effect.badge
            worth = Decimal(1) if amount is None else Decimal(max(0, amount)).scaleb(-effect.scale)
            paid[name] = paid.get(name, Decimal(0)) + worth
        assert paid == alone


def test_what_the_rules_read_is_known_by_group():
    assert COMPILED.reads("counters") == ("counters.posts",)
    assert COMPILED.reads("member") == ("member.verified",)
    assert set(COMPILED.reads("event.data")) == {"event.data.words", "event.data.quality"}


def test_a_rule_that_fails_anyway_hurts_only_itself():
    def fails(*_):
        raise ZeroDivisionError("a bug of ours")

    place = next(i for i, each in enumerate(COMPILED.rules) if each.document.code == "first")
    broken = replace(
        COMPILED, judge=fails, alone=tuple(fails if i == place else f for i, f in enumerate(COMPILED.alone))
    )

    found, failed = judged(broken)

    assert found == {"cents": (3333, 10_100, None), "plain": (5,)}
    assert [(number, type(error)) for number, error in failed] == [(place, ZeroDivisionError)]


@pytest.mark.parametrize("count", [0, 1])
def test_a_type_with_few_rules_compiles_too(count):
    found, _ = judged(compile_type(RULES[:count], SCHEMA))

    assert found == ({"plain": (5,)} if count else {})
