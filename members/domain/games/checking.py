"""Checks a turn of each kind of game. Pure: no database, no clock.

Idiom chain (成语接龙): four Chinese characters, the first of them the last one of the idiom before; nothing twice.
Guess the line: the line or its author, however it is spelt; whoever has it ends the round.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from members.enums import GameKind

IDIOM_LENGTH = 4
# Why a turn was wrong.
NOT_AN_IDIOM, NOT_KNOWN, DOES_NOT_FOLLOW, SAID_BEFORE, NOT_IT = (
    "not_an_idiom", "not_known", "does_not_follow", "said_before", "not_it",
)  # fmt: skip


class BadOpening(Exception):
    """A round that cannot begin like this; the message says why."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a turn: right (`why_not` empty) or not, and whether it ends the round."""

    why_not: str = ""
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """What lies on the table: how the round began, what was right so far in its order, the answers, known words."""

    opening: str
    said: Sequence[str]
    answers: Sequence[str] = ()
    words: Collection[str] = ()


def plain(text: str) -> str:
    """A text as it is compared: one form of each sign, no case, no spaces and no punctuation."""
    normal = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in normal if unicodedata.category(sign)[0] in "LNM")


def check_opening(kind: str, table: Table) -> None:
    """Raise BadOpening unless a round may begin with this."""
    if kind == GameKind.CHAIN:
        if table.answers:
            raise BadOpening(_("A chain has no answers; it ends when its time is up."))
        why_not = _idiom(table.opening, table.words)
        if why_not:
            raise BadOpening(_("A chain begins with an idiom of four Chinese characters that is among its words."))
    elif not [answer for answer in table.answers if plain(answer)]:
        raise BadOpening(_("Say what the answer is; several spellings may be right."))


def check_turn(kind: str, text: str, table: Table) -> Verdict:
    """Say whether a turn is right."""
    return _CHECKS[kind](text, table)


def _chain(text: str, table: Table) -> Verdict:
    why_not = _idiom(text, table.words)
    if why_not:
        return Verdict(why_not)
    idiom, chain = plain(text), [plain(each) for each in (table.opening, *table.said)]
    if idiom[0] != chain[-1][-1]:
        return Verdict(DOES_NOT_FOLLOW)
    return Verdict(SAID_BEFORE if idiom in chain else "")


def _idiom(text: str, words: Collection[str]) -> str:
    idiom = plain(text)
    if len(idiom) != IDIOM_LENGTH or not all("CJK UNIFIED" in unicodedata.name(sign, "") for sign in idiom):
        return NOT_AN_IDIOM
    return NOT_KNOWN if words and idiom not in words else ""


def _line(text: str, table: Table) -> Verdict:
    guess = plain(text)
    is_right = bool(guess) and guess in {plain(answer) for answer in table.answers}
    return Verdict("" if is_right else NOT_IT, ends=is_right)


_CHECKS: Mapping[str, Callable[[str, Table], Verdict]] = {GameKind.CHAIN: _chain, GameKind.LINE: _line}
