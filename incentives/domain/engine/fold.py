"""The fold: event by event, what the rules decide and what it does to everything that is counted. Pure decisions."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from incentives.bounds import AMOUNT_MAX
from incentives.domain.engine.facts import MemberFacts
from incentives.domain.engine.rulebook import EffectPlan, InForce, LadderPlan, RuleBook, RulePlan, TypeBook
from incentives.domain.engine.uses import UseBook
from incentives.domain.ledger import Book, keys
from incentives.domain.ledger.expiry import expires_at
from incentives.domain.rules import limits
from incentives.domain.rules.limits import Use
from incentives.models import NEVER
from members.domain.counters.book import Addition, CounterBook, as_fact
from members.domain.counters.periods import local_day
from members.domain.outcomes import POINTS_ADJUSTED, POINTS_REVERSED, POINTS_TRANSFERRED

logger = logging.getLogger(__name__)

# What a verdict says of an effect that was paid less than it wanted, beside the name of a limit.
SHORT, ALREADY_HELD, FAILED, MAY_NOT_EARN, FULL = "short", "held", "failed", "status", "full"
WANTED_MAX = 10**18
# Movements by request, which may have brought a member to a tier without any rule.
RISING_TYPES = frozenset({POINTS_ADJUSTED, POINTS_TRANSFERRED, POINTS_REVERSED})


@dataclass(slots=True)
class Waiting:
    """An event to be judged."""

    id: int
    member: MemberFacts
    book: TypeBook
    occurred_at: datetime
    event: Any
    run: int
    day: int
    additions: list[Addition] = field(default_factory=list)


@dataclass(slots=True)
class Decided:
    """What was decided about one event."""

    id: int
    member_id: int
    run: int
    occurred_at: datetime
    facts: dict[str, Any]
    verdicts: list[Any] = field(default_factory=list)
    awarded: bool = False
    deducted: bool = False
    badges: list[tuple[EffectPlan, RulePlan, str]] = field(default_factory=list)
    rises: list[tuple[LadderPlan, int | None, int]] = field(default_factory=list)


@dataclass
class Fold:
    """The running state of a batch."""

    rules: RuleBook
    ledger: Book
    counters: CounterBook
    uses: UseBook
    held_badges: set[tuple[int, int]]
    programme_zone: Any
    _expiries: dict[tuple[int, int, int], datetime] = field(default_factory=dict)

    def judge(self, waiting: Waiting) -> Decided:
        """Decide one event. A tier it reaches counts from the next event on."""
        member = waiting.member
        in_force = self.rules.at(waiting.book, waiting.occurred_at)
        vector = self._count(waiting, in_force)
        decided = Decided(
            waiting.id, member.id, waiting.run, waiting.occurred_at, self._facts(member, in_force, vector)
        )
        if waiting.event is None:
            decided.verdicts.append(["", 0, "erased", []])
            return decided
        matches, failed = in_force.compiled.judge_safely(
            waiting.event, member, vector, waiting.occurred_at, member.zone
        )
        for place, error in failed:
            plan = in_force.plans[place]
            logger.error("Rule %s v%d failed on event %d", plan.code, plan.version, waiting.id, exc_info=error)
            decided.verdicts.append([plan.code, plan.version, FAILED, []])
        for match in matches:
            plan = in_force.plans[match[0]]
            if not member.earns:
                decided.verdicts.append([plan.code, plan.version, MAY_NOT_EARN, []])
                continue
            self._pay(waiting, plan, match, decided)
        if decided.awarded or waiting.book.code in RISING_TYPES:
            self._rise(member, decided)
        return decided

    def _count(self, waiting: Waiting, in_force: InForce) -> list[Any]:
        """Move the counters of the type, and lay out the ones that rules read: (value, highest before) in slots."""
        vector: list[Any] = [None] * self.rules.vector_size
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
        facts: dict[str, Any] = {f"member.{name}": getattr(member, name) for name in in_force.member_fields}
        for slot, counter in in_force.counters:
            facts[f"counters.{counter.code}"] = vector[2 * slot]
            facts[f"counters.{counter.code}.before"] = vector[2 * slot + 1]
        return facts

    def _pay(self, waiting: Waiting, plan: RulePlan, match: tuple[Any, ...], decided: Decided) -> None:
        member_id, day = waiting.member.id, waiting.day
        uses: list[tuple[limits.Ceiling, Use]] = []
        if plan.ceilings:
            programme_day = local_day(waiting.occurred_at, self.programme_zone)
            uses = [(c, self.uses.use(c, member_id, day, programme_day)) for c in plan.ceilings]
            for ceiling, use in uses:
                if not limits.has_turn(ceiling, use):
                    decided.verdicts.append([plan.code, plan.version, f"limit:{ceiling.name}", []])
                    return
        lines = []
        has_paid = False
        for effect in plan.effects:
            # What a formula asks for may be more than a judgement can write down; limits bring it down further.
            wanted = min(match[effect.number + 1] or 0, WANTED_MAX)
            if effect.kind == "badge":
                paid, reason = self._grant(waiting, plan, effect, decided)
                wanted = 1
            elif effect.kind == "award":
                paid, reason = self._award(waiting, plan, effect, wanted, uses)
                decided.awarded = decided.awarded or paid > 0
            else:
                paid, reason = self._deduct(waiting, plan, effect, wanted, uses)
                decided.deducted = decided.deducted or paid > 0
            has_paid = has_paid or paid > 0
            lines.append([effect.number, wanted, paid, reason])
        if has_paid:
            for ceiling, use in uses:
                limits.record_turn(ceiling, use)
        decided.verdicts.append([plan.code, plan.version, "", lines])

    def _award(
        self, waiting: Waiting, plan: RulePlan, effect: EffectPlan, wanted: int, uses: list[tuple[limits.Ceiling, Use]]
    ) -> tuple[int, str]:
        amount, reason = wanted, ""
        for ceiling, use in uses:
            if ceiling.currency_id == effect.currency_id:
                allowed = limits.allowance(ceiling, use, wanted)
                if allowed < amount:
                    amount, reason = allowed, f"limit:{ceiling.name}"
        room = AMOUNT_MAX - self.ledger.balance(waiting.member.id, effect.currency_id)
        if amount > room:
            amount, reason = room, FULL
        if amount <= 0:
            return 0, reason
        self.ledger.award(
            member_id=waiting.member.id,
            currency_id=effect.currency_id,
            amount=amount,
            key=keys.of_effect(waiting.id, plan.code, effect.number, waiting.run),
            effective_at=waiting.occurred_at,
            expires_at=self._expires_at(effect, waiting),
            event_id=waiting.id,
            rule_code=plan.code,
            rule_version=plan.version,
            effect_number=effect.number,
            run=waiting.run,
        )
        for ceiling, use in uses:
            if ceiling.currency_id == effect.currency_id:
                limits.record(ceiling, use, amount)
        return amount, reason

    def _deduct(
        self, waiting: Waiting, plan: RulePlan, effect: EffectPlan, wanted: int, uses: list[tuple[limits.Ceiling, Use]]
    ) -> tuple[int, str]:
        if wanted <= 0:
            return 0, ""
        taken = self.ledger.deduct(
            member_id=waiting.member.id,
            currency_id=effect.currency_id,
            amount=wanted,
            key=keys.of_effect(waiting.id, plan.code, effect.number, waiting.run),
            effective_at=waiting.occurred_at,
            floor=effect.floor,
            when_short="skip" if effect.when_short == "skip" else "cut",
            event_id=waiting.id,
            rule_code=plan.code,
            rule_version=plan.version,
            effect_number=effect.number,
            run=waiting.run,
        )
        for ceiling, use in uses:
            if ceiling.currency_id == effect.currency_id:
                limits.record(ceiling, use, -taken)
        return taken, "" if taken == wanted else SHORT

    def _grant(self, waiting: Waiting, plan: RulePlan, effect: EffectPlan, decided: Decided) -> tuple[int, str]:
        held = (waiting.member.id, effect.badge_id)
        if not effect.is_repeatable:
            if held in self.held_badges:
                return 0, ALREADY_HELD
            self.held_badges.add(held)
        key = keys.of_effect(waiting.id, plan.code, effect.number, waiting.run).hex()
        decided.badges.append((effect, plan, key if effect.is_repeatable else effect.badge_code))
        return 1, ""

    def _rise(self, member: MemberFacts, decided: Decided) -> None:
        for number, ladder in enumerate(self.rules.ladders):
            account = self.ledger.accounts.get((member.id, ladder.currency_id, 1))
            if account is None:
                continue
            reached = ladder.tier_for(account.balance)
            before = member.tiers.get(ladder.id)
            if reached is None or reached.id == before or ladder.rank(reached.id) < ladder.rank(before):
                continue
            member.tiers[ladder.id] = reached.id
            if number == 0:
                member.tier = reached.code
            decided.rises.append((ladder, before, reached.id))

    def _expires_at(self, effect: EffectPlan, waiting: Waiting) -> datetime:
        if effect.expiry is None or effect.expiry.get("kind") == "never":
            return NEVER
        key = (effect.currency_id, id(effect), local_day(waiting.occurred_at, self.programme_zone))
        found = self._expiries.get(key)
        if found is None:
            found = self._expiries[key] = expires_at(effect.expiry, waiting.occurred_at, self.programme_zone)
        return found
