"""Reads a folder's files, and says in words what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


class BadProgram(Exception):
    """A file that cannot be used; the message names it, and nothing was changed."""


def read_yaml(path: Path) -> Any:
    """Read a YAML file. Raises BadProgram, naming the place."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadProgram(f"{path.name} cannot be read: {error}") from error


def entries(path: Path) -> dict[str, Any]:
    """A file's codes and what they stand for; nothing where there is no file. Raises BadProgram."""
    if not path.exists():
        return {}
    found = read_yaml(path) or {}
    if not isinstance(found, dict):
        raise BadProgram(f"{path.name} must map codes to what they stand for.")
    return found


def only(document: Any, allowed: set[str]) -> dict[str, Any]:
    """An entry's words. Raises TypeError and ValueError for what is no object, or has words that are not known."""
    if not isinstance(document, dict):
        raise TypeError("an object is expected here")
    unknown = set(document) - allowed
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} is not known here; known are {', '.join(sorted(allowed))}.")
    return dict(document)
