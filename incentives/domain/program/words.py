"""Reads a folder's files, and says in words what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from incentives.bounds import AMOUNT_MAX
from members.domain import bare_words

NAME_LENGTH_MAX = 200
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")

# Raises BadEntry unless the value of a word is of its kind.
Kind = Callable[[str, Any], None]


class BadProgram(Exception):
    """A file that cannot be used; the message names it, and nothing was changed."""


class BadEntry(Exception):
    """An entry of a file that cannot be used; whoever reads the file adds its name and the entry's code."""


def read_yaml(path: Path) -> Any:
    """Read a YAML file. Raises BadProgram, naming the place."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise BadProgram(f"{path.name} cannot be read: {error}") from error


def entries(path: Path) -> dict[str, Any]:
    """A file's codes and what they stand for; nothing where there is no file. Raises BadProgram."""
    if not path.exists():
        return {}
    found = read_yaml(path) or {}
    if not isinstance(found, dict):
        raise BadProgram(f"{path.name} must map codes to what they stand for.")
    bare = bare_words.key_in(found)
    if bare is not None:
        place = bare[0].removeprefix("/").replace("/", ", ")
        raise BadProgram(f"{path.name}{place and f', {place}'}: {' '.join(bare_words.said_of_key(bare[1]))}")
    for code in found:
        if not isinstance(code, str):
            raise BadProgram(f'{path.name}, {code}: a code is a text; write "{code}" in quotes.')
        if not code.isprintable():
            raise BadProgram(f"{path.name}, {code!r}: a code has no control characters.")
    return found


def only(document: Any, kinds: Mapping[str, Kind], must: tuple[str, ...] = ()) -> dict[str, Any]:
    """An entry's words, each of its kind. Raises BadEntry for what is no object, or has words that do not fit."""
    if not isinstance(document, dict):
        raise BadEntry(f"here belong words and values, such as {next(iter(kinds))}: …")
    unknown = {str(word) for word in document} - set(kinds)
    if unknown:
        raise BadEntry(f"{', '.join(sorted(unknown))} is not known here; known are {', '.join(sorted(kinds))}.")
    missing = [word for word in must if word not in document]
    if missing:
        raise BadEntry(f"{', '.join(missing)} is missing.")
    for word, value in document.items():
        if value is None:
            raise BadEntry(f"{word} has no value; write one, or leave the word out.")
        kinds[word](word, value)
    return dict(document)


def text(word: str, value: Any) -> None:
    if isinstance(value, bool):
        raise BadEntry(" ".join(bare_words.said_of(word, value)))
    if not isinstance(value, str):
        raise BadEntry(f'{word} is a text; write {word}: "{value}" in quotes.')
    if "\x00" in value:
        raise BadEntry(f"{word} may not hold the character NUL; remove it.")


def yes_or_no(word: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise BadEntry(f"{word} is true or false, not {value!r:.80}.")


def whole(least: int, most: int) -> Kind:
    def check(word: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise BadEntry(f"{word} is a whole number from {least:,} to {most:,}, not {value!r:.80}.")

    return check


def one_of(choices: Sequence[str]) -> Kind:
    def check(word: str, value: Any) -> None:
        text(word, value)
        if value not in choices:
            raise BadEntry(f"{word} is one of {', '.join(choices)}, not {value!r:.80}.")

    return check


def names(word: str, value: Any) -> None:
    """Texts by language, such as {en: Points, zh-hans: 积分}."""
    if not isinstance(value, dict):
        raise BadEntry(f"{word} are texts by language, such as {{en: Points}}, not {value!r:.80}.")
    for language, name in value.items():
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise BadEntry(f"{word}: {language!r} is no language; write it like en or zh-hans.")
        text(language, name)
        if not 0 < len(name) <= NAME_LENGTH_MAX:
            raise BadEntry(f"{word}: {language} has 1 to {NAME_LENGTH_MAX} characters.")


def anything(word: str, value: Any) -> None:
    """What has a check of its own."""


minor_units = whole(0, AMOUNT_MAX)
