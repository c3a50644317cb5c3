"""Turns the rules of one event type into one function."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from incentives.domain.rules.checking import CheckedEffect, CheckedRule, tree_of
from incentives.domain.rules.documents import GRANTS
from members.domain.language import ARGUMENTS, DECIMAL, CodeBuilder, Schema
from members.domain.language.arithmetic import floor

Match = tuple[Any, ...]


@dataclass(frozen=True)
class CompiledType:
    """All rules of one type in judging order: the higher priority first, ties by code.

    `judge(event, member, counters, now, zone)` returns a tuple for every rule that matched: its place in `rules`,
    then an amount in minor units for each effect (None for a badge or a privilege). It must run inside
    `language.exact()`.
    """

    rules: tuple[CheckedRule, ...]
    judge: Callable[..., list[Match]]
    alone: tuple[Callable[..., list[Match]], ...] = field(repr=False)

    def judge_safely(self, *facts: Any) -> tuple[list[Match], list[tuple[int, Exception]]]:
        """Judge, and should that raise (which only a bug of ours can cause) judge each rule alone.

        Returns the matches and the rules that failed with what they raised: a broken rule hurts only itself.
        """
        try:
            return self.judge(*facts), []
        except Exception:  # noqa: BLE001  Whatever it is, the other rules shall be judged.
            matches: list[Match] = []
            failed: list[tuple[int, Exception]] = []
            for place, judge in enumerate(self.alone):
                try:
                    matches += [(place, *match[1:]) for match in judge(*facts)]
                except Exception as error:  # noqa: BLE001
                    failed.append((place, error))
            return matches, failed

    def reads(self, group: str) -> tuple[str, ...]:
        """The paths of one group (`event.data`, `member`, `counters`) that any of the rules reads."""
        found: dict[str, None] = {}
        for rule in self.rules:
            found |= dict.fromkeys(path for path in rule.fields() if path.startswith(f"{group}."))
        return tuple(found)


def in_order(rules: Sequence[CheckedRule]) -> tuple[CheckedRule, ...]:
    return tuple(sorted(rules, key=lambda rule: (-rule.document.priority, rule.document.code)))


def compile_type(rules: Sequence[CheckedRule], schema: Schema) -> CompiledType:
    """Compile rules of one event type; `schema` says how each field is read."""
    ordered = in_order(rules)
    alone = tuple(_function([rule], schema) for rule in ordered)
    return CompiledType(ordered, _function(ordered, schema), alone)


def _function(rules: Sequence[CheckedRule], schema: Schema) -> Callable[..., list[Match]]:
    builder = CodeBuilder(schema, ARGUMENTS)
    out = ast.Name("out", ast.Load())
    body: list[ast.stmt] = [ast.Assign([ast.Name("out", ast.Store())], ast.List([], ast.Load()))]
    for place, rule in enumerate(rules):
        match = ast.Tuple([ast.Constant(place), *(_amount(effect, builder) for effect in rule.effects)], ast.Load())
        add: ast.stmt = ast.Expr(ast.Call(ast.Attribute(out, "append", ast.Load()), [match], []))
        tree = tree_of(rule.condition)
        body.append(add if tree is None else ast.If(builder.expression(tree), [add], []))
    body.append(ast.Return(out))
    return builder.function(body)


def _amount(effect: CheckedEffect, builder: CodeBuilder) -> ast.expr:
    if isinstance(effect.effect, GRANTS):
        return ast.Constant(None)
    assert effect.amount is not None
    value = builder.expression(effect.amount.tree)
    factor = ast.Constant(10**effect.scale)
    if effect.amount.tree.type == DECIMAL:
        scaled: ast.expr = ast.BinOp(value, ast.Mult(), builder.bind(Decimal(10**effect.scale)))
        return builder.call(floor, scaled)
    return value if effect.scale == 0 else ast.BinOp(value, ast.Mult(), factor)
