"""Proves a rule before it can be published, and says what it can cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from incentives.bounds import AMOUNT_MAX
from incentives.domain.rules.catalogue import Catalogue, CurrencyFacts
from incentives.domain.rules.documents import (
    IN_THE_DATA,
    INVITER,
    MEMBER,
    Award,
    Clause,
    Deduct,
    Document,
    Effect,
    Example,
    Finding,
    GrantBadge,
    GrantPrivilege,
    Limit,
    Pending,
    clauses_of,
)  # fmt: skip
from incentives.domain.rules.findings import near
from members.domain import bare_words, language
from members.domain.language import BOOL, DECIMAL, STRING, Checked, Field, LanguageError, Schema
from members.domain.outcomes import TOLD_OF_MONEY


@dataclass(frozen=True)
class CheckedClause:
    """A clause with its typed expression and its place in the document."""

    pointer: str
    clause: Clause
    checked: Checked


@dataclass(frozen=True)
class CheckedGroup:
    kind: str
    members: tuple[CheckedClause | CheckedGroup, ...]


@dataclass(frozen=True)
class CheckedEffect:
    """An effect with its amount in major units (None for a badge or a privilege)."""

    effect: Effect
    amount: Checked | None
    scale: int = 0

    def most(self) -> Decimal:
        """The most one event can move, in major units."""
        interval = self.amount.interval if self.amount is not None else None
        return interval.high if interval is not None else Decimal(0)


@dataclass(frozen=True)
class CheckedRule:
    """A rule that holds: ready to be compiled and explained."""

    document: Document
    schema: Schema
    condition: CheckedGroup
    effects: tuple[CheckedEffect, ...]
    limits: tuple[Limit, ...]

    def fields(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for clause in walk(self.condition):
            found |= dict.fromkeys(clause.checked.fields)
        for effect in self.effects:
            if effect.amount is not None:
                found |= dict.fromkeys(effect.amount.fields)
        return tuple(found)


@dataclass(frozen=True)
class Report:
    """What checking found. `rule` is None where there is an error."""

    findings: tuple[Finding, ...]
    rule: CheckedRule | None

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "error")


def check_rule(document: Document, catalogue: Catalogue) -> Report:
    """Check everything a document says against what can be named; never raises for what a document says."""
    if catalogue.named_type(document.when) is None:
        fix = near(document.when, catalogue.event_types.keys() - catalogue.reserved)
        return Report(
            (
                Finding(
                    pointer="/when", code="unknown_type", text=f"There is no event type {document.when!r}.", fix=fix
                ),
            ),
            None,
        )
    findings: list[Finding] = []
    schema = catalogue.schema_for(document.when)
    condition, _ = _group(clauses_of(document), "/if", schema, catalogue, frozenset(), findings)
    known = _known(condition)
    effects = tuple(_effects(document, schema, catalogue, known, findings))
    limits = tuple(_limits(document, catalogue, findings))
    if any(finding.severity == "error" for finding in findings):
        return Report(tuple(findings), None)
    rule = CheckedRule(document, schema, condition, effects, limits)
    findings.extend(_cost(rule))
    findings.extend(_doubts(rule))
    findings.extend(_idle_limits(rule))
    for i, example in enumerate(document.tests):
        findings.extend(_example(rule, example, f"/tests/{i}", catalogue))
    errors = any(finding.severity == "error" for finding in findings)
    return Report(tuple(findings), None if errors else rule)


def walk(group: CheckedGroup) -> Iterator[CheckedClause]:
    for member in group.members:
        if isinstance(member, CheckedGroup):
            yield from walk(member)
        else:
            yield member


def tree_of(group: CheckedGroup) -> language.Node | None:
    """The whole condition as one typed tree; None where there is nothing to hold."""
    nodes = []
    for member in group.members:
        node = tree_of(member) if isinstance(member, CheckedGroup) else member.checked.tree
        if node is not None:
            nodes.append(node)
    return language.conjoined(nodes, "and" if group.kind == "all" else "or") if nodes else None


def _known(group: CheckedGroup) -> frozenset[str]:
    tree = tree_of(group)
    return language.guards(tree, outcome=True) if tree is not None else frozenset()


def _group(
    group: Clause, pointer: str, schema: Schema, catalogue: Catalogue, known: frozenset[str], findings: list[Finding]
) -> tuple[CheckedGroup, frozenset[str]]:
    word = "all" if group.all is not None else "any"
    members: list[CheckedClause | CheckedGroup] = []
    for i, clause in enumerate((group.all if word == "all" else group.any) or ()):
        here = f"{pointer}/{word}/{i}"
        if clause.is_group:
            inner, _ = _group(clause, here, schema, catalogue, known, findings)
            members.append(inner)
            known = known | _guards_of(inner, outcome=word == "all")
            continue
        assert clause.expr is not None, "what is no group has an expression"
        checked = _expression(clause.expr, schema, catalogue, BOOL, known, f"{here}/expr", findings)
        if checked is not None:
            members.append(CheckedClause(here, clause, checked))
            known = known | language.guards(checked.tree, outcome=word == "all")
    return CheckedGroup(word, tuple(members)), known


def _guards_of(group: CheckedGroup, *, outcome: bool) -> frozenset[str]:
    tree = tree_of(group)
    return language.guards(tree, outcome=outcome) if tree is not None else frozenset()


def _expression(
    text: str,
    schema: Schema,
    catalogue: Catalogue,
    expect: language.Type,
    known: frozenset[str],
    pointer: str,
    findings: list[Finding],
) -> Checked | None:
    try:
        checked = language.check(text, schema, catalogue.tables, expect, known)
    except LanguageError as error:
        findings.extend(placed(message, pointer) for message in error.messages)
        return None
    findings.extend(placed(message, pointer) for message in checked.warnings)
    return checked


def placed(message: language.Message, pointer: str) -> Finding:
    """What the language says, at its place in a document."""
    return Finding(
        pointer=pointer,
        code=message.code,
        text=message.text,
        fix=message.fix,
        severity=message.severity,
        span=message.span,
    )


def _effects(
    document: Document, schema: Schema, catalogue: Catalogue, known: frozenset[str], findings: list[Finding]
) -> Iterator[CheckedEffect]:
    before: str | None = None
    for i, effect in enumerate(document.then):
        here = f"/then/{i}"
        findings.extend(_recipient(effect, schema, known, here))
        if isinstance(effect, Award) and effect.pending is not None:
            findings.extend(_pending(effect.pending, schema, catalogue, known, f"{here}/pending"))
        if isinstance(effect, (GrantBadge, GrantPrivilege)):
            findings.extend(_granted(effect, catalogue, here))
            findings.extend(_like(effect, schema, known, here))
            yield CheckedEffect(effect, None)
            continue
        currency = catalogue.currencies.get(effect.currency)
        if currency is None:
            text = f"There is no currency {effect.currency!r}."
            fix = near(effect.currency, catalogue.currencies)
            findings.append(Finding(pointer=f"{here}/currency", code="unknown_currency", text=text, fix=fix))
        elif isinstance(effect, Award) and currency.is_qualifying and document.when in TOLD_OF_MONEY:
            text = f"{document.when} tells of money, which never counts for growth."
            fix = "Award a currency that is spent, or listen to what they do, such as activity.checked_in."
            findings.append(Finding(pointer=f"{here}/currency", code="money_for_growth", text=text, fix=fix))
        amount = str(effect.amount)
        if amount == "same":
            if before is None:
                text = "same needs an amount before it."
                findings.append(Finding(pointer=f"{here}/amount", code="invalid", text=text))
                continue
            amount = before
        before = amount
        checked = _expression(amount, schema, catalogue, DECIMAL, known, f"{here}/amount", findings)
        if checked is not None:
            yield CheckedEffect(effect, checked, currency.scale if currency else 0)


def _granted(effect: GrantBadge | GrantPrivilege, catalogue: Catalogue, here: str) -> Iterator[Finding]:
    """The badge or privilege that is granted exists."""
    if isinstance(effect, GrantBadge):
        if effect.badge not in catalogue.badges:
            text, fix = f"There is no badge {effect.badge!r}.", near(effect.badge, catalogue.badges)
            yield Finding(pointer=f"{here}/badge", code="unknown_badge", text=text, fix=fix)
    elif effect.privilege not in catalogue.privileges:
        text, fix = f"There is no privilege {effect.privilege!r}.", near(effect.privilege, catalogue.privileges)
        yield Finding(pointer=f"{here}/privilege", code="unknown_privilege", text=text, fix=fix)


def _like(effect: GrantBadge | GrantPrivilege, schema: Schema, known: frozenset[str], here: str) -> Iterator[Finding]:
    """What a grant lasts as long as is a code, or a text of the data; the data are of the member's own event."""
    if isinstance(effect, GrantBadge) or effect.like is None or not effect.like.startswith(IN_THE_DATA):
        return
    yield from _text_field(effect.like, schema, known, f"{here}/like", "Write a text field, or the code itself.")
    if effect.to != MEMBER:
        text = "What the event says is known of its own member alone."
        yield Finding(pointer=f"{here}/like", code="invalid", text=text, fix="Write the code itself, or leave out to.")


def _recipient(effect: Effect, schema: Schema, known: frozenset[str], here: str) -> Iterator[Finding]:
    """Whom an effect pays: the member, who invited them, or whoever a text of the data names."""
    to = MEMBER if isinstance(effect, Deduct) else effect.to
    if to in (MEMBER, INVITER):
        return
    yield from _text_field(to, schema, known, f"{here}/to", "Write member, inviter, or a text field of the event.")


def _pending(
    pending: Pending, schema: Schema, catalogue: Catalogue, known: frozenset[str], here: str
) -> Iterator[Finding]:
    """The event an award waits for exists, and both events carry what must match."""
    if pending.until is None:
        return
    other = catalogue.named_type(pending.until)
    if other is None:
        text = f"There is no event type {pending.until!r}."
        fix = near(pending.until, catalogue.event_types.keys() - catalogue.reserved)
        yield Finding(pointer=f"{here}/until", code="unknown_type", text=text, fix=fix)
        return
    if pending.match is not None:
        fix = f"Write a text field that both {pending.until} and this event have."
        yield from _text_field(pending.match, schema, known, f"{here}/match", fix)
        if pending.match not in other:
            text = f"{pending.until} has no field {pending.match}."
            yield Finding(pointer=f"{here}/match", code="unknown_field", text=text, fix=near(pending.match, other))


def _text_field(path: str, schema: Schema, known: frozenset[str], pointer: str, fix: str) -> Iterator[Finding]:
    field = schema.get(path) if path.startswith(IN_THE_DATA) else None
    if field is None:
        texts = [name for name, each in schema.items() if name.startswith(IN_THE_DATA) and each.type == STRING]
        text = f"There is no field {path!r} here."
        yield Finding(pointer=pointer, code="unknown_field", text=text, fix=f"{fix} {near(path, texts)}")
    elif field.type != STRING:
        yield Finding(pointer=pointer, code="type", text=f"{path} is a {field.type}, not a text.", fix=fix)
    elif field.optional and path not in known:
        yield Finding(
            pointer=pointer, code="unguarded", text=f"{path} can be missing.", fix=f"Add the clause has({path})."
        )


def _limits(document: Document, catalogue: Catalogue, findings: list[Finding]) -> Iterator[Limit]:
    for i, limit in enumerate(document.limits):
        here = f"/limits/{i}"
        if isinstance(limit, str):
            shared = catalogue.limits.get(limit)
            if shared is None:
                text = f"There is no shared limit {limit!r}."
                findings.append(
                    Finding(pointer=here, code="unknown_limit", text=text, fix=near(limit, catalogue.limits))
                )
                continue
            # What is wrong with it stands elsewhere: the place in this document is its name.
            findings.extend(
                msgspec.structs.replace(each, pointer=here, text=f"The shared limit {limit!r}: {each.text}")
                for each in unfit(shared, catalogue.currencies, here)
            )
            yield shared
            continue
        findings.extend(unfit(limit, catalogue.currencies, here))
        yield msgspec.structs.replace(limit, code=f"{document.code}:{limit.code or i}")


def unfit(limit: Limit, currencies: Mapping[str, CurrencyFacts], pointer: str) -> Iterator[Finding]:
    """What keeps a limit from limiting: its currency exists, its amount fits the books and is not finer than it."""
    if limit.currency is None:
        return
    currency = currencies.get(limit.currency)
    if currency is None:
        text, fix = f"There is no currency {limit.currency!r}.", near(limit.currency, currencies)
        yield Finding(pointer=f"{pointer}/currency", code="unknown_currency", text=text, fix=fix)
        return
    if limit.amount is None:
        return
    minor = limit.amount.scaleb(currency.scale)
    if minor != minor.to_integral_value():
        text = f"{currency.code} has {currency.scale} decimals."
        yield Finding(pointer=f"{pointer}/amount", code="invalid", text=text, fix="Round the limit.")
    elif minor > AMOUNT_MAX:
        most = Decimal(AMOUNT_MAX).scaleb(-currency.scale)
        text = f"A limit of {currency.code} is at most {most:,f}."
        yield Finding(pointer=f"{pointer}/amount", code="too_large", text=text, fix="Write a smaller one.")


def _cost(rule: CheckedRule) -> Iterator[Finding]:
    for i, effect in enumerate(rule.effects):
        if effect.amount is None:
            continue
        here = f"/then/{i}/amount"
        if effect.most() <= 0:
            yield Finding(pointer=here, code="never_pays", text="This amount is never above 0.", fix="Check its sign.")
        is_limited = any(
            limit.amount is not None and limit.currency == getattr(effect.effect, "currency", None)
            for limit in rule.limits
        )
        if effect.most() >= Decimal(AMOUNT_MAX).scaleb(-effect.scale) and not is_limited:
            text = f"One event can move up to {effect.most():,f}."
            fix = "Add clamp(..., 0, most), or a limit on the amount."
            yield Finding(pointer=here, code="unbounded", text=text, fix=fix)


def _doubts(rule: CheckedRule) -> Iterator[Finding]:
    """Comparisons of a number field with a literal that its declared range decides beforehand."""
    for clause in walk(rule.condition):
        for node in clause.checked.tree.walk():
            if node.kind != "compare" or node.children[0].interval is None or node.children[1].interval is None:
                continue
            decided = _decided(node)
            if decided is not None:
                word = "always" if decided else "never"
                text = f"{language.canonical(node)} {word} holds."
                yield Finding(
                    pointer=f"{clause.pointer}/expr", code=word, text=text, severity="warning", span=node.span,
                    fix="Its field cannot have another value." if decided else "Check the number.",
                )  # fmt: skip


def _idle_limits(rule: CheckedRule) -> Iterator[Finding]:
    """Limits on the amount of a currency that the rule never moves in a way they count."""
    paid = {each.effect.currency for each in rule.effects if isinstance(each.effect, Award)}
    taken = {each.effect.currency for each in rule.effects if isinstance(each.effect, Deduct)}
    for i, limit in enumerate(rule.limits):
        counted = paid | taken if limit.counts == "net" else paid
        if limit.amount is not None and limit.currency not in counted:
            text = f"This rule pays no {limit.currency}, so the limit changes nothing."
            yield Finding(
                pointer=f"/limits/{i}", code="limits_nothing", text=text, severity="warning",
                fix="Name a currency that the rule pays, or leave the limit out.",
            )  # fmt: skip


def _decided(node: language.Node) -> bool | None:
    a, b = node.children[0].interval, node.children[1].interval
    assert a is not None
    assert b is not None
    less, more = a.high < b.low, a.low > b.high
    touching_less, touching_more = a.high <= b.low, a.low >= b.high
    outcomes = {
        "<": (less, touching_more),
        "<=": (touching_less, more),
        ">": (more, touching_less),
        ">=": (touching_more, less),
        "==": (False, less or more),
        "!=": (less or more, False),
    }
    always, never = outcomes[node.value]
    return True if always else False if never else None


def _example(rule: CheckedRule, example: Example, pointer: str, catalogue: Catalogue) -> Iterator[Finding]:
    facts: dict[str, Any] = {}
    for path, raw in example.given.items():
        field = rule.schema.get(path)
        if field is None:
            fix = near(path, rule.schema)
            yield Finding(
                pointer=f"{pointer}/given/{path}", code="unknown_field", text=f"There is no field {path}.", fix=fix
            )
            return
        try:
            facts[path] = fact_from(raw, field)
        except ValueError as error:
            yield Finding(pointer=f"{pointer}/given/{path}", code="type", text=str(error))
            return
    missing = [path for path in rule.fields() if path not in facts and not rule.schema[path].optional and path != "now"]
    if missing:
        text = f"The test does not say {', '.join(missing)}."
        yield Finding(
            pointer=f"{pointer}/given", code="missing", text=text, fix="Give a value for each field the rule reads."
        )
        return
    facts.setdefault("now", datetime(2026, 1, 1, 12, tzinfo=UTC))
    paid = outcome(rule, facts)
    for name, wanted in example.expect.items():
        if name == "matched":
            if bool(wanted) != (paid is not None):
                text = f"The test expects matched to be {wanted}, but it is {paid is not None}."
                yield Finding(pointer=f"{pointer}/expect/matched", code="test_failed", text=text)
            continue
        if name not in catalogue.currencies.keys() | catalogue.badges | catalogue.privileges:
            text = f"{name} is no currency, badge or privilege."
            yield Finding(pointer=f"{pointer}/expect/{name}", code="unknown", text=text)
            continue
        amount = _amount_in(wanted)
        if amount is None:
            text = f"{wanted!r:.80} is no amount."
            yield Finding(pointer=f"{pointer}/expect/{name}", code="type", text=text, fix="Write a number.")
            continue
        got = (paid or {}).get(name, Decimal(0))
        if amount != got:
            text = f"The test expects {wanted} {name}, but the rule pays {got.normalize():f}."
            yield Finding(pointer=f"{pointer}/expect/{name}", code="test_failed", text=text)


def _amount_in(wanted: Any) -> Decimal | None:
    try:
        return Decimal(str(wanted))
    except ArithmeticError:
        return None


def outcome(rule: CheckedRule, facts: dict[str, Any]) -> dict[str, Decimal] | None:
    """What a rule wants to pay for these facts, before limits, by currency; None where it does not match.

    Badges and privileges count as 1.
    """

    def read(path: str) -> Any:
        return facts.get(path)

    def peak(path: str) -> Any:
        return facts.get(f"{path}.before", (facts.get(path) or 1) - 1)

    tree = tree_of(rule.condition)
    if tree is not None and not language.explain(Checked(tree, rule.schema), read, UTC, peak).result:
        return None
    paid: dict[str, Decimal] = {}
    for effect in rule.effects:
        if isinstance(effect.effect, GrantBadge):
            paid[effect.effect.badge] = Decimal(1)
            continue
        if isinstance(effect.effect, GrantPrivilege):
            paid[effect.effect.privilege] = Decimal(1)
            continue
        assert effect.amount is not None
        value = Decimal(language.explain(effect.amount, read, UTC, peak).result)
        minor = max(0, int((value.scaleb(effect.scale)).to_integral_value(rounding="ROUND_FLOOR")))
        sign = -1 if isinstance(effect.effect, Deduct) else 1
        currency = effect.effect.currency
        paid[currency] = paid.get(currency, Decimal(0)) + sign * Decimal(minor).scaleb(-effect.scale)
    return paid


def fact_from(raw: Any, field: Field) -> Any:
    """Read a fact written in a test or a dry run. Raises ValueError saying what was expected."""
    kinds: dict[str, Any] = {
        "bool": bool, "int": int, "decimal": Decimal, "string": str, "timestamp": datetime, "list": list[str],
    }  # fmt: skip
    if raw is None and field.optional:
        return None
    if isinstance(raw, float):
        raw = str(raw)
    try:
        value: Any = msgspec.convert(raw, kinds[field.type.name], strict=False)
    except (msgspec.ValidationError, KeyError) as error:
        if isinstance(raw, bool) and field.type == STRING:
            raise ValueError(" ".join(bare_words.said_of("", raw))) from error
        raise ValueError(f"{raw!r:.80} is no {field.type}.") from error
    sentence = _beyond(value, field)
    if sentence:
        raise ValueError(f"{raw!r:.80} {sentence}.")
    return value


def _beyond(value: Any, field: Field) -> str:
    """What keeps a fact of the right type from being one that an event can bring; empty if nothing does."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return "has no time zone"
        return "" if 1900 <= value.year <= 2200 else "is not between the years 1900 and 2200"
    if field.enum is not None and not set(value if isinstance(value, list) else [value]) <= set(field.enum):
        return f"is not one of {', '.join(field.enum)}"
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        if not Decimal(value).is_finite():
            return "is no finite number"
        if (field.min is not None and value < field.min) or (field.max is not None and value > field.max):
            return f"does not lie between {field.min} and {field.max}"
    return ""


__all__ = ["Award", "CheckedRule", "Report", "check_rule", "fact_from", "outcome", "tree_of", "unfit", "walk"]
