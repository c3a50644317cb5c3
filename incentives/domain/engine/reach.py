"""How far a batch can reach: whose accounts, in which currencies, under which limits. Nothing else need be loaded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from incentives.domain.engine.cases import Assignment, Waiting
from incentives.domain.engine.fold import RISING_TYPES
from incentives.domain.engine.rulebook import RuleBook, RulePlan
from incentives.domain.rules.documents import INVITER
from incentives.domain.rules.limits import Ceiling
from members.domain.outcomes import EFFECT_ASSIGNED


@dataclass
class Reach:
    """Everything that the events of a batch may touch."""

    member_ids: set[int] = field(default_factory=set)
    currency_ids: set[int] = field(default_factory=set)
    badge_ids: set[int] = field(default_factory=set)
    awaited_ids: set[int] = field(default_factory=set)
    refs: set[str] = field(default_factory=set)
    is_pending: bool = False
    _ceilings: dict[int, Ceiling] = field(default_factory=dict)

    @property
    def ceilings(self) -> Collection[Ceiling]:
        return self._ceilings.values()

    @classmethod
    def of(cls, waiting: Sequence[Waiting], rules: RuleBook) -> Reach:
        found = cls()
        seen: set[int] = set()
        for each in waiting:
            in_force = each.in_force
            if in_force.plans:
                found.member_ids.add(each.member.id)
            if id(in_force) not in seen:
                seen.add(id(in_force))
                found._add(in_force.plans)
            if in_force.names_members and each.event is not None:
                found._name(each, in_force.plans)
            if each.book.is_awaited:
                awaited = rules.awaited[each.book.id]
                found.member_ids.add(each.member.id)
                found.awaited_ids.add(each.book.id)
                found.currency_ids |= awaited.currency_ids
                found.is_pending = True
            if each.book.code in RISING_TYPES:
                found.member_ids.add(each.member.id)
                found._open_ladders(rules)
            elif each.book.code == EFFECT_ASSIGNED and each.event is not None:
                found.member_ids.add(each.member.id)
                said = Assignment.of(each)
                plan = rules.plan_of(said.rule, said.version)
                found._add([plan] if plan is not None else [])
            if rules.counting_for_ladders and not found._is_counted_out(each, rules):
                found.member_ids.add(each.member.id)
                found._open_ladders(rules)
        return found

    def _open_ladders(self, rules: RuleBook) -> None:
        self.currency_ids.update(ladder.currency_id for ladder in rules.ladders if ladder.currency_id)

    @staticmethod
    def _is_counted_out(each: Waiting, rules: RuleBook) -> bool:
        """Whether the event moves no counter that a ladder looks at."""
        return not any(addition.counter.id in rules.counting_for_ladders for addition in each.additions)

    def _add(self, plans: Iterable[RulePlan]) -> None:
        for plan in plans:
            self._ceilings |= {ceiling.limit_id: ceiling for ceiling in plan.ceilings}
            for effect in plan.effects:
                if effect.currency_id:
                    self.currency_ids.add(effect.currency_id)
                elif effect.badge_id and not effect.is_repeatable:
                    self.badge_ids.add(effect.badge_id)
                self.is_pending = self.is_pending or effect.pending is not None

    def _name(self, each: Waiting, plans: Iterable[RulePlan]) -> None:
        """Remember the refs of members that this event's data name as recipients."""
        attributes = {effect.to for plan in plans for effect in plan.effects if effect.to not in ("", INVITER)}
        self.refs.update(ref for ref in (getattr(each.event, name) for name in attributes) if ref)
