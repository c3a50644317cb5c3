"""Words that YAML does not leave alone: bare, `on` and `yes` become true, `off` and `no` become false."""

from __future__ import annotations

import re
from typing import Any

_READ = {True: "on, yes or true as true", False: "off, no or false as false"}
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def said_of(name: str, value: bool) -> tuple[str, str]:  # noqa: FBT001  It is the value that is spoken of.
    """What is wrong, and what to do, where a text belongs and YAML read true or false; an item has no name."""
    word = "on" if value and name == "kind" else "yes" if value else "no"
    what = f"{name} is a text" if name else "A text belongs here"
    return f"{what}, and YAML reads a bare {_READ[value]}.", f'Write {f"{name}: " if name else ""}"{word}" in quotes.'


def said_of_key(value: bool) -> tuple[str, str]:  # noqa: FBT001
    """The same of a word left of a colon."""
    return f"YAML reads a bare {_READ[value]}.", f'Write "{"on" if value else "off"}": in quotes.'


def in_error(sentence: str, raw: Any) -> tuple[str, str] | None:
    """The same of a msgspec error that says a text was expected; None if it is about something else."""
    words, _, path = sentence.partition(" - at `$")
    if not re.fullmatch(r"Expected `[^`]*\bstr\b[^`]*`, got `bool`", words):
        return None
    name, value = _found(path.rstrip("`"), raw)
    return said_of(name, value) if isinstance(value, bool) else None


def key_in(raw: Any, pointer: str = "") -> tuple[str, bool] | None:
    """The place (a JSON pointer) of the first object that has true or false for a key, and which."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            found = (pointer, key) if isinstance(key, bool) else key_in(value, f"{pointer}/{key}")
            if found is not None:
                return found
    if isinstance(raw, (list, tuple)):
        for place, value in enumerate(raw):
            found = key_in(value, f"{pointer}/{place}")
            if found is not None:
                return found
    return None


def _found(path: str, raw: Any) -> tuple[str, Any]:
    """The name and the value at a path as msgspec writes it, where `[...]` is any key of an object."""
    name = ""
    for step, place in _STEP.findall(path):
        if step:
            name, raw = step, raw.get(step) if isinstance(raw, dict) else None
        elif place == "..." and isinstance(raw, dict):
            name, raw = next(((key, value) for key, value in raw.items() if isinstance(value, bool)), (name, None))
        else:
            items = list(raw) if place == "..." else [raw[int(place)]]
            name, raw = "", next((item for item in items if isinstance(item, bool)), items[0])
    return name, raw
