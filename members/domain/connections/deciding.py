"""Decides whether two members know each other. Definition: within ninety days they spoke both ways and on two days at
least; or they were together at something of at most twelve, and one of them spoke to the other afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW_DAYS = 90
WITHIN = timedelta(days=WINDOW_DAYS)
GATHERING_MAX = 12


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which one of the two spoke to the other: `by_low` says which."""

    day: int
    by_low: bool
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """How well two know each other: days of contact in the ninety before the last, and whether both spoke."""

    first_at: datetime
    last_at: datetime
    days: int
    is_mutual: bool


def known(contacts: Sequence[Day], together: Iterable[datetime], *, is_known: bool = False) -> Known | None:
    """What two have of each other; None while they do not know each other. Whoever knew each other goes on doing so."""
    if not contacts:
        return None
    if not is_known and not _talk(contacts) and not _met(contacts, together):
        return None
    newest = max(contacts, key=lambda each: each.last_at)
    lately = [each for each in contacts if each.day > newest.day - WINDOW_DAYS]
    return Known(
        first_at=min(each.first_at for each in contacts),
        last_at=newest.last_at,
        days=len({each.day for each in lately}),
        is_mutual=len({each.by_low for each in contacts}) == 2,
    )


def band(count: int) -> str:
    """0–4, 5–6, or 7 and more: people who know more than four stay, more than six contribute."""
    return "0-4" if count < 5 else "5-6" if count < 7 else "7+"


def _talk(contacts: Sequence[Day]) -> bool:
    for end in contacts:
        window = [each for each in contacts if end.day - WINDOW_DAYS < each.day <= end.day]
        if len({each.day for each in window}) >= 2 and len({each.by_low for each in window}) == 2:
            return True
    return False


def _met(contacts: Sequence[Day], together: Iterable[datetime]) -> bool:
    return any(met < each.last_at <= met + WITHIN for met in together for each in contacts)
