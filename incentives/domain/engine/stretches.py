"""What a rule says at any time, where a limit or table that it shares with others changes on some day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from incentives.domain.catalogues import Known
from incentives.domain.rules.checking import CheckedRule, check_rule, walk
from members.domain.language import Node, same


def stretches(
    rule: CheckedRule, known: Known, begins: datetime, ends: datetime | None
) -> Iterator[tuple[CheckedRule, datetime, datetime | None]]:
    """The rule, as it was checked with the newest words, in the parts of its time in which it reads alike."""
    for each, until in _told_apart(rule, known):
        last = min((moment for moment in (until, ends) if moment is not None), default=None)
        if last is None or begins < last:
            yield each, begins, last
        begins = max(begins, until) if until is not None else begins


def _told_apart(rule: CheckedRule, known: Known) -> list[tuple[CheckedRule, datetime | None]]:
    found: list[tuple[CheckedRule, datetime | None]] = [(rule, None)]
    for moment, catalogue in reversed(known.until):
        before = check_rule(rule.document, catalogue).rule
        if before is not None and not _reads_alike(before, found[0][0]):
            found.insert(0, (before, moment))
    return found


def _reads_alike(a: CheckedRule, b: CheckedRule) -> bool:
    return a.limits == b.limits and all(same(x, y) for x, y in zip(_trees(a), _trees(b), strict=True))


def _trees(rule: CheckedRule) -> Iterator[Node]:
    yield from (clause.checked.tree for clause in walk(rule.condition))
    yield from (effect.amount.tree for effect in rule.effects if effect.amount is not None)
