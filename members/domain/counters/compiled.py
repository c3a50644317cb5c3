"""Counters as the pump uses them: their expressions compiled, their slots numbered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from members.domain import language
from members.domain.events.schemas import DataSchema
from members.enums import CounterKind, CounterWindow
from members.models import Counter

SUM_SCALE = 1_000_000
VALUE_MAX = 9 * 10**18
KEY_LENGTH_MAX = 128


class BadCounter(Exception):
    """A counter whose expressions do not fit its event type; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class CompiledCounter:
    """A counter ready to run over events of its type."""

    id: int
    code: str
    event_type: str
    kind: str
    window: str
    days: int
    has_key: bool
    filter: Callable[[Any], Any] | None
    value: Callable[[Any], Any] | None
    key: Callable[[Any], Any] | None

    def reads(self, event: Any) -> tuple[str, int, str] | None:
        """What an event adds: (key, amount, item), or None where it does not count.

        The amount is in millionths for sums; the item is what a distinct counter tells apart.
        """
        if self.filter is not None and not self.filter(event):
            return None
        key = self.key_of(event)
        if self.kind == CounterKind.SUM:
            assert self.value is not None
            return key, scaled(self.value(event)), ""
        if self.kind == CounterKind.DISTINCT:
            assert self.value is not None
            return key, 0, as_text(self.value(event))
        return key, 1, ""

    def key_of(self, event: Any) -> str:
        return as_text(self.key(event)) if self.key is not None else ""


def scaled(value: Decimal | int) -> int:
    """A sum's addend in millionths, floored, within ±9·10^18."""
    exact = int((Decimal(value) * SUM_SCALE).to_integral_value(rounding="ROUND_FLOOR"))
    return max(-VALUE_MAX, min(VALUE_MAX, exact))


def as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:KEY_LENGTH_MAX]


def fields_of(schema: DataSchema) -> dict[str, language.Field]:
    """The fields of an event's data as expressions see them: `event.data.words`."""
    fields = {}
    for name, spec in schema.fields.items():
        fields[f"event.data.{name}"] = language.Field(
            type=_TYPES[spec.type],
            enum=spec.enum,
            optional=spec.optional,
            min=_bound(spec.min, spec.type),
            max=_bound(spec.max, spec.type),
            access=("event", schema.attribute(name)),
        )
    return fields


def _bound(value: Decimal | None, kind: str) -> Decimal | int | None:
    return int(value) if value is not None and kind == "int" else value


_TYPES = {
    "bool": language.BOOL,
    "int": language.INT,
    "decimal": language.DECIMAL,
    "string": language.STRING,
    "timestamp": language.TIMESTAMP,
    "strings": language.ListOf(language.STRING),
}


def compile_counter(counter: Counter, schema: DataSchema) -> CompiledCounter:
    """Check and compile a counter's expressions. Raises BadCounter, naming the expression and the mend."""
    fields = fields_of(schema)
    is_sum = counter.kind == CounterKind.SUM
    return CompiledCounter(
        id=counter.pk,
        code=counter.code,
        event_type=schema.type_code,
        kind=counter.kind,
        window=counter.window,
        days=counter.days or 0,
        has_key=bool(counter.by),
        filter=_compiled("filter", counter.filter, fields, (language.BOOL,)),
        value=_compiled("value", counter.value, fields, (language.INT, language.DECIMAL) if is_sum else _TELLABLE),
        key=_compiled("by", counter.by, fields, _TELLABLE),
    )


_TELLABLE = (language.STRING, language.INT, language.BOOL)


def _compiled(
    name: str, text: str, fields: dict[str, language.Field], expect: tuple[language.Type, ...]
) -> Callable[[Any], Any] | None:
    if not text.strip():
        return None
    try:
        checked = language.check(text, fields, {}, None)
    except language.LanguageError as error:
        raise BadCounter(f"{name}: {error}") from error
    if checked.type not in expect:
        wanted = " or ".join(str(each) for each in expect)
        raise BadCounter(f"{name}: this is {checked.type}, but a {wanted} is needed.")
    compiled: Callable[[Any], Any] = language.compile_expression(checked, arguments=("event",))
    return compiled


def is_windowed(window: str) -> bool:
    return window in (CounterWindow.DAY, CounterWindow.WEEK, CounterWindow.MONTH)
