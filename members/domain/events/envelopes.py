"""Reads what an app sent: CloudEvents 1.0, one or many, structured, batched or binary.

Source: CloudEvents specification 1.0.2 and its HTTP protocol binding.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import msgspec

from members.domain.events.schemas import YEAR_FIRST, BadData, DataSchema, escaped, refuse_repeated_keys

ID_LENGTH_MAX = 128
BATCH_TYPES = ("application/cloudevents-batch+json",)
STRUCTURED_TYPES = ("application/cloudevents+json",)
ATTRIBUTES = (
    "specversion", "source", "id", "type", "subject", "time", "data", "datacontenttype", "dataschema",
    "space",
)  # fmt: skip
SPACE_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
EXTENSION_NAME = re.compile(r"[a-z0-9]{1,20}")


class Malformed(Exception):
    """The request as a whole cannot be read; nothing in it was looked at."""

    def __init__(self, sentence: str, pointer: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.pointer = sentence, pointer


class TooMuch(Malformed):
    """The request is larger than we accept."""


class Refused(Exception):
    """One item cannot be accepted. `pointer` is a JSON pointer into the item."""

    def __init__(self, code: str, sentence: str, pointer: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.pointer = code, sentence, pointer


class Envelope(msgspec.Struct, gc=False):
    source: str
    id: str
    type: str
    subject: str
    specversion: str = "1.0"
    time: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"{}")
    datacontenttype: str | None = None
    dataschema: str | None = None
    # Ours: an extension attribute of CloudEvents.
    space: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """An event that reads well, not yet compared with what we know."""

    source: str
    id: str
    type: str
    subject: str
    occurred_at: datetime | None
    data: bytes
    digest: bytes
    # The ref of the space where it happened, None where the app does not say.
    space: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one request may hold; see the settings of the same names."""

    events_max: int
    event_bytes_max: int
    request_bytes_max: int


_ENVELOPE = msgspec.json.Decoder(Envelope)
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_NAMES = msgspec.json.Decoder(dict[str, msgspec.Raw])


def split(body: bytes, content_type: str, headers: Mapping[str, str], bounds: Bounds) -> list[bytes]:
    """Split a request into the JSON of its items.

    Raises Malformed if it is no JSON, TooMuch if it holds more than the bounds.
    """
    if len(body) > bounds.request_bytes_max:
        raise TooMuch(f"A request may have at most {bounds.request_bytes_max} bytes; send the events in parts.")
    media = content_type.partition(";")[0].strip().lower()
    if "ce-id" in headers or "ce-type" in headers:
        return [_from_binary(body, headers)]
    head = body.lstrip(b" \t\r\n")[:1]
    if head == b"[" and media not in STRUCTURED_TYPES:
        try:
            items = [bytes(item) for item in _ITEMS.decode(body)]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed(_plainly(error)) from error
        if len(items) > bounds.events_max:
            raise TooMuch(f"A request may hold at most {bounds.events_max} events; send them in parts.")
        return items
    if media in BATCH_TYPES:
        raise Malformed("A batch is a JSON array of events.")
    if head != b"{":
        raise Malformed("Send one event as a JSON object, or many as a JSON array.")
    return [body]


def read(raw: bytes, schemas: Mapping[str, DataSchema], bounds: Bounds, now: datetime, future_max: timedelta) -> Item:
    """Read one item and check it against its type's schema. Raises Refused."""
    if len(raw) > bounds.event_bytes_max:
        raise Refused("too_large", f"An event may have at most {bounds.event_bytes_max} bytes.", "")
    try:
        envelope = _ENVELOPE.decode(raw)
    except msgspec.ValidationError as error:
        raise _unfit(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("malformed", _plainly(error), "") from error
    _check_attributes(raw, envelope)
    schema = schemas.get(envelope.type)
    if schema is None:
        near = difflib.get_close_matches(envelope.type[:64], schemas, 1)
        hint = f" Did you mean {near[0]!r}?" if near else " Register it first, or correct its name."
        raise Refused("unknown_type", f"There is no event type {envelope.type[:80]!r}.{hint}", "/type")
    occurred_at = _moment(envelope.time, now, future_max)
    try:
        _, data = schema.decode(bytes(envelope.data))
    except BadData as error:
        raise Refused(error.code, error.sentence, f"/data{error.pointer}") from error
    said = "\x1f".join((envelope.subject, envelope.type, envelope.time or ""))
    if envelope.space is not None:
        said += f"\x1f{envelope.space}"
    digest = hashlib.sha256(said.encode() + b"\x1f" + data).digest()
    return Item(
        envelope.source, envelope.id, envelope.type, envelope.subject, occurred_at, data, digest, envelope.space
    )


def _check_attributes(raw: bytes, envelope: Envelope) -> None:
    for name, value in (("source", envelope.source), ("id", envelope.id), ("subject", envelope.subject)):
        if not value or len(value) > ID_LENGTH_MAX:
            raise Refused("invalid", f"{name} must have 1 to {ID_LENGTH_MAX} characters.", f"/{name}")
        if not value.isprintable():
            raise Refused("invalid", f"{name} may not hold control characters.", f"/{name}")
    if envelope.specversion != "1.0":
        raise Refused("invalid", "We speak CloudEvents 1.0; set specversion to 1.0.", "/specversion")
    if envelope.datacontenttype is not None and "json" not in envelope.datacontenttype:
        raise Refused("invalid", "data must be JSON; set datacontenttype to application/json.", "/datacontenttype")
    if envelope.space is not None and not SPACE_REF.fullmatch(envelope.space):
        sentence = "space is the ref of a space: 1 to 64 letters, digits, dots, dashes and underscores."
        raise Refused("invalid", sentence, "/space")
    head = raw.replace(bytes(envelope.data), b"", 1)
    expected, colons = 4, head.count(b":")
    for value in (envelope.source, envelope.id, envelope.type, envelope.subject):
        expected += value.count(":")
    # Same reasoning as for the data: with no escapes, a colon too many is a repeated or an unknown attribute.
    if envelope.time is not None:
        expected += 1 + envelope.time.count(":")
    if envelope.space is not None:
        expected += 1
    expected += sum(name in head for name in (b'"data"', b'"specversion"', b'"datacontenttype"'))
    if b"\\" in head or colons != expected:
        _check_names(raw)


def _check_names(raw: bytes) -> None:
    try:
        refuse_repeated_keys(raw)
    except BadData as error:
        raise Refused(error.code, error.sentence, error.pointer) from error
    for name in _NAMES.decode(raw):
        if name in ATTRIBUTES:
            continue
        near = difflib.get_close_matches(name[:40], ATTRIBUTES, 1, 0.75)
        if near or not EXTENSION_NAME.fullmatch(name):
            hint = f"Did you mean {near[0]!r}?" if near else "Put what describes the event into data."
            raise Refused("unknown_field", f"An event has no attribute {name[:80]!r}. {hint}", f"/{escaped(name[:80])}")


def _moment(text: str | None, now: datetime, future_max: timedelta) -> datetime | None:
    if text is None:
        return None
    try:
        moment = msgspec.convert(text, datetime)
    except msgspec.ValidationError as error:
        raise Refused("invalid", "time must be RFC 3339, such as 2026-11-24T09:30:00+08:00.", "/time") from error
    if moment.tzinfo is None:
        raise Refused("invalid", "time needs a zone; end it with Z or an offset such as +08:00.", "/time")
    if moment.year < YEAR_FIRST:
        raise Refused("invalid", f"time must not be before the year {YEAR_FIRST}.", "/time")
    if moment.year > now.year + 1 or moment > now + future_max:
        raise Refused("in_the_future", "time lies in the future; check the sender's clock.", "/time")
    return moment.astimezone(UTC)


def _from_binary(body: bytes, headers: Mapping[str, str]) -> bytes:
    attributes: dict[str, Any] = {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}
    try:
        attributes["data"] = msgspec.Raw(body) if body.strip() else msgspec.Raw(b"{}")
        msgspec.json.decode(attributes["data"])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(_plainly(error)) from error
    return msgspec.json.encode(attributes)


def _unfit(error: msgspec.ValidationError) -> Refused:
    words = str(error)
    missing = re.search(r"missing required field `(\w+)`", words)
    if missing:
        name = missing.group(1)
        return Refused("missing_field", f"{name} is missing.", f"/{name}")
    sentence, _, path = words.partition(" - at `$")
    return Refused("invalid", f"{sentence.replace('`', '')}.", path.rstrip("`").replace(".", "/"))


def _plainly(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "The JSON is nested too deeply."
    if isinstance(error, UnicodeDecodeError):
        return "The body is not valid UTF-8."
    return f"The body is not valid JSON: {str(error).removeprefix('JSON is malformed: ')}."


def peek(raw: bytes) -> Envelope:
    """Read the envelope only. Raises Refused."""
    try:
        return _ENVELOPE.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("malformed", _plainly(error), "") from error


def names_in(raw: bytes) -> tuple[str, str, str]:
    """Find (source, id, subject) in an item that was refused, as far as they can be read."""
    try:
        found = _LOOSE.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return "", "", ""
    return tuple(value if isinstance(value, str) else "" for value in (found.source, found.id, found.subject))  # type: ignore[return-value]


class _Loose(msgspec.Struct):
    source: object = ""
    id: object = ""
    subject: object = ""


_LOOSE = msgspec.json.Decoder(_Loose)
