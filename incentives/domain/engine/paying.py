"""Pays what rules decided: within limits, to whom it belongs, at once or when it is sure. Decides; writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from incentives.bounds import AMOUNT_MAX
from incentives.domain.engine.cases import Assigned, Assignment, Decided, Waiting
from incentives.domain.engine.facts import MemberFacts
from incentives.domain.engine.rulebook import EffectPlan, RuleBook, RulePlan
from incentives.domain.engine.uses import UseBook
from incentives.domain.engine.waits import PendingBook
from incentives.domain.ledger import Book, keys
from incentives.domain.ledger.book import AVAILABLE, PENDING
from incentives.domain.ledger.expiry import expires_at
from incentives.domain.privileges import windows
from incentives.domain.privileges.windows import Window
from incentives.domain.rules import limits
from incentives.domain.rules.documents import INVITER
from incentives.domain.rules.limits import Ceiling, Use
from incentives.models import NEVER, PendingAward
from members.domain.counters.periods import local_day

# What a verdict says of an effect that was paid less than it wanted, beside the name of a limit.
SHORT, ALREADY_HELD, FAILED, MAY_NOT_EARN, FULL = "short", "held", "failed", "status", "full"
# It went to somebody else, whose own lane pays it; or there is nobody it could go to.
ASSIGNED, NOBODY = "assigned", "nobody"
# It was to last as long as something that is not there.
NOTHING_LIKE = "like"
# What is given as a thing: all of it, or nothing.
GRANTS = frozenset({"badge", "grant"})
# It is paid, and not sure yet.
WAITS = "pending"
# Earning was frozen when it happened.
FROZEN = "frozen"
WANTED_MAX = 10**18

Uses = list[tuple[Ceiling, Use]]
Line = list[Any]


@dataclass
class Paying:
    """What a batch has paid so far."""

    rules: RuleBook
    ledger: Book
    uses: UseBook
    pending: PendingBook
    held_badges: set[tuple[int, int]]
    recipients: Mapping[str, int]
    programme_zone: Any
    # Of what grants last as long as: one look for each code in a batch.
    _windows: dict[str, Window | None] = field(default_factory=dict)
    _expiries: dict[tuple[int, int, int, bool], datetime] = field(default_factory=dict)

    def pay(self, waiting: Waiting, plan: RulePlan, match: tuple[Any, ...], decided: Decided) -> None:
        """Do everything that a matched rule promises for an event."""
        uses = self._uses(waiting, plan)
        for ceiling, use in uses:
            if (plan.pays_itself or not ceiling.is_recipients) and not limits.has_turn(ceiling, use):
                decided.verdicts.append([plan.code, plan.version, f"limit:{ceiling.name}", []])
                return
        lines: list[Line] = []
        has_paid = has_assigned = False
        for effect in plan.effects:
            # What a formula asks for may be more than a judgement can write down; limits bring it down further.
            wanted = 1 if effect.kind in GRANTS else min(match[effect.number + 1] or 0, WANTED_MAX)
            if effect.to:
                line = self._assign(waiting, plan, effect, wanted, uses, decided)
                has_assigned = has_assigned or line[3] == ASSIGNED
            else:
                paid, reason = self._pay_one(waiting, plan, effect, wanted, uses, decided)
                line = [effect.number, wanted, paid, reason]
                has_paid = has_paid or paid > 0
            lines.append(line)
        for ceiling, use in uses:
            if has_paid or (has_assigned and not ceiling.is_recipients):
                limits.record_turn(ceiling, use)
        decided.verdicts.append([plan.code, plan.version, "", lines])

    def receive(self, waiting: Waiting, decided: Decided) -> None:
        """Pay what another member's event has assigned to this one, within this member's own limits."""
        said = Assignment.of(waiting)
        plan = self.rules.plan_of(said.rule, said.version)
        if plan is None or said.effect >= len(plan.effects):
            decided.verdicts.append([said.rule, said.version, FAILED, []])
            return
        refused = refusal(waiting.member, waiting.occurred_at)
        if refused:
            decided.verdicts.append([plan.code, plan.version, refused, []])
            return
        effect = plan.effects[said.effect]
        uses = [(ceiling, use) for ceiling, use in self._uses(waiting, plan) if ceiling.is_recipients]
        for ceiling, use in uses:
            if not limits.has_turn(ceiling, use):
                decided.verdicts.append([plan.code, plan.version, f"limit:{ceiling.name}", []])
                return
        waiting.key_id, waiting.run = said.cause, said.run
        paid, reason = self._pay_one(waiting, plan, effect, said.amount, uses, decided, match=said.match or "")
        if paid:
            for ceiling, use in uses:
                limits.record_turn(ceiling, use)
        decided.verdicts.append([plan.code, plan.version, "", [[effect.number, said.amount, paid, reason]]])

    def mature(self, waiting: Waiting, decided: Decided) -> None:
        """Unlock what the member has waiting for this event."""
        awaited = self.rules.awaited[waiting.book.id]
        for award in self.pending.ready(waiting, awaited.matches(waiting.event)):
            key = keys.of_settling(award.journal_id)
            self.ledger.mature(award, key=key, effective_at=waiting.occurred_at)
            self.pending.settle(award, by=waiting.id)
            decided.awarded = True

    def _uses(self, waiting: Waiting, plan: RulePlan) -> Uses:
        if not plan.ceilings:
            return []
        programme_day = local_day(waiting.occurred_at, self.programme_zone)
        return [(c, self.uses.use(c, waiting.member.id, waiting.day, programme_day)) for c in plan.ceilings]

    def _pay_one(
        self,
        waiting: Waiting,
        plan: RulePlan,
        effect: EffectPlan,
        wanted: int,
        uses: Uses,
        decided: Decided,
        *,
        match: str | None = None,
    ) -> tuple[int, str]:
        if not plan.pays_itself and match is None:
            # A limit of whoever is paid stops this effect alone: the others pay somebody else.
            full = next((c for c, use in uses if c.is_recipients and not limits.has_turn(c, use)), None)
            if full is not None:
                return 0, f"limit:{full.name}"
        if effect.kind in GRANTS:
            return self._grant(waiting, plan, effect, decided)
        if effect.kind == "award":
            paid, reason = self._award(waiting, plan, effect, wanted, uses, match)
            decided.awarded = decided.awarded or (paid > 0 and effect.pending is None)
            return paid, reason
        paid, reason = self._deduct(waiting, plan, effect, wanted, uses)
        decided.deducted = decided.deducted or paid > 0
        return paid, reason

    def _assign(
        self, waiting: Waiting, plan: RulePlan, effect: EffectPlan, wanted: int, uses: Uses, decided: Decided
    ) -> Line:
        """Hand an effect to whoever it is for: the limits of the doer and of the rule bind here, theirs over there."""
        recipient = self._recipient(waiting, effect)
        if recipient is None:
            return [effect.number, wanted, 0, NOBODY]
        own = [(ceiling, use) for ceiling, use in uses if not ceiling.is_recipients]
        amount, reason = _allowed(effect, wanted, own)
        if amount <= 0:
            return [effect.number, wanted, 0, reason]
        _record(effect, amount, own)
        match = effect.pending.match_of(waiting.event) if effect.pending is not None else ""
        decided.assigned.append(Assigned(recipient, plan, effect.number, amount, match))
        return [effect.number, wanted, 0, ASSIGNED, recipient, amount]

    def _recipient(self, waiting: Waiting, effect: EffectPlan) -> int | None:
        if effect.to == INVITER:
            return waiting.member.inviter_id
        return self.recipients.get(getattr(waiting.event, effect.to) or "")

    def _award(
        self, waiting: Waiting, plan: RulePlan, effect: EffectPlan, wanted: int, uses: Uses, match: str | None
    ) -> tuple[int, str]:
        amount, reason = _allowed(effect, wanted, uses)
        bucket = AVAILABLE if effect.pending is None else PENDING
        room = AMOUNT_MAX - self.ledger.account(waiting.member.id, effect.currency_id, bucket).balance
        if amount > room:
            amount, reason = room, FULL
        if amount <= 0:
            return 0, reason
        expiry = self._expires_at(effect, waiting)
        journal_id = self.ledger.award(
            member_id=waiting.member.id,
            currency_id=effect.currency_id,
            amount=amount,
            key=keys.of_effect(waiting.key_id, plan.code, effect.number, waiting.run),
            effective_at=waiting.occurred_at,
            expires_at=expiry,
            event_id=waiting.id,
            rule_code=plan.code,
            rule_version=plan.version,
            effect_number=effect.number,
            run=waiting.run,
            bucket=bucket,
        )
        _record(effect, amount, uses)
        if effect.pending is not None:
            self._wait(waiting, plan, effect, journal_id, amount, expiry, match)
            reason = reason or WAITS
        return amount, reason

    def _wait(
        self,
        waiting: Waiting,
        plan: RulePlan,
        effect: EffectPlan,
        journal_id: int,
        amount: int,
        expiry: datetime,
        match: str | None,
    ) -> None:
        assert effect.pending is not None
        self.pending.add(
            PendingAward(
                journal_id=journal_id,
                member_id=waiting.member.id,
                currency_id=effect.currency_id,
                amount=amount,
                expires_at=expiry,
                rule_code=plan.code,
                rule_version=plan.version,
                effect_number=effect.number,
                event_id=waiting.id,
                until_type_id=effect.pending.until_id,
                match=effect.pending.match_of(waiting.event) if match is None else match,
                due_at=waiting.occurred_at + effect.pending.length,
            )
        )

    def _deduct(self, waiting: Waiting, plan: RulePlan, effect: EffectPlan, wanted: int, uses: Uses) -> tuple[int, str]:
        if wanted <= 0:
            return 0, ""
        taken = self.ledger.deduct(
            member_id=waiting.member.id,
            currency_id=effect.currency_id,
            amount=wanted,
            key=keys.of_effect(waiting.key_id, plan.code, effect.number, waiting.run),
            effective_at=waiting.occurred_at,
            floor=effect.floor,
            when_short="skip" if effect.when_short == "skip" else "cut",
            event_id=waiting.id,
            rule_code=plan.code,
            rule_version=plan.version,
            effect_number=effect.number,
            run=waiting.run,
        )
        _record(effect, -taken, uses)
        return taken, "" if taken == wanted else SHORT

    def _grant(self, waiting: Waiting, plan: RulePlan, effect: EffectPlan, decided: Decided) -> tuple[int, str]:
        key = keys.of_effect(waiting.key_id, plan.code, effect.number, waiting.run).hex()
        if effect.kind == "grant":
            window = self._window(waiting, effect)
            if window is None:
                return 0, NOTHING_LIKE
            decided.grants.append((effect, plan, key, window))
            return 1, ""
        held = (waiting.member.id, effect.badge_id)
        if not effect.is_repeatable:
            if held in self.held_badges:
                return 0, ALREADY_HELD
            self.held_badges.add(held)
        decided.badges.append((effect, plan, key if effect.is_repeatable else effect.badge_code))
        return 1, ""

    def _window(self, waiting: Waiting, effect: EffectPlan) -> Window | None:
        """How long a grant holds, from its event on; None where it is to be like something that is not there."""
        if effect.days is not None:
            return windows.whole_days(effect.days, waiting.member.zone, now=waiting.occurred_at)
        if effect.like or effect.like_attribute:
            code = effect.like or getattr(waiting.event, effect.like_attribute) or ""
            if code not in self._windows:
                self._windows[code] = windows.like(code)
            return self._windows[code]
        return Window(None, waiting.occurred_at + effect.lasts if effect.lasts is not None else None)

    def _expires_at(self, effect: EffectPlan, waiting: Waiting) -> datetime:
        is_next = effect.expiry_next_at is not None and waiting.occurred_at >= effect.expiry_next_at
        policy = effect.expiry_next if is_next else effect.expiry
        if policy is None or policy.get("kind") == "never":
            return NEVER
        key = (effect.currency_id, id(effect), local_day(waiting.occurred_at, self.programme_zone), is_next)
        found = self._expiries.get(key)
        if found is None:
            found = self._expiries[key] = expires_at(policy, waiting.occurred_at, self.programme_zone)
        return found


def refusal(member: MemberFacts, moment: datetime) -> str:
    """Why a member is paid nothing for what happened at a moment; empty where nothing speaks against it."""
    if not member.earns:
        return MAY_NOT_EARN
    return FROZEN if any(begins_at <= moment < ends_at for begins_at, ends_at in member.freezes) else ""


def _allowed(effect: EffectPlan, wanted: int, uses: Uses) -> tuple[int, str]:
    """How much of a wanted amount the limits allow, and the one that cut it."""
    amount, reason = wanted, ""
    for ceiling, use in uses:
        if ceiling.currency_id == effect.currency_id:
            allowed = limits.allowance(ceiling, use, wanted)
            if allowed < amount:
                amount, reason = allowed, f"limit:{ceiling.name}"
    return amount, reason


def _record(effect: EffectPlan, amount: int, uses: Uses) -> None:
    for ceiling, use in uses:
        if ceiling.currency_id == effect.currency_id:
            limits.record(ceiling, use, amount)
