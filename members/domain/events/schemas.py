"""What the data of an event type look like, and a strict decoder made from it."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal

import msgspec

from members.domain import bare_words

FIELDS_MAX = 60
STRING_LENGTH_MAX = 10_000
STRING_LENGTH_DEFAULT = 1_000
LIST_LENGTH_MAX = 100
DECIMAL_PLACES_MAX = 12
# Every intermediate value of a rule is exact within these, so an input may not lie beyond them.
NUMBER_MAX = Decimal(10) ** 18
YEAR_FIRST, YEAR_LAST = 1900, 2200
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")

FieldType = Literal["bool", "int", "decimal", "string", "timestamp", "strings"]


class _Repeated:
    """Stands where a key stood twice, until its place is known."""


class BadSchema(Exception):
    """A schema document that cannot be used; the message names the field and the mend."""


class BadData(Exception):
    """Data that do not fit their schema: `pointer` is a JSON pointer into the data."""

    def __init__(self, sentence: str, pointer: str, code: str = "invalid") -> None:
        super().__init__(sentence)
        self.sentence, self.pointer, self.code = sentence, pointer, code


class FieldSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """One field of an event's data."""

    type: FieldType
    optional: bool = False
    min: Decimal | None = None
    max: Decimal | None = None
    max_length: int | None = None
    enum: tuple[str, ...] | None = None
    meaning: str = ""
    # It names or describes a person: erasing them removes it.
    personal: bool = False


@dataclass(frozen=True)
class DataSchema:
    """The compiled form of an event type's schema.

    `decoder` turns JSON into a struct whose attributes `f0`, `f1`, ... hold the fields in the order of `names`;
    the attribute names are ours, so compiled rules may use them without looking at what operators typed.
    """

    type_code: str
    fields: Mapping[str, FieldSpec]
    document: object = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(self.fields)

    def attribute(self, name: str) -> str:
        """The struct attribute that holds a field."""
        return f"f{self.names.index(name)}"

    @cached_property
    def struct(self) -> type[msgspec.Struct]:
        members = []
        for index, spec in enumerate(self.fields.values()):
            annotation = _annotation(spec)
            members.append((f"f{index}", annotation | None, None) if spec.optional else (f"f{index}", annotation))
        return msgspec.defstruct(
            "EventData",
            members,
            rename={f"f{index}": name for index, name in enumerate(self.names)},
            forbid_unknown_fields=True,
            omit_defaults=True,
            frozen=True,
            gc=False,
            kw_only=True,
        )

    @cached_property
    def decoder(self) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(self.struct)

    @cached_property
    def _decimals(self) -> tuple[tuple[str, str, Decimal, Decimal], ...]:
        return tuple(
            (f"f{index}", name, spec.min, spec.max)
            for index, (name, spec) in enumerate(self.fields.items())
            if spec.type == "decimal" and spec.min is not None and spec.max is not None
        )

    @cached_property
    def _moments(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (f"f{index}", name) for index, (name, spec) in enumerate(self.fields.items()) if spec.type == "timestamp"
        )

    def decode(self, raw: bytes) -> tuple[Any, bytes]:
        """Check JSON against the schema and return (struct, canonical JSON).

        The canonical text has the fields in the schema's order and no white space, so that the same content
        always has the same digest. Raises BadData, naming the place.
        """
        try:
            data = self.decoder.decode(raw)
        except msgspec.ValidationError as error:
            raise self._explained(error) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadData(f"The data are not valid JSON: {error}.", "", "malformed") from error
        for attribute, name, low, high in self._decimals:
            value = getattr(data, attribute)
            if value is not None:
                _check_decimal(value, name, low, high)
        for attribute, name in self._moments:
            value = getattr(data, attribute)
            if value is not None and not YEAR_FIRST <= value.year <= YEAR_LAST:
                raise BadData(f"The year must lie between {YEAR_FIRST} and {YEAR_LAST}.", f"/{name}")
        canonical = msgspec.json.encode(data)
        if b"\\" in canonical:
            self._refuse_nul(data)
        # Every key has one colon outside its strings. Where the raw text has no escapes and no more colons than
        # the canonical one, no key can be there twice; anything else takes the careful way.
        if b"\\" in raw or raw.count(b":") != canonical.count(b":"):
            refuse_repeated_keys(raw)
        return data, canonical

    def _refuse_nul(self, data: Any) -> None:
        for index, name in enumerate(self.names):
            value = getattr(data, f"f{index}")
            texts = value if isinstance(value, list) else [value]
            if any(isinstance(text, str) and "\x00" in text for text in texts):
                raise BadData("A text may not hold the character NUL; remove it.", f"/{name}")

    def _explained(self, error: msgspec.ValidationError) -> BadData:
        words = str(error)
        unknown = re.search(r"unknown field `(.*)`", words, re.DOTALL)
        if unknown:
            name = unknown.group(1)
            near = difflib.get_close_matches(name, self.names, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Its fields are: {', '.join(self.names) or 'none'}."
            return BadData(f"{self.type_code} has no field {name!r}. {hint}", f"/{escaped(name)}", "unknown_field")
        missing = re.search(r"missing required field `(.*)`", words, re.DOTALL)
        if missing:
            return BadData(f"{missing.group(1)} is missing.", f"/{missing.group(1)}", "missing_field")
        sentence, _, path = words.partition(" - at `$")
        pointer = path.rstrip("`").replace(".", "/").replace("[", "/").replace("]", "")
        spec = self.fields.get(pointer.strip("/").partition("/")[0])
        if spec is not None and spec.enum:
            sentence += f"; it is one of {', '.join(spec.enum)}"
        return BadData(f"{sentence.replace('`', '')}.", pointer)


def parse_schema(type_code: str, document: object) -> DataSchema:
    """Read a schema document: field name to FieldSpec. Raises BadSchema."""
    if not isinstance(document, dict):
        raise BadSchema('A schema is an object of field names, such as {"words": {"type": "int", ...}}.')
    if len(document) > FIELDS_MAX:
        raise BadSchema(f"A schema may have at most {FIELDS_MAX} fields.")
    fields: dict[str, FieldSpec] = {}
    for name, raw in document.items():
        if not isinstance(name, str) or not FIELD_NAME.fullmatch(name):
            raise BadSchema(f"{name!r} is not a field name; use lower-case letters, digits and _, a letter first.")
        try:
            spec = msgspec.convert(raw, FieldSpec, strict=False)
        except msgspec.ValidationError as error:
            bare = bare_words.in_error(str(error), raw)
            raise BadSchema(f"{name}: {' '.join(bare) if bare else f'{error}.'}") from error
        fields[name] = _checked(name, spec)
    # In order of name, whatever order the database gives them in: a wider schema must not change what older
    # events look like in canonical form, or their repeats would seem to say something else.
    fields = dict(sorted(fields.items()))
    return DataSchema(type_code=type_code, fields=fields, document=document)


def _checked(name: str, spec: FieldSpec) -> FieldSpec:
    if spec.type in ("int", "decimal"):
        if spec.min is None or spec.max is None:
            raise BadSchema(f"{name}: a number needs min and max, so that what a rule can pay is known.")
        if not (spec.min.is_finite() and spec.max.is_finite()):
            raise BadSchema(f"{name}: min and max are numbers within 18 digits.")
        if not (-NUMBER_MAX <= spec.min <= spec.max <= NUMBER_MAX):
            raise BadSchema(f"{name}: min and max must be in order and within 18 digits.")
        if spec.type == "int" and (spec.min % 1 or spec.max % 1):
            raise BadSchema(f"{name}: min and max of an int are whole numbers.")
    elif spec.min is not None or spec.max is not None:
        raise BadSchema(f"{name}: only numbers have min and max.")
    if spec.max_length is not None and not (
        spec.type in ("string", "strings") and 1 <= spec.max_length <= STRING_LENGTH_MAX
    ):
        raise BadSchema(f"{name}: max_length is for texts, from 1 to {STRING_LENGTH_MAX}.")
    if spec.enum is not None and (spec.type not in ("string", "strings") or not spec.enum):
        raise BadSchema(f"{name}: enum is for texts and lists at least one value.")
    return spec


def refuse_narrowing(old: DataSchema, new: DataSchema) -> None:
    """Raise BadSchema unless every event that fitted `old` fits `new`."""
    for name, was in old.fields.items():
        now = new.fields.get(name)
        if now is None:
            raise BadSchema(f"{name}: a field may not be removed; events and rules use it.")
        if now.type != was.type:
            raise BadSchema(f"{name}: its type may not change from {was.type} to {now.type}.")
        if was.optional and not now.optional:
            raise BadSchema(f"{name}: an optional field may not become required.")
        if was.min is not None and now.min is not None and now.min > was.min:
            raise BadSchema(f"{name}: min may only become smaller.")
        if was.max is not None and now.max is not None and now.max < was.max:
            raise BadSchema(f"{name}: max may only become larger.")
        if (now.max_length or STRING_LENGTH_DEFAULT) < (was.max_length or STRING_LENGTH_DEFAULT):
            raise BadSchema(f"{name}: max_length may only become larger.")
        if now.enum is not None and (was.enum is None or set(was.enum) - set(now.enum)):
            raise BadSchema(f"{name}: an enum may only gain values.")
    for name, spec in new.fields.items():
        if name not in old.fields and not spec.optional:
            raise BadSchema(f"{name}: a new field must be optional, since older events lack it.")


def refuse_repeated_keys(raw: bytes) -> None:
    """Raise BadData if an object in the JSON text has the same key twice, naming the first place."""
    is_clean = True

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal is_clean
        seen: dict[str, Any] = {}
        for key, value in items:
            if key in seen:
                is_clean = False
            seen[key] = _Repeated if key in seen else value
        return seen

    try:
        body = json.loads(raw, object_pairs_hook=pairs)
    except RecursionError as error:
        raise BadData("The JSON is nested too deeply.", "", "malformed") from error
    except ValueError as error:
        raise BadData(f"The data are not valid JSON: {error}.", "", "malformed") from error
    if not is_clean:
        path = place_of(body, lambda value: value is _Repeated)
        assert path is not None, "a key that was seen twice has a place"
        raise BadData(f"The key {path[-1][:80]!r} stands there twice; keep one.", pointer_to(path), "repeated_key")


def place_of(body: Any, is_wanted: Callable[[Any], bool]) -> tuple[str, ...] | None:
    """The path to the first value for which a question is answered yes, if there is one."""
    waiting: list[tuple[Any, tuple[str, ...]]] = [(body, ())]
    while waiting:
        value, path = waiting.pop()
        if is_wanted(value):
            return path
        inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        waiting.extend((each, (*path, str(name))) for name, each in reversed(list(inside)))
    return None


def pointer_to(path: Iterable[str]) -> str:
    """A JSON pointer (RFC 6901), each step at most 80 characters of what may be somebody's megabyte."""
    return "".join(f"/{escaped(step[:80])}" for step in path)


def escaped(name: str) -> str:
    """A name as one step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def _check_decimal(value: Decimal, name: str, low: Decimal, high: Decimal) -> None:
    if not value.is_finite():
        raise BadData(f"{name} must be a finite number.", f"/{name}")
    if not low <= value <= high:
        raise BadData(f"{name} must lie between {low} and {high}.", f"/{name}")
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), "a finite decimal has a whole exponent"
    if exponent < -DECIMAL_PLACES_MAX:
        raise BadData(f"{name} may have at most {DECIMAL_PLACES_MAX} decimals.", f"/{name}")


def _annotation(spec: FieldSpec) -> Any:
    if spec.type == "bool":
        return bool
    if spec.type == "int":
        assert spec.min is not None
        assert spec.max is not None
        return Annotated[int, msgspec.Meta(ge=int(spec.min), le=int(spec.max))]
    if spec.type == "decimal":
        return Decimal
    if spec.type == "timestamp":
        return Annotated[datetime, msgspec.Meta(tz=True)]
    text: Any = (
        Literal[spec.enum]
        if spec.enum
        else Annotated[str, msgspec.Meta(max_length=spec.max_length or STRING_LENGTH_DEFAULT)]
    )
    return text if spec.type == "string" else Annotated[list[text], msgspec.Meta(max_length=LIST_LENGTH_MAX)]
