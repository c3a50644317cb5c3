"""Finds rules that feed each other: an event makes an effect, the effect is an event, and so on for ever."""

from __future__ import annotations

from collections.abc import Iterable

from incentives.domain.rules.checking import CheckedRule
from incentives.domain.rules.documents import Award, Deduct, Document, Finding, GrantBadge, GrantPrivilege

# What each effect is told as on the timeline, where other rules may listen.
_TOLD = {
    Award: "points.awarded",
    Deduct: "points.deducted",
    GrantBadge: "badge.granted",
    GrantPrivilege: "privilege.granted",
}


def circle_of(rule: CheckedRule, others: Iterable[Document]) -> Finding | None:
    """An error if the rule would close a circle in which nothing ends: no rule of it has a limit of its own.

    A limit on times or amounts, in whatever period, ends it. Circles through `tier.changed` end at the top tier.
    """
    if rule.limits:
        return None
    listeners: dict[str, list[Document]] = {}
    for other in others:
        if not other.limits:
            listeners.setdefault(other.when, []).append(other)
    path = _path(rule.document, rule.document.when, listeners, frozenset())
    if path is None:
        return None
    way = " → ".join([rule.document.when, *path])
    return Finding(
        pointer="/when",
        code="circle",
        text=f"This rule would feed itself for ever: {way}.",
        fix="Give it a limit, such as {per: member, every: day, times: 1}, or listen to another type.",
    )


def _path(
    document: Document, goal: str, listeners: dict[str, list[Document]], seen: frozenset[str]
) -> list[str] | None:
    """The types by which what a rule does comes back to the goal, if it does."""
    for told in dict.fromkeys(_TOLD[type(effect)] for effect in document.then):
        if told == goal:
            return [told]
        if told in seen:
            continue
        for listener in listeners.get(told, ()):
            rest = _path(listener, goal, listeners, seen | {told})
            if rest is not None:
                return [told, *rest]
    return None
