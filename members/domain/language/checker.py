"""Proves that an expression has a type, reads only what exists, guards what may be missing, and cannot fail."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property

from members.domain.language import arithmetic, bounds
from members.domain.language.errors import LanguageError, Message, Span
from members.domain.language.functions import FUNCTIONS, SPECIAL, Accepts
from members.domain.language.parser import parse
from members.domain.language.schema import Field, Schema, Tables
from members.domain.language.tree import Interval, Node
from members.domain.language.types import (
    BOOL,
    DECIMAL,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    WRONG,
    ListOf,
    ListType,
    Type,
    fits,
    is_number,
    joined,
)  # fmt: skip

DURATION_DAYS_MAX = 36_500
_DURATION = re.compile(r"(\d{1,6})([dhms])", re.ASCII)
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


@dataclass(frozen=True)
class Checked:
    """A typed tree: it can be compiled, explained and bounded. `warnings` do not keep it from being used."""

    tree: Node
    schema: Schema
    warnings: tuple[Message, ...] = ()

    @property
    def type(self) -> Type:
        return self.tree.type

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The paths it reads, each once, in order of appearance."""
        return tuple(dict.fromkeys(node.value for node in self.tree.walk() if node.kind == "field"))

    @cached_property
    def cost(self) -> int:
        return sum(1 for _ in self.tree.walk()) + sum(self.schema[path].cost for path in self.fields)

    @property
    def interval(self) -> Interval | None:
        """What a number lies within."""
        return self.tree.interval


def check(
    text: str | Node,
    schema: Schema,
    tables: Tables | None = None,
    expect: Type | None = None,
    known: frozenset[str] = frozenset(),
) -> Checked:
    """Type an expression against what it may read.

    `expect` is the type it must have (a whole number also serves as a decimal); `known` are optional fields that
    an earlier clause has guarded. Raises LanguageError with everything that was found.
    """
    tree = parse(text) if isinstance(text, str) else text
    checker = _Checker(schema, tables or {})
    kind = checker.check(tree, known)
    if expect is not None and kind is not WRONG and not _serves(kind, expect):
        checker.tell("type", f"This is a {kind}, but a {expect} is needed.", _hint(kind, expect), tree)
    errors = [message for message in checker.messages if message.severity == "error"]
    if errors:
        raise LanguageError(errors)
    return Checked(tree, schema, tuple(checker.messages))


def guards(node: Node, *, outcome: bool) -> frozenset[str]:
    """Optional fields that are surely there once the node has turned out true (or false)."""
    if node.kind == "has" and outcome:
        return frozenset(child.value for child in node.children)
    if node.kind == "not":
        return guards(node.children[0], outcome=not outcome)
    if node.kind in ("and", "or"):
        found = [guards(child, outcome=outcome) for child in node.children]
        together = (node.kind == "and") == outcome
        return frozenset.union(*found) if together else frozenset.intersection(*found)
    return frozenset()


def _serves(kind: Type, expect: Type) -> bool:
    return kind == expect or (kind == INT and expect == DECIMAL)


def _hint(kind: Type, expect: Type) -> str:
    if expect == BOOL:
        return "Compare it with something, such as ... >= 1."
    if expect == INT and kind == DECIMAL:
        return "Say how to round it: floor(...), ceil(...) or round(...)."
    return ""


class _Checker:
    def __init__(self, schema: Schema, tables: Tables) -> None:
        self.schema = schema
        self.tables = tables
        self.messages: list[Message] = []

    def tell(self, code: str, text: str, fix: str, at: Node | Span) -> Type:
        span = at.span if isinstance(at, Node) else at
        self.messages.append(Message(code, text, fix, span))
        return WRONG

    def warn(self, code: str, text: str, fix: str, at: Node) -> None:
        self.messages.append(Message(code, text, fix, at.span, "warning"))

    def check(self, node: Node, known: frozenset[str]) -> Type:
        node.type = getattr(self, f"_{node.kind}")(node, known)
        if is_number(node.type) and node.interval is None:
            node.interval = bounds.settled(bounds.raw(node))
        return node.type

    def need(self, node: Node, known: frozenset[str], expect: Type, what: str) -> None:
        kind = self.check(node, known)
        if kind not in (expect, WRONG):
            self.tell("type", f"{what} needs a {expect}, not a {kind}.", _hint(kind, expect), node)

    def _literal(self, node: Node, _: frozenset[str]) -> Type:
        if isinstance(node.value, (int, Decimal)) and not isinstance(node.value, bool):
            exponent = Decimal(node.value).as_tuple().exponent
            places = max(0, -int(exponent))
            node.interval = Interval(Decimal(node.value), Decimal(node.value), places)
        return node.type

    def _field(self, node: Node, known: frozenset[str], *, is_guarded: bool = False) -> Type:
        field = self.schema.get(node.value)
        if field is None:
            return self._unknown_field(node)
        if field.optional and not is_guarded and node.value not in known:
            fix = f"Write has({node.value}) && ... before it, or {node.value} ?? a default."
            return self.tell("unguarded", f"{node.value} can be missing.", fix, node)
        node.interval = _interval_of(field)
        return field.type

    def _unknown_field(self, node: Node) -> Type:
        near = difflib.get_close_matches(node.value, self.schema, 1, 0.6)
        if near:
            fix = f"Did you mean {near[0]}?"
        else:
            group = node.value.rpartition(".")[0]
            inside = sorted(path for path in self.schema if path.rpartition(".")[0] == group)
            fix = f"There are: {', '.join(inside[:12] or sorted(self.schema)[:12])}."
        return self.tell("unknown_field", f"There is no field {node.value} here.", fix, node)

    def _has(self, node: Node, known: frozenset[str]) -> Type:
        if len(node.children) != 1 or node.children[0].kind != "field":
            return self.tell("syntax", "has() asks for one field.", "Write has(event.data.name).", node)
        child = node.children[0]
        child.type = self._field(child, known, is_guarded=True)
        if child.type is not WRONG and not self.schema[child.value].optional:
            self.warn("always", f"{child.value} is never missing.", "Leave has() out.", node)
        return BOOL

    def _default(self, node: Node, known: frozenset[str]) -> Type:
        left, right = node.children
        if left.kind != "field":
            return self.tell("syntax", "?? needs a field on its left.", "Write event.data.name ?? 0.", left)
        a, b = self._field(left, known, is_guarded=True), self.check(right, known)
        left.type = a
        if WRONG in (a, b):
            return WRONG
        if not fits(a, b):
            return self.tell("type", f"The default is a {b}, but {left.value} is a {a}.", f"Give a {a}.", right)
        if left.interval is not None and right.interval is not None:
            node.interval = bounds.either(left.interval, right.interval)
        return joined(a, b)

    def _not(self, node: Node, known: frozenset[str]) -> Type:
        self.need(node.children[0], known, BOOL, "!")
        return BOOL

    def _negate(self, node: Node, known: frozenset[str]) -> Type:
        kind = self.check(node.children[0], known)
        if kind is not WRONG and not is_number(kind):
            return self.tell("type", f"- needs a number, not a {kind}.", "", node.children[0])
        return kind

    def _and(self, node: Node, known: frozenset[str]) -> Type:
        return self._logic(node, known, outcome=True)

    def _or(self, node: Node, known: frozenset[str]) -> Type:
        return self._logic(node, known, outcome=False)

    def _logic(self, node: Node, known: frozenset[str], *, outcome: bool) -> Type:
        for child in node.children:
            self.need(child, known, BOOL, "&&" if outcome else "||")
            known |= guards(child, outcome=outcome)
        return BOOL

    def _choose(self, node: Node, known: frozenset[str]) -> Type:
        condition, yes, no = node.children
        self.need(condition, known, BOOL, "?")
        a = self.check(yes, known | guards(condition, outcome=True))
        b = self.check(no, known | guards(condition, outcome=False))
        if not fits(a, b):
            return self.tell("type", f"The two branches differ: a {a} and a {b}.", "Make them of one type.", node)
        if yes.interval is not None and no.interval is not None:
            node.interval = bounds.either(yes.interval, no.interval)
        return joined(a, b)

    def _list(self, node: Node, known: frozenset[str]) -> Type:
        if not node.children:
            return self.tell("empty_list", "An empty list holds nothing.", "Put at least one value in it.", node)
        kinds = [self.check(child, known) for child in node.children]
        kind = kinds[0]
        for other, child in zip(kinds[1:], node.children[1:], strict=True):
            if not fits(kind, other):
                return self.tell("type", f"A list holds one type: {kind}, not {other}.", "", child)
            kind = joined(kind, other)
        return ListOf(kind)

    def _in(self, node: Node, known: frozenset[str]) -> Type:
        left, right = node.children
        a, b = self.check(left, known), self.check(right, known)
        if WRONG in (a, b):
            return BOOL
        if not isinstance(b, ListType):
            return self.tell("type", f"in looks into a list, not into a {b}.", "Write [...] on its right.", right)
        if not fits(a, b.item):
            return self.tell("type", f"A {a} is never in a {b}.", "", node)
        for item in right.children if right.kind == "list" else ():
            self._must_be_possible(left, item)
        return BOOL

    def _compare(self, node: Node, known: frozenset[str]) -> Type:
        left, right = node.children
        a, b = self.check(left, known), self.check(right, known)
        if WRONG in (a, b):
            return BOOL
        if not fits(a, b):
            return self.tell("type", f"A {a} cannot be compared with a {b}.", _comparison_hint(a, b), node)
        if isinstance(a, ListType) or (node.value not in ("==", "!=") and a == BOOL):
            return self.tell("type", f"{node.value} does not compare a {a}.", "", node)
        self._must_be_possible(left, right)
        self._must_be_possible(right, left)
        return BOOL

    def _must_be_possible(self, field: Node, literal: Node) -> None:
        if field.kind != "field" or literal.kind != "literal":
            return
        values = self.schema[field.value].enum
        if values is None or literal.value in values:
            return
        near = difflib.get_close_matches(str(literal.value), values, 1, 0.5)
        fix = f"Did you mean {near[0]!r}?" if near else f"It is one of: {', '.join(values)}."
        self.tell("enum", f"{field.value} is never {literal.value!r}.", fix, literal)

    def _arithmetic(self, node: Node, known: frozenset[str]) -> Type:
        left, right = node.children
        a, b = self.check(left, known), self.check(right, known)
        if WRONG in (a, b):
            return WRONG
        operator = node.value
        if is_number(a) and is_number(b):
            if operator in "/%" and (right.kind != "literal" or right.value == 0):
                fix = "Write div(a, b, value if b is 0)."
                return self.tell("division", f"{operator} needs a number other than 0 on its right.", fix, right)
            return DECIMAL if operator == "/" or DECIMAL in (a, b) else INT
        kind = _TIME_ARITHMETIC.get((a, operator, b))
        if kind is None:
            return self.tell("type", f"{a} {operator} {b} has no meaning.", "", node)
        return kind

    def _call(self, node: Node, known: frozenset[str]) -> Type:
        if node.value in ("duration", "lookup", "crossed"):
            return getattr(self, f"_call_{node.value}")(node, known)  # type: ignore[no-any-return]
        function = FUNCTIONS.get(node.value)
        if function is None:
            return self._unknown_function(node, known)
        if len(function.takes) != len(node.children):
            method = 1 if node.value.startswith(".") else 0
            text = f"{node.value} takes {len(function.takes) - method} values, not {len(node.children) - method}."
            return self.tell("arity", text, "", node)
        kinds = [self.check(child, known) for child in node.children]
        if WRONG in kinds:
            return function.gives or WRONG
        for wants, kind, child in zip(function.takes, kinds, node.children, strict=True):
            if not _accepts(wants, kind):
                return self.tell("type", f"{node.value} needs a {wants}, not a {kind}.", "", child)
        return function.gives or (DECIMAL if DECIMAL in kinds else INT)

    def _unknown_function(self, node: Node, known: frozenset[str]) -> Type:
        for child in node.children:
            self.check(child, known)
        names = [*FUNCTIONS, *SPECIAL]
        near = difflib.get_close_matches(node.value, names, 1, 0.5)
        fix = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}."
        return self.tell("unknown_function", f"There is no function {node.value}.", fix, node)

    def _call_duration(self, node: Node, _: frozenset[str]) -> Type:
        text = node.children[0].value if len(node.children) == 1 and node.children[0].kind == "literal" else None
        seconds = seconds_of(text) if isinstance(text, str) else None
        if seconds is None:
            fix = 'Write it as "30d", "24h", "90m", "45s" or together, as in "1d12h".'
            return self.tell("duration", "duration() needs a length of time as a text.", fix, node)
        node.kind, node.value, node.children = "literal", timedelta(seconds=seconds), []
        return DURATION

    def _call_lookup(self, node: Node, known: frozenset[str]) -> Type:
        name = node.children[0].value if node.children and node.children[0].kind == "literal" else None
        if len(node.children) != 2 or not isinstance(name, str):
            return self.tell("syntax", "lookup() takes a table's name and a key.", 'Write lookup("table", key).', node)
        table, key = self.tables.get(name), node.children[1]
        if table is None:
            near = difflib.get_close_matches(name, self.tables, 1, 0.5)
            fix = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(self.tables) or 'none yet'}."
            return self.tell("unknown_table", f"There is no table {name!r}.", fix, node.children[0])
        if self.check(key, known) not in (STRING, WRONG):
            return self.tell("type", f"The key of {name!r} is a string, not a {key.type}.", "", key)
        values = self._values_of(key)
        missing = sorted(values - set(table)) if values else ["any other value"]
        if missing and "*" not in table:
            fix = "Add rows for them to the table, or a row '*' for all others."
            return self.tell("incomplete_table", f"{name!r} has no row for {', '.join(missing)}.", fix, node)
        node.table = dict(table)
        return DECIMAL

    def _values_of(self, node: Node) -> set[str] | None:
        """All values a text can have, where that is known."""
        if node.kind == "literal":
            return {node.value}
        if node.kind == "field":
            enum = self.schema[node.value].enum if node.value in self.schema else None
            return set(enum) if enum else None
        if node.kind == "default":
            found = [self._values_of(child) for child in node.children]
            return None if None in found else set().union(*found)  # type: ignore[arg-type]
        return None

    def _call_crossed(self, node: Node, known: frozenset[str]) -> Type:
        counter = node.children[0] if len(node.children) == 2 else None
        goal = node.children[1] if len(node.children) == 2 else None
        if counter is None or goal is None or counter.kind != "field" or not counter.value.startswith("counters."):
            fix = "Write crossed(counters.name, 10)."
            return self.tell("syntax", "crossed() takes a counter and the number it reaches.", fix, node)
        if self.check(counter, known) is WRONG:
            return BOOL
        if self.check(goal, known) not in (INT, DECIMAL) or goal.kind != "literal" or goal.value <= 0:
            return self.tell("type", "crossed() needs a number above 0.", "Write it out, such as 10.", goal)
        return BOOL


_TIME_ARITHMETIC = {
    (TIMESTAMP, "-", TIMESTAMP): DURATION,
    (TIMESTAMP, "-", DURATION): TIMESTAMP,
    (TIMESTAMP, "+", DURATION): TIMESTAMP,
    (DURATION, "+", TIMESTAMP): TIMESTAMP,
    (DURATION, "+", DURATION): DURATION,
    (DURATION, "-", DURATION): DURATION,
}


def _comparison_hint(a: Type, b: Type) -> str:
    if DURATION in (a, b):
        return 'Write lengths of time as duration("7d").'
    if STRING in (a, b) and (is_number(a) or is_number(b)):
        return "Write the number without quotes."
    return ""


def _accepts(wants: Accepts, kind: Type) -> bool:
    if wants == "number":
        return is_number(kind)
    if wants == "sized":
        return kind == STRING or isinstance(kind, ListType)
    return kind == wants


def seconds_of(text: str) -> int | None:
    """Read a length of time such as "30d", "24h" or "1d12h"; None if it is none, or longer than a century."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    seconds = sum(int(number) * _SECONDS[unit] for number, unit in parts)
    return seconds if seconds <= DURATION_DAYS_MAX * 86_400 else None


def _interval_of(field: Field) -> Interval | None:
    if not is_number(field.type):
        return None
    low = bounds.LARGEST * -1 if field.min is None else max(-bounds.LARGEST, Decimal(field.min))
    high = bounds.LARGEST if field.max is None else min(bounds.LARGEST, Decimal(field.max))
    return Interval(low, high, arithmetic.PLACES if field.type == DECIMAL else 0)


def conjoined(nodes: Iterable[Node], kind: str) -> Node:
    """Join typed clauses into one tree; alone, a clause stays as it is."""
    found = list(nodes)
    if len(found) == 1:
        return found[0]
    joint = Node("and" if kind == "and" else "or", (0, 0), "&&" if kind == "and" else "||", found)
    joint.type = BOOL
    return joint
