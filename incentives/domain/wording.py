"""Says conditions, amounts, limits and verdicts in plain words, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incentives.domain.engine.paying import (
    ALREADY_HELD,
    ASSIGNED,
    FAILED,
    FROZEN,
    FULL,
    MAY_NOT_EARN,
    NOBODY,
    NOTHING_LIKE,
    SHORT,
    WAITS,
)
from incentives.domain.rules.limits import Ceiling
from members.domain.language import Node, canonical

LIMIT = "limit:"


def plain(value: Decimal) -> str:
    """A number as people write it: no exponent, no zeros at the end of a fraction, thousands grouped."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def field_words(path: str) -> str:
    """What a field is called: its last name, without underscores."""
    if path == "now":
        return _("the time")
    return path.rpartition(".")[2].replace("_", " ")


def value_words(value: Any) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (int, Decimal)):
        return plain(Decimal(value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, timedelta):
        return canonical(Node("literal", (0, 0), value)).removeprefix('duration("').removesuffix('")')
    if isinstance(value, (list, tuple)):
        return ", ".join(value_words(each) for each in value)
    return "—" if value is None else str(value)


def in_words(node: Node) -> str:
    """A condition or an amount in words; what has no words of its own keeps its text."""
    return _Words().of(node)


class _Words:
    def of(self, node: Node) -> str:
        say: Callable[[Node], str] | None = getattr(self, f"_{node.kind}", None)
        return say(node) if say is not None else canonical(node)

    def _literal(self, node: Node) -> str:
        return value_words(node.value)

    def _field(self, node: Node) -> str:
        return field_words(str(node.value))

    def _list(self, node: Node) -> str:
        return ", ".join(self.of(child) for child in node.children)

    def _and(self, node: Node) -> str:
        return _(" and ").join(self.of(child) for child in node.children)

    def _or(self, node: Node) -> str:
        return _(" or ").join(self.of(child) for child in node.children)

    def _not(self, node: Node) -> str:
        return _("not (%(what)s)") % {"what": self.of(node.children[0])}

    def _has(self, node: Node) -> str:
        return _("%(what)s is known") % {"what": self.of(node.children[0])}

    def _default(self, node: Node) -> str:
        return self.of(node.children[0])

    def _compare(self, node: Node) -> str:
        left, right = (self.of(child) for child in node.children)
        return _COMPARED[node.value]() % {"left": left, "right": right}

    def _in(self, node: Node) -> str:
        left, right = (self.of(child) for child in node.children)
        return _("%(left)s is one of %(right)s") % {"left": left, "right": right}

    def _arithmetic(self, node: Node) -> str:
        left, right = (self._part(child) for child in node.children)
        return f"{left} {_SIGNS.get(node.value, node.value)} {right}"

    def _part(self, node: Node) -> str:
        text = self.of(node)
        return f"({text})" if node.kind in ("arithmetic", "choose", "and", "or") else text

    def _choose(self, node: Node) -> str:
        condition, yes, no = (self.of(child) for child in node.children)
        return _("%(yes)s if %(condition)s, else %(no)s") % {"yes": yes, "condition": condition, "no": no}

    def _call(self, node: Node) -> str:
        arguments = [self.of(child) for child in node.children]
        if node.value == "crossed":
            return _("%(what)s reaches %(goal)s") % {"what": arguments[0], "goal": arguments[1]}
        if node.value == ".getHours":
            return _("the hour of the day")
        if node.value in _CALLED:
            return _CALLED[node.value]() % {"list": ", ".join(arguments), "first": arguments[0]}
        return canonical(node)


_SIGNS = {"*": "×", "/": "÷", "-": "−"}
_COMPARED: dict[str, Callable[[], str]] = {
    ">=": lambda: _("%(left)s at least %(right)s"),
    ">": lambda: _("%(left)s above %(right)s"),
    "<=": lambda: _("%(left)s at most %(right)s"),
    "<": lambda: _("%(left)s below %(right)s"),
    "==": lambda: _("%(left)s is %(right)s"),
    "!=": lambda: _("%(left)s is not %(right)s"),
}
_CALLED: dict[str, Callable[[], str]] = {
    "floor": lambda: _("%(first)s, rounded down"),
    "ceil": lambda: _("%(first)s, rounded up"),
    "round": lambda: _("%(first)s, rounded"),
    "min": lambda: _("the smaller of %(list)s"),
    "max": lambda: _("the larger of %(list)s"),
}


def ceiling_words(ceiling: Ceiling, unit: str = "", scale: int = 0) -> str:
    """A limit in words: "at most 3 times a day"."""
    if ceiling.times is not None:
        most = times_words(ceiling.times)
    else:
        most = f"{plain(Decimal(ceiling.amount or 0).scaleb(-scale))} {unit}".strip()
    return limit_words(most, ceiling.every, is_shared=ceiling.is_shared_by_members)


def times_words(times: int) -> str:
    return ngettext("%(count)d time", "%(count)d times", times) % {"count": times}


def limit_words(most: str, every: str, *, is_shared: bool) -> str:
    return _PER[is_shared, every]() % {"most": most}


_PER: dict[tuple[bool, str], Callable[[], str]] = {
    (False, "day"): lambda: _("at most %(most)s a day"),
    (False, "week"): lambda: _("at most %(most)s a week"),
    (False, "month"): lambda: _("at most %(most)s a month"),
    (False, "ever"): lambda: _("at most %(most)s"),
    (True, "day"): lambda: _("at most %(most)s a day for everybody together"),
    (True, "week"): lambda: _("at most %(most)s a week for everybody together"),
    (True, "month"): lambda: _("at most %(most)s a month for everybody together"),
    (True, "ever"): lambda: _("at most %(most)s for everybody together"),
}


def reason_words(reason: str, ceilings: Iterable[Ceiling] = (), units: dict[int, tuple[str, int]] | None = None) -> str:
    """Why less was paid than a rule wanted, from what the verdict recorded."""
    if reason.startswith(LIMIT):
        name = reason.removeprefix(LIMIT)
        ceiling = next((each for each in ceilings if each.name == name), None)
        if ceiling is None:
            return _("A limit was reached.")
        unit, scale = (units or {}).get(ceiling.currency_id or 0, ("", 0))
        return _("The limit was reached: %(limit)s.") % {"limit": ceiling_words(ceiling, unit, scale)}
    return _REASONS[reason]() if reason in _REASONS else reason


_REASONS: dict[str, Callable[[], str]] = {
    SHORT: lambda: _("There was not more to take."),
    NOTHING_LIKE: lambda: _("What it was to last as long as is not there."),
    ALREADY_HELD: lambda: _("The badge is held already."),
    FROZEN: lambda: _("Earning was frozen at that time."),
    FAILED: lambda: _("The rule failed here and was passed over."),
    MAY_NOT_EARN: lambda: _("The membership is not active."),
    FULL: lambda: _("The account is full."),
    ASSIGNED: lambda: _("It goes to somebody else, who sees it on their own page."),
    NOBODY: lambda: _("There is nobody it could go to."),
    WAITS: lambda: _("It is pending and not sure yet."),
    "erased": lambda: _("What was said about this event has been erased."),
    "withdrawn": lambda: _("It was taken back before it was paid."),
}
