"""Why, and why not: what became of an event, rule by rule, clause by clause."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from incentives.domain.engine import rulebook
from incentives.domain.engine.facts import zone_named
from incentives.domain.rules.checking import CheckedClause, CheckedGroup, CheckedRule
from incentives.domain.rules.documents import text_in
from incentives.models import Judgement
from members.domain import language
from members.domain.language import DECIMAL, TIMESTAMP
from members.models import DeadLetter, Event, Member, Work


@dataclass(frozen=True, slots=True)
class ClauseTrace:
    """One clause: its text, whether it held, the values it saw, and the words for the member."""

    text: str
    passed: bool
    read: dict[str, Any]
    why_not: str


@dataclass(frozen=True, slots=True)
class EffectTrace:
    """What an effect wanted and what it moved, in major units; `reason` says what cut it."""

    what: str
    kind: str
    wanted: Decimal
    paid: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class RuleTrace:
    code: str
    version: int
    name: str
    matched: bool
    reason: str
    is_public: bool
    clauses: tuple[ClauseTrace, ...] = ()
    effects: tuple[EffectTrace, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of an event. `state` is waiting, judged or failed."""

    event_id: int
    state: str
    judged_at: datetime | None = None
    rules: tuple[RuleTrace, ...] = field(default=())
    error: str = ""

    @property
    def moved(self) -> dict[str, Decimal]:
        """Points by currency, signed."""
        total: dict[str, Decimal] = {}
        for rule in self.rules:
            for effect in rule.effects:
                if effect.kind != "badge" and effect.paid:
                    total[effect.what] = total.get(effect.what, Decimal(0)) + effect.paid
        return total


def trace_of(event_id: int, *, language_code: str = "en", shows_hidden: bool = True) -> Trace:
    """Say what became of an event; clauses are computed again from the facts that were recorded.

    With `shows_hidden` False, rules that are surprises appear only where they paid.
    """
    judgement = Judgement.objects.filter(event_id=event_id).order_by("-run").first()
    if judgement is None:
        letter = DeadLetter.objects.filter(event_id=event_id).first()
        if letter is not None and not Work.objects.filter(event_id=event_id).exists():
            return Trace(event_id, "failed", error=letter.error.strip().splitlines()[-1])
        return Trace(event_id, "waiting")
    event = Event.objects.select_related("type", "payload").get(pk=event_id)
    rules = tuple(_rules(judgement, event, language_code))
    if not shows_hidden:
        rules = tuple(rule for rule in rules if rule.is_public or any(effect.paid for effect in rule.effects))
    return Trace(event_id, "judged", judgement.judged_at, rules)


def _rules(judgement: Judgement, event: Event, language_code: str) -> list[RuleTrace]:
    book = rulebook.current()
    type_book = book.types.get(event.type_id)
    if type_book is None:
        return []
    verdicts = {verdict[0]: verdict for verdict in msgspec.json.decode(judgement.verdicts)}
    facts = _facts(judgement, event, book)
    in_force = book.at(type_book, event.occurred_at)
    zone = zone_named(Member.objects.values_list("time_zone", flat=True).get(pk=event.member_id))
    traces = []
    for rule, plan in zip(in_force.compiled.rules, in_force.plans, strict=True):
        verdict = verdicts.pop(plan.code, None)
        name = text_in(rule.document.name, language_code, rule.document.code)
        clauses: tuple[ClauseTrace, ...] = ()
        if set(rule.fields()) <= facts.keys():
            clauses = tuple(_clauses(rule.condition, rule, facts, zone, language_code))
        traces.append(
            RuleTrace(
                code=plan.code,
                version=verdict[1] if verdict else plan.version,
                name=name,
                matched=verdict is not None,
                reason=verdict[2] if verdict else "",
                is_public=rule.document.visibility == "public",
                clauses=clauses,
                effects=tuple(_effects(rule, verdict)) if verdict else (),
            )
        )
    # A rule that was in force when the event was judged, but has been backdated away since.
    traces += [
        RuleTrace(code=v[0], version=v[1], name=v[0], matched=True, reason=v[2], is_public=True)
        for v in verdicts.values()
    ]
    return traces


def _clauses(
    group: CheckedGroup, rule: CheckedRule, facts: dict[str, Any], zone: Any, language_code: str
) -> list[ClauseTrace]:
    found = []
    for member in group.members:
        if isinstance(member, CheckedGroup):
            found += _clauses(member, rule, facts, zone, language_code)
            continue
        found.append(_clause(member, facts, zone, language_code))
    return found


def _clause(member: CheckedClause, facts: dict[str, Any], zone: Any, language_code: str) -> ClauseTrace:
    step = language.explain(member.checked, facts.get, zone, lambda path: facts.get(f"{path}.before"))
    words = "" if step.result else text_in(member.clause.why_not, language_code)
    return ClauseTrace(step.text, bool(step.result), {k: _shown(v) for k, v in step.read.items()}, words)


def _effects(rule: CheckedRule, verdict: list[Any]) -> list[EffectTrace]:
    found = []
    for number, wanted, paid, reason, *_elsewhere in verdict[3]:
        effect = rule.effects[number]
        kind = type(effect.effect).__name__.lower()
        what = getattr(effect.effect, "currency", None) or str(getattr(effect.effect, "badge", ""))
        sign = -1 if kind == "deduct" else 1
        scale = Decimal(1).scaleb(-effect.scale)
        kind = "badge" if kind == "grantbadge" else kind
        found.append(EffectTrace(what, kind, sign * wanted * scale, sign * paid * scale, reason))
    return found


def _facts(judgement: Judgement, event: Event, book: rulebook.RuleBook) -> dict[str, Any]:
    """Everything the rules could read, as they saw it: recorded facts beside the event's own data."""
    schema = book.known.catalogue.schema_for(event.type.code)
    facts: dict[str, Any] = {}
    for path, value in msgspec.json.decode(judgement.facts).items():
        known = schema.get(path.removesuffix(".before"))
        facts[path] = _typed(value, known.type) if known is not None else value
    payload = getattr(event, "payload", None)
    if payload is not None:
        data_schema = book.known.schemas[event.type.code]
        data = data_schema.decoder.decode(payload.data)
        facts |= {f"event.data.{name}": getattr(data, data_schema.attribute(name)) for name in data_schema.names}
    facts["now"] = event.occurred_at
    return facts


def _typed(value: Any, kind: language.Type) -> Any:
    if kind == DECIMAL and value is not None:
        return Decimal(value)
    if kind == TIMESTAMP and isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC)
    return value


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
