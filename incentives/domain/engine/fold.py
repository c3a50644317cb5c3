"""The fold: event by event, what the rules decide and what it does to everything that is counted. Pure decisions."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from incentives.domain.engine.cases import Decided, Waiting
from incentives.domain.engine.facts import MemberFacts
from incentives.domain.engine.paying import FAILED, Paying, refusal
from incentives.domain.engine.questing import Questing
from incentives.domain.engine.rising import Rising
from incentives.domain.engine.rulebook import InForce, RuleBook
from incentives.domain.ledger import Book
from members.domain.counters.book import CounterBook, as_fact
from members.domain.outcomes import (
    EFFECT_ASSIGNED,
    MEMBER_MERGED,
    POINTS_ADJUSTED,
    POINTS_MATURED,
    POINTS_REVERSED,
    POINTS_TRANSFERRED,
)

logger = logging.getLogger(__name__)

# What may have brought a member to a tier without any rule: movements by request, and a merge.
RISING_TYPES = frozenset({POINTS_ADJUSTED, POINTS_TRANSFERRED, POINTS_REVERSED, POINTS_MATURED, MEMBER_MERGED})


@dataclass
class Fold:
    """The running state of a batch."""

    rules: RuleBook
    ledger: Book
    counters: CounterBook
    paying: Paying
    rising: Rising
    # None where nothing of the batch concerns a quest.
    quests: Questing | None = None

    def judge(self, waiting: Waiting) -> Decided:
        """Decide one event. A tier it reaches counts from the next event on."""
        member = waiting.member
        in_force = waiting.in_force
        vector = self._count(waiting, in_force)
        balances = self.rising.balances(member.id)
        decided = Decided(
            waiting.id, member.id, waiting.run, waiting.occurred_at, self._facts(member, in_force, vector)
        )
        if waiting.event is None:
            decided.verdicts.append(["", 0, "erased", []])
            return decided
        if waiting.book.code == EFFECT_ASSIGNED:
            self.paying.receive(waiting, decided)
        elif waiting.book.is_awaited:
            self.paying.mature(waiting, decided)
        self._judge_rules(waiting, in_force, vector, decided)
        self.rising.follow(member.id, balances, waiting.occurred_at)
        if decided.awarded or waiting.book.code in RISING_TYPES or self._moves_a_ladder(waiting):
            self._rise(waiting, decided)
        if self.quests is not None:
            self.quests.follow(waiting, decided)
        return decided

    def _judge_rules(self, waiting: Waiting, in_force: InForce, vector: list[Any], decided: Decided) -> None:
        member = waiting.member
        matches, failed = in_force.compiled.judge_safely(
            waiting.event, member, vector, waiting.occurred_at, member.zone
        )
        for place, error in failed:
            plan = in_force.plans[place]
            logger.error("Rule %s v%d failed on event %d", plan.code, plan.version, waiting.id, exc_info=error)
            decided.verdicts.append([plan.code, plan.version, FAILED, []])
        refused = refusal(member, waiting.occurred_at) if matches else ""
        for match in matches:
            plan = in_force.plans[match[0]]
            if refused:
                decided.verdicts.append([plan.code, plan.version, refused, []])
                continue
            self.paying.pay(waiting, plan, match, decided)

    def _count(self, waiting: Waiting, in_force: InForce) -> list[Any]:
        """Move the counters of the type, and lay out the ones that rules read: (value, highest before) in slots.

        The last place is the space where it happened.
        """
        vector: list[Any] = [None] * self.rules.vector_size
        vector[-1] = waiting.space
        slots = self.rules.counter_slots
        moved = set()
        for addition in waiting.additions:
            counter = addition.counter
            value, peak = self.counters.apply(addition)
            slot = 2 * slots[counter.code]
            vector[slot], vector[slot + 1] = as_fact(counter, value), as_fact(counter, peak)
            moved.add(counter.id)
        for slot, counter in in_force.counters:
            if counter.id not in moved:
                is_own = counter.has_key and waiting.event is not None
                key = counter.key_of(waiting.event) if is_own else ""
                value, peak = self.counters.read(counter, waiting.member.id, waiting.day, key)
                vector[2 * slot], vector[2 * slot + 1] = as_fact(counter, value), as_fact(counter, peak)
        return vector

    def _facts(self, member: MemberFacts, in_force: InForce, vector: list[Any]) -> dict[str, Any]:
        """What the rules saw beyond the event itself, so that every clause can be computed again."""
        facts: dict[str, Any] = {f"member.{name}": member.fact(name) for name in in_force.member_fields}
        for slot, counter in in_force.counters:
            facts[f"counters.{counter.code}"] = vector[2 * slot]
            facts[f"counters.{counter.code}.before"] = vector[2 * slot + 1]
        return facts

    def _moves_a_ladder(self, waiting: Waiting) -> bool:
        counting = self.rules.counting_for_ladders
        return bool(counting) and any(each.counter.id in counting for each in waiting.additions)

    def _rise(self, waiting: Waiting, decided: Decided) -> None:
        member = waiting.member
        if not member.earns:
            return
        for plan, before, after in self.rising.risen(waiting):
            member.ranks[plan.id] = after
            if self.rules.ladders[0].plan is plan:
                member.tier = plan.tiers[after].code
            decided.rises.append((plan, before, after))
