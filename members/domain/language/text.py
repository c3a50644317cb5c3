"""Writes trees as text again, in one canonical form."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from members.domain.language.parser import BINDING, UNARY_BINDING
from members.domain.language.tree import Node

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def canonical(node: Node, binding: int = 0) -> str:
    """Return the text that parses to this tree."""
    if node.kind == "literal":
        return literal(node.value)
    if node.kind == "field":
        return str(node.value)
    if node.kind == "list":
        return f"[{_joined(node.children)}]"
    if node.kind in ("has", "call"):
        if str(node.value).startswith("."):
            return f"{canonical(node.children[0], 20)}{node.value}({_joined(node.children[1:])})"
        return f"{node.value}({_joined(node.children)})"
    if node.kind in ("not", "negate"):
        text, own = f"{node.value}{canonical(node.children[0], UNARY_BINDING + 1)}", UNARY_BINDING
    elif node.kind == "choose":
        condition, yes, no = node.children
        text, own = f"{canonical(condition, 1)} ? {canonical(yes, 1)} : {canonical(no, 0)}", 0
    else:
        own = BINDING[node.value]
        first, *others = node.children
        text = f" {node.value} ".join([canonical(first, own), *(canonical(other, own + 1) for other in others)])
    return f"({text})" if own < binding else text


def literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return f'duration("{_length(int(value.total_seconds()))}")'
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text if "." in text else f"{text}.0"
    if isinstance(value, str):
        return '"' + "".join(_escaped(sign) for sign in value) + '"'
    return str(value)


def _escaped(sign: str) -> str:
    return _ESCAPES.get(sign) or (sign if sign.isprintable() else f"\\u{ord(sign):04x}" if ord(sign) < 65536 else sign)


def _length(seconds: int) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _joined(nodes: list[Node]) -> str:
    return ", ".join(canonical(node) for node in nodes)
