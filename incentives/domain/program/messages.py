"""Puts message templates in place; what could not be told is refused with the word to mend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incentives.domain.program.parts import Applied, put
from incentives.domain.program.words import BadEntry, Kind, anything, one_of, only, text, yes_or_no
from incentives.domain.rules.findings import near
from members.domain.events.schemas import parse_schema
from members.domain.notifications.templates import BadTemplate, check_template
from members.enums import MessageKind
from members.models import EventType, MessageTemplate

_MESSAGE: Mapping[str, Kind] = {
    "when": text, "if": text, "kind": one_of(MessageKind.values), "title": anything, "text": anything,
    "by_email": yes_or_no, "is_active": yes_or_no,
}  # fmt: skip
_FIELDS = {"when": "event_type", "if": "condition", "title": "titles", "text": "texts"}
_WORDS = {field: word for word, field in _FIELDS.items()}


def put_message(code: str, document: Any, applied: Applied) -> None:
    """Make or change a template. Raises BadEntry and ValidationError."""
    found = MessageTemplate.objects.filter(code=code).select_related("event_type").first()
    values = only(document, _MESSAGE, must=() if found is not None else ("when", "title", "text"))
    values = {_FIELDS.get(word, word): value for word, value in values.items()}
    if "event_type" in values:
        values["event_type"] = _event_type(values["event_type"])
    new = found or MessageTemplate(code=code)
    told = {name: values.get(name, getattr(new, name)) for name in ("kind", "condition", "titles", "texts")}
    event_type = values.get("event_type") or new.event_type
    try:
        check_template(event_type=event_type, schema=parse_schema(event_type.code, event_type.schema), **told)
    except BadTemplate as error:
        raise BadEntry(f"{_WORDS.get(error.field, error.field)}: {error.sentence}") from error
    put(MessageTemplate, code, values, applied)


def _event_type(code: str) -> EventType:
    found = EventType.objects.filter(code=code).first()
    if found is None:
        raise BadEntry(
            f"there is no event type {code!r}. {near(code, EventType.objects.values_list('code', flat=True))}"
        )
    return found
