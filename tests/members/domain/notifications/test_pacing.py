"""Promotions keep away from the night and from each other."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from members.domain.notifications.pacing import has_room, shown_at

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("_case", "moment", "zone", "shown"),
    [
        ("by_day_at_once", "2026-11-24T12:00+01:00", BERLIN, "2026-11-24T12:00+01:00"),
        ("just_before_ten", "2026-11-24T21:59:59+01:00", BERLIN, "2026-11-24T21:59:59+01:00"),
        ("from_ten_on_next_morning", "2026-11-24T22:00+01:00", BERLIN, "2026-11-25T08:00+01:00"),
        ("after_midnight_same_morning", "2026-11-25T00:00+01:00", BERLIN, "2026-11-25T08:00+01:00"),
        ("at_eight_at_once", "2026-11-25T08:00+01:00", BERLIN, "2026-11-25T08:00+01:00"),
        ("where_the_member_lives", "2026-11-24T14:00+00:00", SHANGHAI, "2026-11-25T08:00+08:00"),
        ("the_night_that_loses_an_hour", "2026-03-28T23:00+01:00", BERLIN, "2026-03-29T08:00+02:00"),
        ("the_night_that_has_one_more", "2026-10-24T23:00+02:00", BERLIN, "2026-10-25T08:00+01:00"),
    ],
)
def test_nothing_is_shown_between_ten_and_eight(_case, moment, zone, shown):
    assert shown_at(at(moment), zone) == at(shown)


@pytest.mark.parametrize(
    ("_case", "taken", "expected"),
    [
        ("none_before", [], True),
        ("one_that_day", [100], False),
        ("two_in_seven_days", [94, 97], True),
        ("three_in_seven_days", [94, 96, 98], False),
        ("the_first_is_a_week_ago", [93, 96, 98], True),
        ("one_waits_for_tomorrow", [95, 97, 101], False),
    ],
)
def test_one_a_day_and_three_in_seven_days(_case, taken, expected):
    assert has_room(100, taken) is expected
