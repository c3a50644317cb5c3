"""Turns text into a tree: CEL's syntax and precedence, a closed subset.

Source of the grammar: the Common Expression Language specification, section "Syntax". Ours adds `??`.
"""

from __future__ import annotations

from decimal import Decimal

from members.domain.language.errors import LanguageError, Span, refuse
from members.domain.language.tokens import DIGITS_MAX, PLACES_MAX, Token, tokens, unquoted
from members.domain.language.tree import Kind, Node
from members.domain.language.types import BOOL, DECIMAL, INT, STRING

NODES_MAX = 400
DEPTH_MAX = 40

# How tightly the two-sided operators bind; all group to the left.
BINDING = {
    "||": 2, "&&": 4,
    "==": 6, "!=": 6, "<": 6, "<=": 6, ">": 6, ">=": 6, "in": 6,
    "+": 8, "-": 8, "*": 10, "/": 10, "%": 10, "??": 14,
}  # fmt: skip
UNARY_BINDING = 12
_KINDS: dict[str, Kind] = {"||": "or", "&&": "and", "in": "in", "??": "default"} | dict.fromkeys("+-*/%", "arithmetic")  # type: ignore[assignment]


def parse(text: str) -> Node:
    """Return the tree of an expression, types still unknown. Raises LanguageError with a span."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = tokens(text)
        self.place = 0
        self.nodes = 0

    def whole(self) -> Node:
        if self.next.kind == "end":
            raise refuse("syntax", "The expression is empty.", "Write a condition, such as event.data.n > 0.", (0, 0))
        node = self.expression(0, 0)
        rest = self.take()
        if rest.kind != "end":
            raise self.unexpected(rest)
        return node

    @property
    def next(self) -> Token:
        return self.tokens[self.place]

    def take(self) -> Token:
        token = self.next
        self.place += 1
        return token

    def is_next(self, sign: str) -> bool:
        return self.next.kind == "sign" and self.next.text == sign

    def expect(self, sign: str) -> Token:
        if not self.is_next(sign):
            found = repr(self.next.text) if self.next.kind != "end" else "the end"
            raise refuse("syntax", f"Here {sign!r} is expected, not {found}.", f"Add {sign!r}.", self.next.span)
        return self.take()

    def unexpected(self, token: Token) -> LanguageError:
        if token.kind == "end":
            return refuse("syntax", "The expression ends too early.", "Add what is missing.", token.span)
        return refuse("syntax", f"{token.text!r} is not expected here.", "Remove it, or add what joins it.", token.span)

    def node(self, kind: Kind, span: Span, value: object = None, children: list[Node] | None = None) -> Node:
        self.nodes += 1
        if self.nodes > NODES_MAX:
            fix = "Split the condition into several clauses."
            raise refuse("too_big", f"An expression has at most {NODES_MAX} parts.", fix, span)
        return Node(kind, span, value, children or [])

    def expression(self, binding: int, depth: int) -> Node:
        if depth > DEPTH_MAX:
            fix = "Split the condition into several clauses."
            raise refuse("too_deep", f"An expression is nested at most {DEPTH_MAX} deep.", fix, self.next.span)
        left = self.unary(depth + 1)
        while True:
            operator = self.next.text if self.next.kind in ("sign", "name") else ""
            if operator == "?" and binding <= 0:
                left = self.choice(left, depth)
                continue
            if BINDING.get(operator, 0) <= binding:
                return left
            self.take()
            right = self.expression(BINDING[operator], depth + 1)
            kind = _KINDS.get(operator, "compare")
            left = self.node(kind, (left.span[0], right.span[1]), operator, [left, right])

    def choice(self, condition: Node, depth: int) -> Node:
        self.take()
        yes = self.expression(0, depth + 1)
        self.expect(":")
        no = self.expression(0, depth + 1)
        return self.node("choose", (condition.span[0], no.span[1]), None, [condition, yes, no])

    def unary(self, depth: int) -> Node:
        for sign, kind in (("!", "not"), ("-", "negate")):
            if self.is_next(sign):
                start = self.take().span[0]
                inner = self.expression(UNARY_BINDING, depth + 1)
                return self.node(kind, (start, inner.span[1]), sign, [inner])  # type: ignore[arg-type]
        is_name = self.next.kind == "name"
        return self.dotted(self.primary(depth), depth, is_name=is_name)

    def primary(self, depth: int) -> Node:
        token = self.take()
        if token.kind == "number":
            return self.number(token)
        if token.kind == "string":
            node = self.node("literal", token.span, unquoted(token))
            node.type = STRING
            return node
        if token.kind == "name":
            return self.named(token, depth)
        if token.text == "(":
            inner = self.expression(0, depth + 1)
            self.expect(")")
            return inner
        if token.text == "[":
            items = self.items("]", depth)
            return self.node("list", (token.span[0], self.tokens[self.place - 1].span[1]), None, items)
        raise self.unexpected(token)

    def number(self, token: Token) -> Node:
        whole, _, places = token.text.partition(".")
        if len(whole.lstrip("0")) > DIGITS_MAX or len(places) > PLACES_MAX:
            text = f"A number has at most {DIGITS_MAX} digits before the point and {PLACES_MAX} after it."
            raise refuse("too_large", text, "Write a smaller one.", token.span)
        node = self.node("literal", token.span, Decimal(token.text) if places else int(whole))
        node.type = DECIMAL if places else INT
        return node

    def named(self, token: Token, depth: int) -> Node:
        if token.text in ("true", "false"):
            node = self.node("literal", token.span, token.text == "true")
            node.type = BOOL
            return node
        if token.text == "in":
            raise self.unexpected(token)
        if not self.is_next("("):
            return self.node("field", token.span, token.text)
        self.take()
        arguments = self.items(")", depth)
        span = (token.span[0], self.tokens[self.place - 1].span[1])
        return self.node("has" if token.text == "has" else "call", span, token.text, arguments)

    def items(self, closing: str, depth: int) -> list[Node]:
        found: list[Node] = []
        while not self.is_next(closing):
            if found:
                self.expect(",")
            found.append(self.expression(0, depth + 1))
        self.take()
        return found

    def dotted(self, node: Node, depth: int, *, is_name: bool) -> Node:
        while self.is_next("."):
            self.take()
            name = self.take()
            if name.kind != "name":
                raise refuse("syntax", "A name must follow the dot.", "Write a field or a function.", name.span)
            if self.is_next("("):
                self.take()
                arguments = self.items(")", depth)
                span = (node.span[0], self.tokens[self.place - 1].span[1])
                node = self.node("call", span, f".{name.text}", [node, *arguments])
            elif is_name and node.kind == "field":
                node = self.node("field", (node.span[0], name.span[1]), f"{node.value}.{name.text}")
            else:
                raise refuse("syntax", "Only fields have members.", "Call a function with ().", name.span)
        return node
