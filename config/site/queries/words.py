"""The words of the page: in which language, and a name's initials."""

from __future__ import annotations

from django.utils.translation import get_language


def initials_of(name: str) -> str:
    words = name.split()
    if not words:
        return "?"
    if not words[0].isascii():
        return words[0][:2]
    return "".join(word[0] for word in words[:2] if word.isascii() or len(words) == 1).upper()


def language_now() -> str:
    return get_language() or "en"
