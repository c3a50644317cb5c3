"""The one place that picks words for a language out of what was written in several. Plain Python."""

from __future__ import annotations

from collections.abc import Mapping


def text_in(texts: Mapping[str, str] | str | None, language: str, fallback: str = "") -> str:
    """Pick the words for a language, else English, else any."""
    if texts is None:
        return fallback
    if isinstance(texts, str):
        return texts or fallback
    return texts.get(language) or texts.get("en") or next(filter(None, texts.values()), fallback)
