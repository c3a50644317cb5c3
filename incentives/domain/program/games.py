"""Puts games of the day in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incentives.domain.program.parts import Applied, put
from incentives.domain.program.words import BadEntry, Kind, anything, names, one_of, only, text, yes_or_no
from members.enums import GameKind
from members.models import Game

_GAME: Mapping[str, Kind] = {
    "names": names, "kind": one_of(GameKind.values), "words": anything, "is_active": yes_or_no,
}  # fmt: skip


def put_game(code: str, document: Any, applied: Applied) -> None:
    """Make or change a game; its words are a list of texts. Raises BadEntry and ValidationError."""
    values = only(document, _GAME, must=() if Game.objects.filter(code=code).exists() else ("kind",))
    if "words" in values:
        if not isinstance(values["words"], list):
            raise BadEntry("words are a list of texts.")
        for word in values["words"]:
            text("words", word)
        values["words"] = "\n".join(values["words"])
    put(Game, code, values, applied)
