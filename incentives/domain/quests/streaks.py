"""Weeks in a row, with rest weeks. Pure arithmetic over the ordinals of Mondays.

Definition (decision 7): a streak counts weeks with a contribution; so many weeks of a season may be rested (two by
default). A season is a quarter of the calendar year, and a week belongs to the one that holds its Thursday.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from members.domain.counters.periods import season_of

WEEK, THURSDAY = 7, 3


@dataclass(frozen=True, slots=True)
class Streak:
    """How many weeks are in a row now, how many have ever been, and how many rests the season still has."""

    weeks: int
    best: int
    rests_left: int


def streak_of(weeks: Iterable[int], *, rests_max: int, this_week: int) -> Streak:
    """Look at the weeks with a contribution as they stand in `this_week`, which may still bring one."""
    length = best = 0
    rested: Counter[int] = Counter()
    before: int | None = None
    for week in sorted(set(weeks)):
        length, rested = (length, rested) if before is None else _after_gap(length, rested, before, week, rests_max)
        length, before = length + 1, week
        best = max(best, length)
    if before is not None and before < this_week:
        length, rested = _after_gap(length, rested, before, this_week, rests_max)
    return Streak(length, best, max(0, rests_max - rested[_season(this_week)]))


def _after_gap(length: int, rested: Counter[int], before: int, week: int, rests_max: int) -> tuple[int, Counter[int]]:
    """The streak when a week comes after another: the weeks between are rested, or there were too many of them."""
    missed = Counter(_season(each) for each in range(before + WEEK, week, WEEK))
    resting = rested + missed
    if any(resting[season] > rests_max for season in missed):
        return 0, rested
    return length, resting


def _season(monday: int) -> int:
    return season_of(monday + THURSDAY)
