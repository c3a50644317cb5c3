"""Request bodies that take no field they do not know and no value of another kind."""

from __future__ import annotations

import difflib
from datetime import datetime
from typing import Any

from rest_framework import serializers

from members.domain.events.schemas import YEAR_FIRST, YEAR_LAST

NO_ZONE = "Say the zone too: end it with Z or an offset such as +08:00."
NO_YEAR = f"The year must lie between {YEAR_FIRST} and {YEAR_LAST}."
_KINDS: tuple[tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], ...], type, str], ...] = (
    ((serializers.BooleanField,), bool, "Write true or false."),
    ((serializers.IntegerField,), int, "Write a whole number."),
    ((serializers.CharField, serializers.ChoiceField, serializers.DateTimeField), str, "Write a text, in quotes."),
)


class StrictMixin:
    """Refuses what would otherwise be dropped or bent: unknown fields, and numbers where texts belong."""

    def to_internal_value(self, data: Any) -> Any:
        assert isinstance(self, serializers.Serializer)
        if isinstance(data, dict):
            mistakes = {name: [_unknown(name, self.fields)] for name in data if name not in self.fields}
            for name, field in self.fields.items():
                sentence = _wrong_kind(field, data.get(name))
                if sentence and not field.read_only:
                    mistakes[name] = [sentence]
            if mistakes:
                raise serializers.ValidationError(mistakes)
        return super().to_internal_value(data)  # type: ignore[misc]  # A mixin for serializers.


class StrictBody(StrictMixin, serializers.Serializer[Any]):
    """The base of bodies that are not a model's."""


class Moment(serializers.DateTimeField):
    """A moment with a zone, in years that every calendar computation of ours survives."""

    def enforce_timezone(self, value: datetime) -> datetime:
        sentence = moment_mistake(value)
        if sentence:
            raise serializers.ValidationError(sentence)
        return super().enforce_timezone(value)


def moment_mistake(moment: datetime) -> str:
    """What keeps a moment from being used, in a sentence; empty if nothing does."""
    if moment.tzinfo is None:
        return NO_ZONE
    if not YEAR_FIRST <= moment.year <= YEAR_LAST:
        return NO_YEAR
    return ""


def _unknown(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name[:80], list(known), 1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
    return f"There is no field {name[:80]} here. {hint}"


def _wrong_kind(field: Any, value: Any) -> str:
    if value is None:
        return ""
    for fields, kind, sentence in _KINDS:
        if isinstance(field, fields):
            # Exactly this type: to Python True is a number, and an exact decimal arrives as a kind of text.
            return "" if type(value) is kind else sentence
    return ""
