"""Reads codes as people type them: on any keyboard, in groups, with blanks around them."""

from __future__ import annotations

import unicodedata

DASH = "Pd"


def typed(text: str, *, length_max: int) -> str:
    """What was typed, in plain capitals without blanks and dashes.

    Keyboards for Chinese type letters, digits and dashes of full width, which look alike and are others.
    """
    normal = unicodedata.normalize("NFKC", text[:length_max])
    return "".join(sign for sign in normal if not sign.isspace() and unicodedata.category(sign) != DASH).upper()
