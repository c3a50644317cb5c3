"""The quest document: steps, time, audience, in words a machine can check. Plain Python; see docs/quests.md."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

import msgspec

from incentives.domain.rules.documents import CODE, BadDocument, Finding, Strict, Texts, converted
from members.domain.language import seconds_of

# A step may ask for whatever counts as taking part.
CONTRIBUTION = "contribution"
AT_ONCE, BY_CHOICE = "at_once", "by_choice"
STEPS_MAX, COUNT_MAX, WEEKS_MAX = 20, 1_000, 52
SECONDS_MAX = 3_660 * 86_400
# How many weeks a repeating quest leaves for a streak.
WEEKS_IN = {"week": 1, "month": 4, "season": 13}


class Begin(Strict, kw_only=True, frozen=True):
    """An event begins it: only what its member does from then on counts."""

    when: str
    if_: str | None = msgspec.field(default=None, name="if")


class Window(Strict, kw_only=True, frozen=True):
    """How long there is: a length of time from the beginning, days of the calendar (both included), or both."""

    within: str | None = None
    from_: date | None = msgspec.field(default=None, name="from")
    until: date | None = None


class Audience(Strict, kw_only=True, frozen=True):
    """For whom it is: whoever is in a segment, holds a tier or a higher one, and meets a condition."""

    segment: str | None = None
    tier: str | None = None
    if_: str | None = msgspec.field(default=None, name="if")


class Step(Strict, kw_only=True, frozen=True):
    """So many events of a type that meet a condition; or weeks in a row, each with one at least."""

    code: str
    when: str
    name: Texts | str = ""
    if_: str | None = msgspec.field(default=None, name="if")
    count: int = 1
    within: str | None = None
    in_a_row: Literal["weeks"] | None = None


class Document(Strict, kw_only=True, frozen=True):
    code: str
    steps: tuple[Step, ...]
    name: Texts | str = ""
    text: Texts | str = ""
    begins: Begin | Literal["at_once", "by_choice"] = "at_once"
    window: Window | None = None
    repeat: Literal["once", "week", "month", "season"] = "once"
    audience: Audience | None = None
    order: Literal["free", "ordered"] = "free"
    welcome: bool = False


_WORDS = {
    "Document": ("code", "name", "text", "begins", "window", "repeat", "audience", "order", "steps", "welcome"),
    "": ("if", "within", "from", "until", "segment", "tier", "code", "when", "name", "count", "in_a_row"),
}


def read_quest(raw: object) -> Document:
    """Turn a decoded document (from JSON or YAML) into its typed form. Raises BadDocument."""
    if not isinstance(raw, dict):
        raise BadDocument([Finding(pointer="", code="invalid", text="A quest is an object with code and steps.")])
    document = converted(raw, Document, _WORDS)
    findings = list(_shape(document))
    if findings:
        raise BadDocument(findings)
    return document


def _shape(document: Document) -> Iterator[Finding]:
    if not CODE.fullmatch(document.code):
        yield _code("/code")
    if not 1 <= len(document.steps) <= STEPS_MAX:
        yield Finding(pointer="/steps", code="invalid", text=f"A quest has 1 to {STEPS_MAX} steps.")
    seen: set[str] = set()
    for i, step in enumerate(document.steps):
        yield from _step(step, f"/steps/{i}", document)
        if step.code in seen:
            text = f"Two steps have the code {step.code!r:.80}."
            yield Finding(pointer=f"/steps/{i}/code", code="invalid", text=text, fix="Name them apart.")
        seen.add(step.code)
    if document.window is not None:
        yield from _window(document.window)
    if document.welcome and not (isinstance(document.begins, Begin) and document.begins.when == "member.joined"):
        fix = "Write begins: {when: member.joined}."
        yield Finding(pointer="/welcome", code="invalid", text="A welcome begins when somebody joins.", fix=fix)


def _step(step: Step, here: str, document: Document) -> Iterator[Finding]:
    if not CODE.fullmatch(step.code):
        yield _code(f"{here}/code")
    most = WEEKS_MAX if step.in_a_row else COUNT_MAX
    if not 1 <= step.count <= most:
        yield Finding(pointer=f"{here}/count", code="invalid", text=f"count is a whole number from 1 to {most:,}.")
    if step.in_a_row and step.count > WEEKS_IN.get(document.repeat, WEEKS_MAX):
        text = f"A {document.repeat} has no {step.count} whole weeks."
        yield Finding(pointer=f"{here}/count", code="invalid", text=text, fix="Repeat less often, or ask for fewer.")
    if step.within is not None:
        yield from _length(step.within, f"{here}/within")
        whole = document.window.within if document.window is not None else None
        if whole is not None and (seconds_of(step.within) or 0) > (seconds_of(whole) or 0):
            yield Finding(pointer=f"{here}/within", code="invalid", text="A step has no more time than its quest.")


def _window(window: Window) -> Iterator[Finding]:
    if window.within is not None:
        yield from _length(window.within, "/window/within")
    if window.from_ is not None and window.until is not None and window.until < window.from_:
        yield Finding(pointer="/window/until", code="invalid", text="until must not lie before from.")
    if window.within is None and window.from_ is None and window.until is None:
        text = "A window says within, from or until."
        yield Finding(pointer="/window", code="invalid", text=text, fix="Leave it out for a quest without an end.")


def _length(length: str, pointer: str) -> Iterator[Finding]:
    seconds = seconds_of(length)
    if seconds is None or not 0 < seconds <= SECONDS_MAX:
        text, fix = "within is a length of time of at most 3,660 days.", 'Write it as "24h" or "7d".'
        yield Finding(pointer=pointer, code="invalid", text=text, fix=fix)


def _code(pointer: str) -> Finding:
    text = "A code has lower-case letters, digits and hyphens, at most 64."
    return Finding(pointer=pointer, code="invalid", text=text)


def names_of(document: dict[str, Any], code: str) -> Any:
    """The words of a step in a stored document; empty where the step is not there."""
    return next((step.get("name") for step in document["steps"] if step["code"] == code), "")
