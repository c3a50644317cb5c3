"""Words that findings share."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near(name: str, known: Iterable[str]) -> str:
    """A "did you mean", else what there is."""
    names = sorted(known)
    found = difflib.get_close_matches(name, names, 1, 0.6)
    if found:
        return f"Did you mean {found[0]!r}?"
    return f"There are: {', '.join(names[:12])}." if names else "There are none yet."
