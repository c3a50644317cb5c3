"""Placeholders: which there are for a type of event, and what stands in their place for one event in one language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings
from django.utils import translation
from django.utils.dateformat import format as written
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from members.domain.events.schemas import DataSchema

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
NOTHING = "—"
# Fields of our own events that name somebody else: whoever is erased must not go on standing in others' inboxes.
_OTHERS = frozenset({"other", "ref"})


@dataclass(frozen=True, slots=True)
class Happened:
    """An event to be told: its data as they were sent, and the zone of whom it happened to."""

    id: int
    type: str
    member_id: int
    cause_id: int | None
    zone: tzinfo
    data: Mapping[str, Any] = field(default_factory=dict)


class Supply(Protocol):
    """Placeholders beyond the data of an event, or better words for them; named in settings.MESSAGE_WORDS."""

    def names(self, type_code: str, fields: Iterable[str]) -> Iterable[str]:
        """The placeholders that this supplies for a type with these fields."""

    def values(self, events: Sequence[Happened], language: str) -> dict[int, dict[str, str]]:
        """Their words by event and name, for many events at once in a fixed number of queries."""


@lru_cache(maxsize=1)
def supplies() -> tuple[Supply, ...]:
    return tuple(import_string(path) for path in settings.MESSAGE_WORDS)


def placeholders(schema: DataSchema, counterpart: str = "") -> set[str]:
    """Every placeholder that a template for this type may use; none names another person."""
    plain = {
        name
        for name, spec in schema.fields.items()
        if not spec.personal and name != counterpart and name not in _OTHERS
    }
    found = plain | {"name"}
    for supply in supplies():
        found.update(supply.names(schema.type_code, plain))
    return found


def used_in(text: str) -> list[str]:
    """The placeholders of a text, in order."""
    return [found.strip() for found in PLACEHOLDER.findall(text)]


def filled(text: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: values.get(found[1].strip()) or NOTHING, text)


def values_of(events: Sequence[Happened], names: Mapping[int, str], language: str) -> dict[int, dict[str, str]]:
    """What stands for each placeholder, by event; `names` are the members' own names, by member."""
    with translation.override(language):
        found = {
            each.id: {
                "name": names.get(each.member_id, ""),
                **{name: in_words(value, each.zone) for name, value in each.data.items()},
            }
            for each in events
        }
        for supply in supplies():
            for event_id, values in supply.values(events, language).items():
                found[event_id].update(values)
    return found


def in_words(value: Any, zone: tzinfo) -> str:
    """A value of an event's data as people of the active language write it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (int, Decimal)):
        return number(Decimal(value))
    if isinstance(value, datetime):
        return day_of(value, zone)
    if isinstance(value, (list, tuple)):
        return ", ".join(str(each) for each in value)
    return NOTHING if value is None else str(value)


def number(value: Decimal) -> str:
    """1,250 or 12.5: no exponent, no zeros at the end of a fraction."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def day_of(moment: datetime, zone: tzinfo) -> str:
    """A local day: 1 Dec 2026."""
    is_chinese = (translation.get_language() or "").startswith("zh")
    return str(written(moment.astimezone(zone), "Y年n月j日" if is_chinese else "j M Y"))
