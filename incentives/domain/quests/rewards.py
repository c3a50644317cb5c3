"""What rules in force would pay for a quest and its steps: the rules themselves are asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from incentives.domain.engine.facts import MemberFacts
from incentives.domain.engine.rulebook import RuleBook
from incentives.domain.ledger.queries import major
from incentives.domain.quests.documents import Document
from members.domain import language
from members.domain.outcomes import QUEST_COMPLETED, QUEST_STEP_COMPLETED


@dataclass(frozen=True, slots=True)
class Reward:
    """What a public rule pays the member: an amount of a currency in major units, or a badge (no amount)."""

    currency: str
    amount: Decimal | None
    badge: str = ""


def rewards_of(
    rules: RuleBook, member: MemberFacts, document: Document, version: int, *, now: datetime
) -> dict[str, list[Reward]]:
    """Rewards by step, and under "" for the whole; limits are not looked at, and counters count as 0."""
    said = {"quest": document.code, "version": version}
    steps = {step.code: (QUEST_STEP_COMPLETED, {**said, "step": step.code}) for step in document.steps}
    asked = {"": (QUEST_COMPLETED, said), **steps}
    return {step: _paid(rules, member, code, data, now) for step, (code, data) in asked.items()}


def _paid(rules: RuleBook, member: MemberFacts, code: str, data: dict[str, Any], now: datetime) -> list[Reward]:
    book = rules.by_code[code]
    in_force = rules.at(book, now)
    if not in_force.plans:
        return []
    event = book.schema.decoder.decode(msgspec.json.encode(data))
    vector = [0] * rules.vector_size
    with language.exact():
        matches, _ = in_force.compiled.judge_safely(event, member, vector, now, member.zone)
    found = []
    for place, *amounts in matches:
        if in_force.compiled.rules[place].document.visibility != "public":
            continue
        for effect in in_force.plans[place].effects:
            if effect.to:
                continue
            if effect.kind == "award" and amounts[effect.number]:
                scale = rules.known.currencies[effect.currency_code].scale
                found.append(Reward(effect.currency_code, major(amounts[effect.number], scale)))
            elif effect.kind == "badge":
                found.append(Reward("", None, badge=effect.badge_code))
    return found
