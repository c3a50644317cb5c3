"""Whether a rule's next words may pay somebody less than the words before. Plain Python; what is not proved counts.

Each difference that may pay less is a sentence. No sentence: for any event for which the limits have room the next
words pay at least as much, and the limits have at least as much room.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from incentives.domain.rules.checking import CheckedEffect, CheckedRule, tree_of
from incentives.domain.rules.documents import Award, Deduct, GrantBadge, GrantPrivilege, Limit
from incentives.domain.rules.expiry import may_be_shorter
from members.domain.language import Node, canonical, same, seconds_of

Policies = Mapping[str, Mapping[str, Any] | None]
# Whatever goes in does not fall: what comes out does not either.
_RISING = frozenset({"floor", "ceil", "round", "min", "max", "clamp"})


def lessened(before: CheckedRule, after: CheckedRule, *, policies: Policies, now: datetime) -> list[str]:
    """Every difference by which the words after may pay less. `policies` are the currencies' own expiries by code."""
    return [
        *_heard(before, after, now),
        *_condition(before, after),
        *_effects(before, after, policies),
        *_limits(before, after),
    ]


def _heard(before: CheckedRule, after: CheckedRule, now: datetime) -> Iterator[str]:
    old, new = before.document, after.document
    if old.when != new.when:
        yield _("It listens to %(type)s instead.") % {"type": new.when}
    if old.visibility == "public" and new.visibility != "public":
        yield _("It is hidden from now on.")
    if old.priority != new.priority:
        yield _("It is judged in another place, so a shared limit may be used up by others before it.")
    begins, ends = (new.schedule.from_, new.schedule.until) if new.schedule is not None else (None, None)
    ended = old.schedule.until if old.schedule is not None else None
    if begins is not None and begins > now and not _at_least(old.schedule.from_ if old.schedule else None, begins):
        yield _("It begins later.")
    if ends is not None and (ended is None or ends < ended):
        yield _("It ends earlier.")


def _at_least(moment: datetime | None, begins: datetime) -> bool:
    """Whether what begins then begins no later than it did."""
    return moment is not None and begins <= moment


def _condition(before: CheckedRule, after: CheckedRule) -> Iterator[str]:
    old, new = tree_of(before.condition), tree_of(after.condition)
    if new is not None and (old is None or not implies(old, new)):
        yield _("Its condition may hold less often: %(words)s") % {"words": canonical(new)}


def implies(old: Node, new: Node) -> bool:
    """Whether it is sure that the new condition holds wherever the old one does."""
    if same(old, new):
        return True
    if old.kind == "or":
        return all(implies(each, new) for each in old.children)
    if new.kind == "and":
        return all(implies(old, each) for each in new.children)
    if new.kind == "or" and any(implies(old, each) for each in new.children):
        return True
    if old.kind == "and":
        return any(implies(each, new) for each in old.children)
    return _is_wider(old, new)


def _is_wider(old: Node, new: Node) -> bool:
    """The same thing compared with a bound that lets more through, or looked for in a longer list."""
    if old.kind not in ("compare", "in") or new.kind not in ("compare", "in"):
        return False
    (thing, bound), (other, now) = old.children, new.children
    if not same(thing, other):
        return False
    if new.kind == "in":
        wanted = bound.children if old.kind == "in" and bound.kind == "list" else [bound] if old.value == "==" else []
        return bool(wanted) and now.kind == "list" and all(any(same(a, b) for b in now.children) for a in wanted)
    if old.kind == "in" or old.value != new.value:
        return False
    if new.value in (">", ">="):
        return is_no_less(now, bound)
    return new.value in ("<", "<=") and is_no_less(bound, now)


def is_no_less(old: Node, new: Node) -> bool:
    """Whether it is sure that the new amount is never below the old one."""
    if same(old, new):
        return True
    if old.interval is not None and new.interval is not None and new.interval.low >= old.interval.high:
        return True
    if (old.kind, old.value, len(old.children)) != (new.kind, new.value, len(new.children)) or not old.children:
        return False
    pairs = list(zip(old.children, new.children, strict=True))
    if old.table is not None and new.table is not None:
        return same(*pairs[0]) and same(*pairs[1]) and _has_no_lower_row(old.table, new.table)
    if (old.kind, old.value) == ("arithmetic", "-"):
        return is_no_less(*pairs[0]) and is_no_less(pairs[1][1], pairs[1][0])
    if old.kind == "choose":
        return same(*pairs[0]) and is_no_less(*pairs[1]) and is_no_less(*pairs[2])
    if (old.kind, old.value) == ("arithmetic", "*"):
        return all(map(_is_positive, (*old.children, *new.children))) and all(is_no_less(*pair) for pair in pairs)
    rises = (old.kind, old.value) == ("arithmetic", "+") or (old.kind == "call" and old.value in _RISING)
    return rises and all(is_no_less(*pair) for pair in pairs)


def _has_no_lower_row(old: Mapping[str, Decimal], new: Mapping[str, Decimal]) -> bool:
    """Whatever the key is: one without a row of its own is answered by the row for all others."""
    keys = {*old, *new}
    found = ((old.get(key, old.get("*")), new.get(key, new.get("*"))) for key in keys)
    return all(was is None or (becomes is not None and becomes >= was) for was, becomes in found)


def _is_positive(node: Node) -> bool:
    return node.interval is not None and node.interval.low >= 0


def _effects(before: CheckedRule, after: CheckedRule, policies: Policies) -> Iterator[str]:
    """By place: an effect's key is its place, so the next words are compared with those that stood there."""
    for place, old in enumerate(before.effects):
        new = after.effects[place] if place < len(after.effects) else None
        if new is None or type(old.effect) is not type(new.effect):
            if not isinstance(old.effect, Deduct) or new is not None:
                yield _("Effect %(place)d is another one, or is gone.") % {"place": place + 1}
            continue
        if _is_less(old, new, policies):
            yield _("Effect %(place)d may give less than before.") % {"place": place + 1}
    for place, new in enumerate(after.effects[len(before.effects) :], len(before.effects) + 1):
        if isinstance(new.effect, Deduct):
            yield _("Effect %(place)d takes points, which is new.") % {"place": place}


def _is_less(old: CheckedEffect, new: CheckedEffect, policies: Policies) -> bool:
    was, becomes = old.effect, new.effect
    if isinstance(was, GrantBadge):
        return was != becomes
    if isinstance(was, GrantPrivilege):
        assert isinstance(becomes, GrantPrivilege)
        return _grants_less(was, becomes)
    assert old.amount is not None
    assert new.amount is not None
    if isinstance(was, Deduct):
        assert isinstance(becomes, Deduct)
        if was.currency != becomes.currency or (was.when_short, becomes.when_short) == ("skip", "cut"):
            return True
        return not is_no_less(new.amount.tree, old.amount.tree)
    assert isinstance(was, Award)
    assert isinstance(becomes, Award)
    if (was.currency, was.to) != (becomes.currency, becomes.to):
        return True
    if becomes.pending is not None and becomes.pending != was.pending:
        return True
    if was.expires != becomes.expires and may_be_shorter(_policy(was, policies), _policy(becomes, policies)):
        return True
    return not is_no_less(old.amount.tree, new.amount.tree)


def _policy(award: Award, policies: Policies) -> Mapping[str, Any] | None:
    if award.expires is None:
        return policies.get(award.currency)
    plain: dict[str, Any] = msgspec.to_builtins(award.expires)
    return {word: value for word, value in plain.items() if value is not None}


def _grants_less(was: GrantPrivilege, becomes: GrantPrivilege) -> bool:
    if (was.privilege, was.to) != (becomes.privilege, becomes.to):
        return True
    if was.like != becomes.like or _shorter_days(was, becomes):
        return True
    if was.for_ != becomes.for_ and (
        was.for_ is None or becomes.for_ is None or (seconds_of(becomes.for_) or 0) < (seconds_of(was.for_) or 0)
    ):
        return True
    return was.uses != becomes.uses and (was.uses is None or becomes.uses is None or becomes.uses < was.uses)


def _shorter_days(was: GrantPrivilege, becomes: GrantPrivilege) -> bool:
    """Fewer whole days, or a time that is told otherwise now: which of the two is longer depends on the hour."""
    if (was.days is None) != (becomes.days is None):
        return True
    return was.days is not None and becomes.days is not None and becomes.days < was.days


def _limits(before: CheckedRule, after: CheckedRule) -> Iterator[str]:
    held, changed = dict(_named(before)), _repriced(before, after)
    for name, new in _named(after):
        old = held.get(name)
        if old is None:
            yield _("The limit %(name)s is new.") % {"name": name}
        elif not is_no_tighter(old, new):
            yield _("The limit %(name)s may be tighter.") % {"name": name}
        elif new.amount is not None and new.over == "skip" and new.currency in changed:
            yield _("The limit %(name)s pays all or nothing, and more does not always fit.") % {"name": name}


def _repriced(before: CheckedRule, after: CheckedRule) -> set[str]:
    """The currencies in which one event may pay more than it did."""
    held = dict(enumerate(before.effects))
    return {
        each.effect.currency
        for place, each in enumerate(after.effects)
        if isinstance(each.effect, Award) and each.amount is not None and not _pays_the_same(held.get(place), each)
    }


def _pays_the_same(old: CheckedEffect | None, new: CheckedEffect) -> bool:
    return (
        old is not None and old.amount is not None and new.amount is not None and same(old.amount.tree, new.amount.tree)
    )


def _named(rule: CheckedRule) -> Iterator[tuple[str, Limit]]:
    """Each limit by what its use is kept under: a shared one apart from one of the rule's own."""
    for place, (written, limit) in enumerate(zip(rule.document.limits, rule.limits, strict=True)):
        yield (f"shared {written}" if isinstance(written, str) else limit.code or str(place)), limit


def is_no_tighter(old: Limit, new: Limit) -> bool:
    """Whether it is sure that the new limit lets through whatever the old one did."""
    if (old.per, old.every, old.currency) != (new.per, new.every, new.currency):
        return False
    if (old.times is None) != (new.times is None) or (old.counts, new.counts) == ("net", "gross"):
        return False
    if (old.over, new.over) == ("cut", "skip"):
        return False
    if new.times is not None and old.times is not None:
        return new.times >= old.times
    return (new.amount or Decimal(0)) >= (old.amount or Decimal(0))
