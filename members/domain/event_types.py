"""Registers event types; a schema only ever widens."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from members.domain.contents.words import read_words
from members.domain.events.schemas import FIELD_NAME, BadSchema, DataSchema, parse_schema, refuse_narrowing
from members.domain.registry import registry
from members.models import EventType


class ReservedType(Exception):
    """The type is one of our own."""


def is_type_name(code: str) -> bool:
    """Say whether a new type may be called so: lower-case words joined by dots, at most 64 characters."""
    return len(code) <= 64 and all(FIELD_NAME.fullmatch(part) for part in code.split("."))


def check_counterpart(schema: DataSchema, name: str, *, word: str = "counterpart") -> None:
    """Raise BadSchema unless the counterpart (or gathering) is a text field of the data, or there is none."""
    if name and (name not in schema.fields or schema.fields[name].type != "string"):
        raise BadSchema(f"{word} names {name!r}, which is no text field of the schema.")


def put_event_type(*, code: str, schema: dict[str, Any], **attributes: Any) -> tuple[EventType, bool]:
    """Create a type, or widen its schema, and say whether it is new. Raises BadSchema and ReservedType."""
    parsed = parse_schema(code, schema)
    check_counterpart(parsed, attributes.get("counterpart", ""))
    check_counterpart(parsed, attributes.get("gathering", ""), word="gathering")
    read_words(parsed, attributes.get("content"), attributes.get("counterpart", ""))
    with transaction.atomic():
        found = EventType.objects.select_for_update().filter(code=code).first()
        if found is None:
            made = EventType.objects.create(code=code, schema=schema, **attributes)
        else:
            if found.is_internal:
                raise ReservedType(f"{code} is one of Laurels' own types.")
            refuse_narrowing(parse_schema(code, found.schema), parsed)
            made = found
            if found.schema != schema:
                made.version += 1
            made.schema = schema
            for name, value in attributes.items():
                setattr(made, name, value)
            made.save()
    registry.forget()
    return made, found is None
