"""Strict JSON: no NaN, no Infinity, no key twice, no half characters, bounded depth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import msgspec
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from members.api.problems import Problem
from members.domain.events.schemas import BadData, refuse_repeated_keys


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
        if _holds_nul(body):
            raise ParseError("A text may not hold the character NUL; remove it.")
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


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any("\x00" in key or _holds_nul(each) for key, each in value.items())
    return isinstance(value, list) and any(_holds_nul(each) for each in value)
