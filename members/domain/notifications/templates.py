"""Checks and compiles message templates: nothing that could not be told is saved."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from members.domain import language
from members.domain.counters.compiled import fields_of
from members.domain.events.schemas import DataSchema
from members.domain.notifications.words import placeholders, used_in
from members.domain.outcomes import (
    CAMPAIGN_STOPPED,
    CONDUCT_OVERTURNED,
    CONDUCT_UPHELD,
    CONDUCT_VIOLATION,
    EXPIRY_CHANGING,
    HANDED_OVER,
    MEMBER_ERASED,
    POINTS_EXPIRING,
    RULE_CHANGING,
    TIER_WARNED,
)
from members.domain.segments import conditions
from members.enums import MessageKind
from members.models import EventType

TITLE_LENGTH_MAX, TEXT_LENGTH_MAX = 120, 1_000
# Nobody is pressed: what somebody may lose, or has done wrong, sells nothing.
NO_PROMOTION = frozenset({
    POINTS_EXPIRING, RULE_CHANGING, EXPIRY_CHANGING, CAMPAIGN_STOPPED, TIER_WARNED, CONDUCT_VIOLATION, CONDUCT_UPHELD,
    CONDUCT_OVERTURNED,
})  # fmt: skip
# A service that can wait until the morning.
WAITS_FOR_MORNING = frozenset({RULE_CHANGING, EXPIRY_CHANGING, CAMPAIGN_STOPPED})
# How one lane talks to another, and what happens to nobody any more.
NOT_TOLD = HANDED_OVER | {MEMBER_ERASED}

Holds = Callable[..., Any]


class BadTemplate(Exception):
    """A template that cannot be used; `field` is the one to mend, the message says how."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


def check_template(
    *, event_type: EventType, schema: DataSchema, kind: str, condition: str, titles: Any, texts: Any
) -> None:
    """Refuse what could not be told: placeholders, condition, languages, and the wrong kind. Raises BadTemplate."""
    if event_type.code in NOT_TOLD:
        raise BadTemplate("event_type", f"Nobody is told of {event_type.code}.")
    if kind == MessageKind.PROMOTION and event_type.code in NO_PROMOTION:
        raise BadTemplate("kind", f"A message about {event_type.code} is a service: what one may lose sells nothing.")
    known = placeholders(schema, event_type.counterpart)
    for field, said, length_max in (("titles", titles, TITLE_LENGTH_MAX), ("texts", texts, TEXT_LENGTH_MAX)):
        _check_words(field, said, length_max, known, event_type.code)
    if set(titles) != set(texts):
        raise BadTemplate("texts", "Title and text are written in the same languages.")
    compile_condition(condition, schema)


def compile_condition(text: str, schema: DataSchema) -> Holds | None:
    """A condition as a function of (event, member, (), moment, zone); None where it always holds.

    Raises BadTemplate.
    """
    if not text.strip():
        return None
    fields = {**conditions.fields_of(()), **fields_of(schema)}
    try:
        return language.compile_expression(language.check(text, fields, {}, language.BOOL))
    except language.LanguageError as error:
        raise BadTemplate("condition", str(error)) from error


def _check_words(field: str, said: Any, length_max: int, known: set[str], type_code: str) -> None:
    if not isinstance(said, Mapping) or not said.get("en"):
        raise BadTemplate(field, "Write it by language, and at least in English: {en: …, zh-hans: …}.")
    for code, text in said.items():
        if not isinstance(text, str) or not text.strip() or "\x00" in text:
            raise BadTemplate(field, f"{code}: write some words, or leave the language out.")
        if len(text) > length_max:
            raise BadTemplate(field, f"{code}: at most {length_max:,} characters.")
        if "{" in (rest := _without_placeholders(text)) or "}" in rest:
            raise BadTemplate(field, f"{code}: a brace stands alone; a placeholder is a name in braces.")
        for name in used_in(text):
            if name not in known:
                raise BadTemplate(field, f"{code}: {_unknown(name, known, type_code)}")


def _without_placeholders(text: str) -> str:
    for name in used_in(text):
        text = text.replace(f"{{{name}}}", "", 1)
    return text


def _unknown(name: str, known: set[str], type_code: str) -> str:
    near = difflib.get_close_matches(name[:80], known, 1)
    hint = f"Did you mean {{{near[0]}}}?" if near else f"There are: {', '.join(f'{{{n}}}' for n in sorted(known))}."
    return f"{type_code} has no {{{name[:80]}}}. {hint}"
