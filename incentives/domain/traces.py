"""Why, and why not: what became of an event, rule by rule, clause by clause."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from incentives.domain import wording
from incentives.domain.engine import rulebook
from incentives.domain.engine.paying import GRANTS
from incentives.domain.engine.rulebook import RuleBook, RulePlan
from incentives.domain.rules.catalogue import SPACE
from incentives.domain.rules.checking import CheckedClause, CheckedEffect, CheckedGroup, CheckedRule
from incentives.models import Badge, Judgement, Privilege
from members.domain import language
from members.domain.counters.periods import zone_named
from members.domain.language import DECIMAL, TIMESTAMP, Checked
from members.domain.texts import text_in
from members.models import DeadLetter, Event, Member, Work


@dataclass(frozen=True, slots=True)
class ClauseTrace:
    """One clause: its text, whether it held, the values it saw, and the words for the member.

    `words` says the clause without its symbols, `seen` the values under the names that `words` uses.
    """

    text: str
    passed: bool
    read: dict[str, Any]
    why_not: str
    words: str = ""
    seen: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartTrace:
    """A summand of an amount, in words, with what it came to."""

    words: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class EffectTrace:
    """What an effect wanted and what it moved, in major units; `reason` says what cut it."""

    what: str
    kind: str
    wanted: Decimal
    paid: Decimal
    reason: str
    name: str = ""
    words: str = ""
    parts: tuple[PartTrace, ...] = ()


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
    words: str = ""

    @property
    def has_paid(self) -> bool:
        return any(effect.paid for effect in self.effects)


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
                if effect.kind not in GRANTS and effect.paid:
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
    event = Event.objects.select_related("type", "payload", "space").get(pk=event_id)
    rules = tuple(_rules(judgement, event, language_code))
    if not shows_hidden:
        rules = tuple(rule for rule in rules if rule.is_public or any(effect.paid for effect in rule.effects))
    return Trace(event_id, "judged", judgement.judged_at, rules)


def _rules(judgement: Judgement, event: Event, language_code: str) -> list[RuleTrace]:
    book = rulebook.current()
    if event.type_id not in book.types:
        return []
    verdicts = {verdict[0]: verdict for verdict in msgspec.json.decode(judgement.verdicts)}
    facts = _facts(judgement, event, book)
    zone = zone_named(Member.objects.values_list("time_zone", flat=True).get(pk=event.member_id))
    units = {
        currency.pk: (text_in(currency.names, language_code, code), currency.scale)
        for code, currency in book.known.currencies.items()
    }
    say = _Say(facts, zone, language_code, units, things=_names_of_things(language_code))
    traces = [say.rule(rule, plan, verdicts.pop(plan.code, None)) for rule, plan in _judged(judgement, event, book)]
    # What names no rule, such as an event whose words were erased; or a version that no longer checks.
    return traces + [
        RuleTrace(
            code=code,
            version=version,
            name=code,
            matched=True,
            reason=reason,
            is_public=True,
            words=wording.reason_words(reason) if reason else "",
        )
        for code, version, reason, _ in verdicts.values()
    ]


def _judged(judgement: Judgement, event: Event, book: RuleBook) -> list[tuple[CheckedRule, RulePlan]]:
    """The versions that judged the event: those its verdicts name, and those in force then that did not match.

    Not what is in force for its moment today: a version may have been published with an earlier date since.
    """
    named = {(verdict[0], verdict[1]) for verdict in msgspec.json.decode(judgement.verdicts)}
    codes = {code for code, _ in named}
    in_force = book.at(book.types[event.type_id], event.occurred_at)
    others = {(plan.code, plan.version) for plan in in_force.plans if plan.code not in codes}
    read_then = {
        (plan.code, plan.version): (rule, plan)
        for rule, plan in zip(in_force.compiled.rules, in_force.plans, strict=True)
    }
    found = []
    for code, version in named | others:
        known, plan = book.versions.get((code, version)), book.plan_of(code, version)
        if known is None or plan is None:
            continue
        rule, published_at = known
        if (code, version) in named or published_at <= judgement.judged_at:
            found.append(read_then.get((code, version), (rule, plan)))
    return sorted(found, key=lambda each: (-each[0].document.priority, each[1].code))


def _names_of_things(language_code: str) -> dict[tuple[str, str], str]:
    """What badges and privileges are called, by kind of effect and code."""
    return {
        (kind, code): text_in(names, language_code, code)
        for kind, model in (("badge", Badge), ("grant", Privilege))
        for code, names in model.objects.values_list("code", "names")
    }


# What an effect gives or takes, by the word that names it.
_NAMED = ("currency", "badge", "privilege")


@dataclass(frozen=True, slots=True)
class _Say:
    """Puts what was decided into words, with the facts of one event at hand."""

    facts: dict[str, Any]
    zone: Any
    language_code: str
    units: dict[int, tuple[str, int]]
    things: dict[tuple[str, str], str]

    def rule(self, rule: CheckedRule, plan: RulePlan, verdict: list[Any] | None) -> RuleTrace:
        is_known = set(rule.fields()) <= self.facts.keys()
        reason = verdict[2] if verdict else ""
        return RuleTrace(
            code=plan.code,
            version=plan.version,
            name=text_in(rule.document.name, self.language_code, rule.document.code),
            matched=verdict is not None,
            reason=reason,
            is_public=rule.document.visibility == "public",
            clauses=tuple(self.clauses(rule.condition)) if is_known else (),
            effects=tuple(self.effects(rule, plan, verdict, is_known=is_known)) if verdict else (),
            words=wording.reason_words(reason, plan.ceilings, self.units) if reason else "",
        )

    def clauses(self, group: CheckedGroup) -> list[ClauseTrace]:
        found: list[ClauseTrace] = []
        for member in group.members:
            found += self.clauses(member) if isinstance(member, CheckedGroup) else [self.clause(member)]
        return found

    def clause(self, member: CheckedClause) -> ClauseTrace:
        step = self.step(member.checked)
        return ClauseTrace(
            text=step.text,
            passed=bool(step.result),
            read={path: _shown(value) for path, value in step.read.items()},
            why_not="" if step.result else text_in(member.clause.why_not, self.language_code),
            words=wording.in_words(member.checked.tree),
            seen={wording.field_words(path): wording.value_words(value) for path, value in step.read.items()},
        )

    def effects(self, rule: CheckedRule, plan: RulePlan, verdict: list[Any], *, is_known: bool) -> list[EffectTrace]:
        found = []
        for number, wanted, paid, reason, *_elsewhere in verdict[3]:
            effect = rule.effects[number]
            kind = plan.effects[number].kind
            what = str(next(getattr(effect.effect, word) for word in _NAMED if hasattr(effect.effect, word)))
            sign = -1 if kind == "deduct" else 1
            scale = Decimal(1).scaleb(-effect.scale)
            found.append(
                EffectTrace(
                    what=what,
                    kind=kind,
                    wanted=sign * wanted * scale,
                    paid=sign * paid * scale,
                    reason=reason,
                    name=self.things.get((kind, what), what) if kind in GRANTS else self._unit(plan, number, what),
                    words=wording.reason_words(reason, plan.ceilings, self.units) if reason else "",
                    parts=self._parts(effect) if is_known else (),
                )
            )
        return found

    def step(self, checked: Checked) -> language.Step:
        return language.explain(checked, self.facts.get, self.zone, lambda path: self.facts.get(f"{path}.before"))

    def _unit(self, plan: RulePlan, number: int, fallback: str) -> str:
        return self.units.get(plan.effects[number].currency_id, (fallback, 0))[0]

    def _parts(self, effect: CheckedEffect) -> tuple[PartTrace, ...]:
        """The summands of an amount that is worked out; none of one that is always the same."""
        if effect.amount is None or not effect.amount.fields:
            return ()
        schema = effect.amount.schema
        steps = [(node, self.step(Checked(node, schema)).result) for node in _summands(effect.amount.tree)]
        return tuple(PartTrace(wording.in_words(node), Decimal(value)) for node, value in steps if value is not None)


def _summands(node: language.Node) -> list[language.Node]:
    if node.kind == "arithmetic" and node.value == "+":
        return [part for child in node.children for part in _summands(child)]
    return [node]


def _facts(judgement: Judgement, event: Event, book: RuleBook) -> dict[str, Any]:
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
    facts["now"], facts[SPACE] = event.occurred_at, event.space.ref if event.space is not None else ""
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
