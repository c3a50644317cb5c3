"""Turns typed trees into Python code objects.

No text is ever compiled: the `ast` is built from typed nodes, names are made here, and what operators typed is
reachable only as constants. Compiled code sees no builtins and only the functions of our table.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from types import CodeType, FunctionType
from typing import Any

from members.domain.language import arithmetic, bounds
from members.domain.language.checker import Checked
from members.domain.language.functions import (
    FUNCTIONS,
    durations_minus,
    durations_plus,
    moment_minus,
    moment_plus,
)  # fmt: skip
from members.domain.language.schema import Access, Schema
from members.domain.language.tree import Node
from members.domain.language.types import DECIMAL, DURATION, INT, TIMESTAMP

ARGUMENTS = ("event", "member", "counters", "now", "zone")
_COMPARISONS: dict[str, type[ast.cmpop]] = {
    "==": ast.Eq, "!=": ast.NotEq, "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE,
}  # fmt: skip
_OPERATORS: dict[str, type[ast.operator]] = {"+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "%": ast.Mod}


class CodeBuilder:
    """Builds one function out of many expressions; every field is loaded once, every constant bound once."""

    def __init__(self, schema: Schema, arguments: Sequence[str] = ARGUMENTS) -> None:
        self.schema = schema
        self.arguments = tuple(arguments)
        self.globals: dict[str, Any] = {"__builtins__": {}}
        self._names: dict[Any, str] = {}
        self._locals: dict[Access, str] = {}

    def expression(self, node: Node) -> ast.expr:
        build: Callable[[Node], ast.expr] = getattr(self, f"_{node.kind}")
        return build(node)

    def bind(self, value: Any) -> ast.expr:
        """Make a value reachable under a name of ours."""
        key = (type(value), value if isinstance(value, (str, int, Decimal, timedelta, frozenset)) else id(value))
        name = self._names.setdefault(key, f"g{len(self._names)}")
        self.globals[name] = value
        return _name(name)

    def call(self, function: Callable[..., Any], *arguments: ast.expr) -> ast.expr:
        return ast.Call(self.bind(function), list(arguments), [])

    def loads(self) -> list[ast.stmt]:
        """Statements that load every field used so far into a local."""
        return [ast.Assign([_store(local)], _access(access)) for access, local in self._locals.items()]

    def function(self, body: list[ast.stmt]) -> Callable[..., Any]:
        """Close the function over its loads and return it."""
        arguments = ast.arguments([], [ast.arg(name) for name in self.arguments], None, [], [], None, [])
        definition = ast.FunctionDef("compiled", arguments, [*self.loads(), *body], [])
        module = ast.fix_missing_locations(ast.Module([definition], []))
        code = compile(module, "<rules>", "exec")
        inner = next(constant for constant in code.co_consts if isinstance(constant, CodeType))
        return FunctionType(inner, self.globals)

    def load(self, access: Access) -> ast.expr:
        assert access[0] in self.arguments, f"{access[0]} is no argument of this function"
        return _name(self._locals.setdefault(access, f"v{len(self._locals)}"))

    def _literal(self, node: Node) -> ast.expr:
        if isinstance(node.value, (Decimal, timedelta)):
            return self.bind(node.value)
        return ast.Constant(node.value)

    def _field(self, node: Node) -> ast.expr:
        access = self.schema[node.value].access
        assert access is not None, f"{node.value} has no way to be read"
        # `now` is an argument itself.
        return _name("now") if access == ("now", 0) else self.load(access)

    def _has(self, node: Node) -> ast.expr:
        return ast.Compare(self._field(node.children[0]), [ast.IsNot()], [ast.Constant(None)])

    def _default(self, node: Node) -> ast.expr:
        field = self._field(node.children[0])
        is_there = ast.Compare(field, [ast.IsNot()], [ast.Constant(None)])
        return self._as(node, ast.IfExp(is_there, field, self.expression(node.children[1])))

    def _not(self, node: Node) -> ast.expr:
        return ast.UnaryOp(ast.Not(), self.expression(node.children[0]))

    def _negate(self, node: Node) -> ast.expr:
        return ast.UnaryOp(ast.USub(), self.expression(node.children[0]))

    def _and(self, node: Node) -> ast.expr:
        return ast.BoolOp(ast.And(), [self.expression(child) for child in node.children])

    def _or(self, node: Node) -> ast.expr:
        return ast.BoolOp(ast.Or(), [self.expression(child) for child in node.children])

    def _choose(self, node: Node) -> ast.expr:
        condition, yes, no = (self.expression(child) for child in node.children)
        return self._as(node, ast.IfExp(condition, yes, no))

    def _list(self, node: Node) -> ast.expr:
        return ast.Tuple([self.expression(child) for child in node.children], ast.Load())

    def _in(self, node: Node) -> ast.expr:
        left, right = node.children
        if right.kind == "list" and all(item.kind == "literal" for item in right.children):
            place = self.bind(frozenset(item.value for item in right.children))
        else:
            place = self.expression(right)
        return ast.Compare(self.expression(left), [ast.In()], [place])

    def _compare(self, node: Node) -> ast.expr:
        left, right = (self.expression(child) for child in node.children)
        return ast.Compare(left, [_COMPARISONS[node.value]()], [right])

    def _arithmetic(self, node: Node) -> ast.expr:
        left, right = node.children
        a, b = self.expression(left), self.expression(right)
        if TIMESTAMP in (left.type, right.type) or DURATION in (left.type, right.type):
            return self._time(node, a, b)
        if node.value == "%":
            return self.call(arithmetic.remainder, a, b)
        if node.value == "/" and left.type == INT:
            a = self.call(Decimal, a)
        # CEL's whole numbers and ours never meet a float: a decimal and an int make a decimal.
        plain: ast.expr = ast.BinOp(a, _OPERATORS[node.value](), b)
        raw = bounds.raw(node)
        if node.type == DECIMAL:
            if bounds.must_round(raw):
                return self.call(arithmetic.settled, plain)
            return self.call(arithmetic.bounded_decimal, plain) if bounds.must_bound(raw) else plain
        return self.call(arithmetic.bounded, plain) if bounds.must_bound(raw) else plain

    def _time(self, node: Node, a: ast.expr, b: ast.expr) -> ast.expr:
        left, right = node.children
        if left.type == right.type == TIMESTAMP:
            return ast.BinOp(a, ast.Sub(), b)
        if TIMESTAMP in (left.type, right.type):
            if right.type == TIMESTAMP:
                a, b = b, a
            return self.call(moment_plus if node.value == "+" else moment_minus, a, b)
        return self.call(durations_plus if node.value == "+" else durations_minus, a, b)

    def _call(self, node: Node) -> ast.expr:
        if node.value == "lookup":
            return self._lookup(node)
        if node.value == "crossed":
            return self._crossed(node)
        function = FUNCTIONS[node.value]
        arguments = [self.expression(child) for child in node.children]
        if node.value in ("floor", "ceil", "round") and node.children[0].type == INT:
            return arguments[0]
        if function.wants_zone:
            arguments.append(_name("zone"))
        result = self.call(function.does, *arguments)
        return self._as(node, result) if function.gives is None else result

    def _as(self, node: Node, built: ast.expr) -> ast.expr:
        """Where one of several values is taken and some are whole, make a decimal of whichever it is."""
        if node.type == DECIMAL and any(child.type == INT for child in node.children):
            return self.call(Decimal, built)
        return built

    def _lookup(self, node: Node) -> ast.expr:
        assert node.table is not None
        table = dict(node.table)
        other = table.pop("*", None)
        return self.call(table.get, self.expression(node.children[1]), self.bind(other))

    def _crossed(self, node: Node) -> ast.expr:
        counter, goal = node.children
        peak = self.schema[counter.value].peak_access
        assert peak is not None, f"{counter.value} keeps no highest value"
        return ast.Compare(self.load(peak), [ast.Lt(), ast.LtE()], [self.expression(goal), self._field(counter)])


def compile_expression(checked: Checked, arguments: Sequence[str] = ARGUMENTS) -> Callable[..., Any]:
    """Return the expression as a function of the arguments, run with exact numbers."""
    builder = CodeBuilder(checked.schema, arguments)
    compiled = builder.function([ast.Return(builder.expression(checked.tree))])
    if not any(node.type == DECIMAL for node in checked.tree.walk()):
        return compiled

    def exactly(*given: Any) -> Any:
        with arithmetic.exact():
            return compiled(*given)

    return exactly


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _store(name: str) -> ast.Name:
    return ast.Name(name, ast.Store())


def _access(access: Access) -> ast.expr:
    argument, place = access
    if isinstance(place, int):
        return ast.Subscript(_name(argument), ast.Constant(place), ast.Load())
    return ast.Attribute(_name(argument), place, ast.Load())
