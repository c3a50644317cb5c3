"""When two know each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from members.domain.connections.deciding import Day, band, known

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def spoke(*days: tuple[int, str]) -> list[Day]:
    """Days of contact: (number of the day, who spoke)."""
    return [
        Day(number, who == "low", START + timedelta(days=number), START + timedelta(days=number))
        for number, who in days
    ]


CASES = [
    # Who spoke when; when they were together; do they know each other?
    ("nothing", [], [], False),
    ("one_way", [(0, "low"), (1, "low"), (2, "low")], [], False),
    ("both_ways_on_one_day", [(0, "low"), (0, "high")], [], False),
    ("both_ways_on_two_days", [(0, "low"), (1, "high")], [], True),
    ("both_on_one_day_and_one_on_another", [(0, "low"), (0, "high"), (5, "low")], [], True),
    ("within_ninety_days", [(0, "low"), (89, "high")], [], True),
    ("on_the_ninety_first", [(0, "low"), (90, "high")], [], False),
    ("together_and_then_a_word", [(3, "low")], [2], True),
    ("a_word_and_then_together", [(1, "low")], [2], False),
    ("together_and_a_word_too_late", [(100, "low")], [2], False),
    ("only_together", [], [2], False),
]


@pytest.mark.parametrize(("contacts", "together", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_two_know_each_other(contacts, together, expected):
    found = known(spoke(*contacts), [START + timedelta(days=day) for day in together])

    assert (found is not None) is expected


def test_strength_is_the_days_of_the_last_ninety_and_friends_stay_friends():
    found = known(spoke((0, "low"), (1, "high"), (200, "low"), (210, "low")), [], is_known=True)

    assert found is not None
    assert (found.days, found.is_mutual) == (2, True)
    assert (found.first_at, found.last_at) == (START, START + timedelta(days=210))


def test_bands():
    assert [band(count) for count in (0, 4, 5, 6, 7, 40)] == ["0-4", "0-4", "5-6", "5-6", "7+", "7+"]
