"""Members' typed attributes: what may stand there, read from JSON or from the text of a file."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from members.domain.events.schemas import YEAR_FIRST, YEAR_LAST
from members.domain.language import BOOL, DECIMAL, INT, STRING, TIMESTAMP, Field
from members.enums import AttributeKind
from members.models import AttributeDefinition

TEXT_LENGTH_MAX = 500
PLACES_MAX = 6
# How compiled rules read an attribute of MemberFacts; codes are lower-case words, so these are names too.
READ_AS = "attribute_"


class BadAttributes(Exception):
    """Attributes that cannot be kept; `mistakes` says by code what is wrong with each."""

    def __init__(self, mistakes: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{code}: {sentence}" for code, sentence in mistakes.items()))
        self.mistakes = mistakes


def definitions() -> dict[str, AttributeDefinition]:
    return {each.code: each for each in AttributeDefinition.objects.all()}


def changed(
    given: Mapping[str, Any],
    before: Mapping[str, Any],
    known: Mapping[str, AttributeDefinition],
    *,
    is_new: bool = False,
    reads: Callable[[AttributeDefinition, Any], Any] | None = None,
) -> dict[str, Any]:
    """Lay what is given over what was there; null takes an attribute away. Raises BadAttributes, naming every mistake.

    `reads` says how a value is read: from JSON unless told otherwise.
    """
    after, mistakes = dict(before), {}
    for code, raw in given.items():
        definition = known.get(code)
        if definition is None:
            mistakes[code] = _unknown(code, known)
        elif raw is None:
            after.pop(code, None)
        else:
            try:
                after[code] = (reads or from_json)(definition, raw)
            except ValueError as error:
                mistakes[code] = str(error)
    for definition in known.values():
        touched = is_new or definition.code in given
        if definition.is_required and touched and definition.code not in after:
            mistakes.setdefault(definition.code, _("This attribute is required."))
    if mistakes:
        raise BadAttributes(mistakes)
    return after


def from_json(definition: AttributeDefinition, raw: Any) -> Any:
    """A value as it is kept. Raises ValueError with a sentence."""
    wanted: type = {AttributeKind.INT: int, AttributeKind.BOOL: bool}.get(AttributeKind(definition.kind), str)
    # Exactly this type: to Python True is a number.
    if type(raw) is not wanted:
        raise ValueError(_WRITE[definition.kind]())
    return _checked(definition, raw)


def from_text(definition: AttributeDefinition, text: str) -> Any:
    """A value from a cell of a table. Raises ValueError with a sentence."""
    if definition.kind == AttributeKind.BOOL:
        if text.lower() not in ("true", "false"):
            raise ValueError(_("Write true or false."))
        return text.lower() == "true"
    if definition.kind == AttributeKind.INT:
        try:
            return _checked(definition, int(text[:40]))
        except ValueError as error:
            raise ValueError(_WRITE[AttributeKind.INT]()) from error
    return _checked(definition, text)


def as_fact(kind: str, stored: Any, zone: tzinfo) -> Any:
    """A stored value as rules read it; a date begins at the member's own midnight."""
    if stored is None:
        return None
    if kind == AttributeKind.DECIMAL:
        return Decimal(stored)
    if kind == AttributeKind.DATE:
        day = date.fromisoformat(stored)
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return stored


def rule_fields(known: Mapping[str, AttributeDefinition]) -> dict[str, Field]:
    """The attributes that rules may read; a member may always lack one."""
    return {
        f"member.attributes.{code}": Field(
            type=_TYPES[definition.kind],
            enum=tuple(definition.choices) if definition.kind == AttributeKind.CHOICE else None,
            optional=True,
            min=_bound(definition, definition.minimum),
            max=_bound(definition, definition.maximum),
            access=("member", READ_AS + code),
        )
        for code, definition in known.items()
        if definition.is_for_rules
    }


def check_definition(definition: AttributeDefinition, before: AttributeDefinition | None) -> None:
    """Refuse a definition that means nothing, or that kept values would no longer fit. Raises ValidationError."""
    is_number = definition.kind in (AttributeKind.INT, AttributeKind.DECIMAL)
    if is_number and (definition.minimum is None or definition.maximum is None):
        raise ValidationError(_("A number says what it is at least and at most."))
    if definition.kind == AttributeKind.CHOICE and not _are_codes(definition.choices):
        raise ValidationError(_('A choice has a list of different codes, such as ["gold", "silver"].'))
    if definition.is_personal and definition.is_for_rules:
        raise ValidationError(_("What identifies a person is kept from rules: judgements never forget."))
    if before is None:
        return
    lost = set(before.choices) - set(definition.choices)
    if lost:
        raise ValidationError(_("Members may hold %(lost)s; choices may only be added.") % {"lost": ", ".join(lost)})
    if is_number and (_above(definition.minimum, before.minimum) or _above(before.maximum, definition.maximum)):
        raise ValidationError(_("Members may hold values outside; bounds may only widen."))


def _checked(definition: AttributeDefinition, value: Any) -> Any:
    kind = definition.kind
    if kind == AttributeKind.CHOICE and value not in definition.choices:
        raise ValueError(_("It is one of: %(choices)s.") % {"choices": ", ".join(definition.choices)})
    if kind == AttributeKind.DATE:
        return _date(value)
    if kind == AttributeKind.DECIMAL:
        return f"{_bounded(definition, _decimal(value)):f}"
    if kind == AttributeKind.INT:
        return int(_bounded(definition, Decimal(value)))
    if isinstance(value, str) and (len(value) > TEXT_LENGTH_MAX or not value or "\x00" in value):
        raise ValueError(_("A text has 1 to %(most)d characters; leave it out for none.") % {"most": TEXT_LENGTH_MAX})
    return value


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text[:40])
    except InvalidOperation as error:
        raise ValueError(_WRITE[AttributeKind.DECIMAL]()) from error
    if not number.is_finite() or int(number.as_tuple().exponent) < -PLACES_MAX:
        raise ValueError(_("A number has at most %(places)d decimals.") % {"places": PLACES_MAX})
    return number


def _bounded(definition: AttributeDefinition, number: Decimal) -> Decimal:
    low, high = definition.minimum, definition.maximum
    assert low is not None, "a_number_has_bounds"
    assert high is not None, "a_number_has_bounds"
    if not low <= number <= high:
        raise ValueError(_("It lies between %(low)s and %(high)s.") % {"low": _plain(low), "high": _plain(high)})
    return number


def _date(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(_WRITE[AttributeKind.DATE]()) from error
    if not YEAR_FIRST <= day.year <= YEAR_LAST:
        raise ValueError(_("The year lies between %(low)d and %(high)d.") % {"low": YEAR_FIRST, "high": YEAR_LAST})
    return day.isoformat()


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unknown(code: str, known: Mapping[str, AttributeDefinition]) -> str:
    near = difflib.get_close_matches(code[:80], list(known), 1)
    if near:
        return _("There is no such attribute. Did you mean %(near)s?") % {"near": near[0]}
    return _("There is no such attribute; there are: %(known)s.") % {"known": ", ".join(known) or _("none yet")}


def _bound(definition: AttributeDefinition, bound: Decimal | None) -> Decimal | int | None:
    if bound is None:
        return None
    return int(bound) if definition.kind == AttributeKind.INT else bound


def _above(one: Decimal | None, other: Decimal | None) -> bool:
    return one is not None and other is not None and one > other


def _are_codes(choices: Any) -> bool:
    is_list = isinstance(choices, list) and bool(choices) and all(isinstance(each, str) and each for each in choices)
    return is_list and len(set(choices)) == len(choices)


_TYPES = {
    AttributeKind.STRING.value: STRING,
    AttributeKind.CHOICE.value: STRING,
    AttributeKind.INT.value: INT,
    AttributeKind.DECIMAL.value: DECIMAL,
    AttributeKind.BOOL.value: BOOL,
    AttributeKind.DATE.value: TIMESTAMP,
}
_WRITE: dict[str, Callable[[], str]] = {
    AttributeKind.STRING: lambda: _("Write a text, in quotes."),
    AttributeKind.CHOICE: lambda: _("Write a text, in quotes."),
    AttributeKind.INT: lambda: _("Write a whole number."),
    AttributeKind.DECIMAL: lambda: _('Write a number as a text, such as "7.50".'),
    AttributeKind.BOOL: lambda: _("Write true or false."),
    AttributeKind.DATE: lambda: _("Write a date such as 2026-11-24."),
}
