"""Proves a quest before it can be started. Plain Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from incentives.domain.quests.documents import AT_ONCE, BY_CHOICE, CONTRIBUTION, Begin, Document, Step
from incentives.domain.rules.catalogue import Catalogue
from incentives.domain.rules.checking import placed
from incentives.domain.rules.documents import Finding
from incentives.domain.rules.findings import near
from members.domain import language
from members.domain.language import BOOL, Checked, LanguageError, Schema


@dataclass(frozen=True)
class Nameable:
    """What a quest may name: the catalogue of rules, types that are contributions, segments, and tiers by path."""

    catalogue: Catalogue
    contributions: frozenset[str]
    segments: frozenset[str]
    # ladder/tier to (ladder, rank)
    tiers: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class CheckedStep:
    """A step with the types it counts and its typed condition."""

    step: Step
    types: tuple[str, ...]
    condition: Checked | None


@dataclass(frozen=True)
class CheckedQuest:
    """A quest that holds: ready to be followed. `tier` is (ladder, rank)."""

    document: Document
    steps: tuple[CheckedStep, ...]
    begins_if: Checked | None
    audience_if: Checked | None
    tier: tuple[int, int] | None


@dataclass(frozen=True)
class Report:
    """What checking found. `quest` is None where there is an error."""

    findings: tuple[Finding, ...]
    quest: CheckedQuest | None

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "error")


def check_quest(document: Document, known: Nameable) -> Report:
    """Check everything a document says against what can be named; never raises for what a document says."""
    findings: list[Finding] = []
    begins_if = _begins(document, known, findings)
    audience_if, tier = _audience(document, known, findings)
    steps = tuple(_step(step, f"/steps/{i}", known, findings) for i, step in enumerate(document.steps))
    findings.extend(_doubts(document))
    if any(finding.severity == "error" for finding in findings):
        return Report(tuple(findings), None)
    quest = CheckedQuest(document, steps, begins_if, audience_if, tier)
    return Report(tuple(findings), quest)


def _begins(document: Document, known: Nameable, findings: list[Finding]) -> Checked | None:
    begins = document.begins
    if not isinstance(begins, Begin):
        return None
    if known.catalogue.named_type(begins.when) is None:
        findings.append(_unknown_type(begins.when, "/begins/when", known))
        return None
    return _expression(begins.if_, known.catalogue.event_types[begins.when], known, "/begins/if", findings)


def _audience(
    document: Document, known: Nameable, findings: list[Finding]
) -> tuple[Checked | None, tuple[int, int] | None]:
    audience = document.audience
    if audience is None:
        return None, None
    if audience.segment is not None and audience.segment not in known.segments:
        text = f"There is no segment {audience.segment!r:.80}."
        fix = near(audience.segment, known.segments)
        findings.append(Finding(pointer="/audience/segment", code="unknown_segment", text=text, fix=fix))
    if audience.tier is not None and audience.tier not in known.tiers:
        text = f"There is no tier {audience.tier!r:.80}; write it as ladder/tier."
        fix = near(audience.tier, known.tiers)
        findings.append(Finding(pointer="/audience/tier", code="unknown_tier", text=text, fix=fix))
    checked = _expression(audience.if_, {}, known, "/audience/if", findings)
    return checked, known.tiers.get(audience.tier or "")


def _step(step: Step, here: str, known: Nameable, findings: list[Finding]) -> CheckedStep:
    if step.when == CONTRIBUTION:
        return CheckedStep(
            step, tuple(sorted(known.contributions)), _expression(step.if_, {}, known, f"{here}/if", findings)
        )
    if known.catalogue.named_type(step.when) is None:
        findings.append(_unknown_type(step.when, f"{here}/when", known))
        return CheckedStep(step, (), None)
    if step.in_a_row and step.when not in known.contributions:
        text, fix = "Weeks in a row count contributions.", f"Write when: {CONTRIBUTION}, or a type that is marked so."
        findings.append(Finding(pointer=f"{here}/when", code="no_contribution", text=text, fix=fix))
    fields = known.catalogue.event_types[step.when]
    return CheckedStep(step, (step.when,), _expression(step.if_, fields, known, f"{here}/if", findings))


def _expression(
    text: str | None, fields: Schema, known: Nameable, pointer: str, findings: list[Finding]
) -> Checked | None:
    if text is None:
        return None
    schema = {**fields, **known.catalogue.member_fields}
    try:
        checked = language.check(text, schema, known.catalogue.tables, BOOL)
    except LanguageError as error:
        findings.extend(placed(message, pointer) for message in error.messages)
        return None
    findings.extend(placed(message, pointer) for message in checked.warnings)
    return checked


def _unknown_type(code: str, pointer: str, known: Nameable) -> Finding:
    catalogue = known.catalogue
    fix = near(code, catalogue.event_types.keys() - catalogue.reserved)
    return Finding(pointer=pointer, code="unknown_type", text=f"There is no event type {code!r:.80}.", fix=fix)


def _doubts(document: Document) -> Iterator[Finding]:
    """What is allowed and probably not meant."""
    window = document.window
    if document.begins in (AT_ONCE, BY_CHOICE) and window is None and document.repeat == "once":
        if any(step.in_a_row for step in document.steps):
            return
        text, fix = "Nothing ends this quest.", "Give it a window, or let it repeat."
        yield Finding(pointer="", code="endless", text=text, fix=fix, severity="warning")
    if document.begins == AT_ONCE and window is not None and window.within is not None and window.from_ is None:
        text = "within counts from when the quest was started, for everybody alike."
        fix = "Let an event begin it, or members by choice, for a time of their own."
        yield Finding(pointer="/window/within", code="shared_time", text=text, fix=fix, severity="warning")
