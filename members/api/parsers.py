"""Strict JSON: an object, with no NaN, no Infinity, no key twice, no half characters, of bounded depth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import msgspec
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from members.api.problems import Problem
from members.domain.events.schemas import BadData, place_of, pointer_to, refuse_repeated_keys

# A rule document needs about 30; whatever reads a body may then go down into it without care.
DEPTH_MAX = 64


class StrictJSONParser(BaseParser):
    """Reads a JSON body; numbers with a fraction become exact decimals' text, never floats."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read(settings.REQUEST_BYTES_MAX + 1)
        if len(raw) > settings.REQUEST_BYTES_MAX:
            raise Problem("The body is too large.", status_code=413, kind="too_large")
        try:
            body = _DECODER.decode(raw)
            refuse_repeated_keys(raw)
        except BadData as error:
            raise Problem(error.sentence, kind=error.code, pointer=error.pointer) from error
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        except UnicodeDecodeError as error:
            raise ParseError("The body is not valid UTF-8.") from error
        except msgspec.DecodeError as error:
            raise ParseError(f"The body is not valid JSON: {error}.") from error
        if not isinstance(body, dict):
            raise ParseError("The body must be a JSON object.")
        _refuse_depth(body)
        if b"\\u0000" in raw:
            _refuse_nul(body)
        return body


class _Exact(str):
    """A number as it was written; DRF's DecimalField reads it without rounding."""

    __slots__ = ()


_DECODER = msgspec.json.Decoder(float_hook=_Exact)


class EventParser(BaseParser):
    """Hands the events endpoint the bytes as they came; it does its own strict decoding."""

    media_type = "*/*"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return bytes(stream.read(settings.REQUEST_BYTES_MAX + 1))


def _refuse_depth(body: Any) -> None:
    level = [body]
    for _ in range(DEPTH_MAX):
        level = [
            inside
            for value in level
            for inside in (value.values() if isinstance(value, dict) else value)
            if isinstance(inside, (dict, list))
        ]
        if not level:
            return
    raise ParseError(f"The JSON is nested too deeply; at most {DEPTH_MAX} levels are read.")


def _refuse_nul(body: Any) -> None:
    def is_wanted(value: Any) -> bool:
        return (
            "\x00" in value if isinstance(value, str) else isinstance(value, dict) and any("\x00" in k for k in value)
        )

    path = place_of(body, is_wanted)
    # Without a place it only looked like NUL: a backslash before a backslash.
    if path is not None:
        raise Problem("A text may not hold the character NUL; remove it.", kind="invalid", pointer=pointer_to(path))
