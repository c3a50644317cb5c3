"""Weeks in a row: rests by season, gaps, and weeks that come late."""

from __future__ import annotations

from datetime import date

import pytest

from incentives.domain.quests.streaks import Streak, streak_of

# The Monday of the first week of 2026's last quarter that has its Thursday in it.
OCTOBER = date(2026, 9, 28).toordinal()


def weeks(*numbers: int) -> list[int]:
    return [OCTOBER + 7 * number for number in numbers]


@pytest.mark.parametrize(
    ("_case", "done", "today", "expected"),
    [
        ("nothing_yet", (), 0, Streak(0, 0, 2)),
        ("this_week_is_still_to_come", (0, 1), 2, Streak(2, 2, 2)),
        ("one_rest", (0, 2), 2, Streak(2, 2, 1)),
        ("two_rests_in_a_row", (0, 3), 3, Streak(2, 2, 0)),
        ("a_third_rest_breaks_it", (0, 1, 5), 5, Streak(1, 2, 2)),
        ("rests_are_kept_when_it_breaks", (0, 2, 6), 6, Streak(1, 2, 1)),
        ("resting_now", (0, 1), 4, Streak(2, 2, 0)),
        ("rested_too_long", (0, 1), 5, Streak(0, 2, 2)),
        ("each_season_has_its_own", (10, 13, 16), 16, Streak(3, 3, 0)),
        ("any_order_and_twice", (2, 0, 1, 1), 2, Streak(3, 3, 2)),
    ],
)
def test_streak(_case, done, today, expected):
    assert streak_of(weeks(*done), rests_max=2, this_week=weeks(today)[0]) == expected


def test_a_week_that_was_reported_late_mends_the_row():
    broken = streak_of(weeks(0, 1, 5), rests_max=2, this_week=weeks(5)[0])
    mended = streak_of(weeks(0, 1, 5, 3), rests_max=2, this_week=weeks(5)[0])

    assert (broken.weeks, mended.weeks) == (1, 4)
