"""Rules are read, refused and followed, over the changes of clocks too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from activities.domain.series import recurring

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def moments(text, starts_on, at, zone, days=400):
    first = datetime.combine(starts_on, time(), tzinfo=UTC) - timedelta(days=2)
    rule = recurring.read(text, zone=zone)
    return recurring.moments_between(rule, starts_on, at, zone, first=first, until=first + timedelta(days=days))


def days(text, starts_on, count=None, zone=UTC, span=400):
    return [day.isoformat() for day, _ in moments(text, starts_on, time(9), zone, span)][:count]


def test_c167_monthly_by_day_and_weekday_asks_for_both():
    found = days("FREQ=MONTHLY;COUNT=3;BYMONTHDAY=1,3;BYDAY=TU,TH", date(1997, 9, 2))

    assert found == ["1998-01-01", "1998-02-03", "1998-03-03"]


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=WEEKLY;BYDAY=TU",
        "freq=weekly;interval=2;byday=mo,we,fr;wkst=su;count=9",
        "RRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20270115",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;UNTIL=20261231T180000Z",
        "FREQ=YEARLY;BYMONTH=1,6;BYMONTHDAY=15",
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "FREQ=DAILY;INTERVAL=10;BYMONTH=3,11",
    ],
)
def test_c169_a_rule_written_out_and_read_again_gives_the_same_dates(text):
    rule = recurring.read(text, zone=BERLIN)

    again = recurring.read(str(rule), zone=BERLIN)

    assert days(str(again), date(2026, 1, 1), zone=BERLIN) == days(text, date(2026, 1, 1), zone=BERLIN) != []
    assert again == rule


@pytest.mark.parametrize(
    ("_case", "zone", "starts_on", "at", "expected"),
    [
        # 02:30 does not exist on the 29th: read with the offset from before, it is 03:30 on the new clock.
        ("berlin_gap", BERLIN, date(2026, 3, 28), time(2, 30),
         ["2026-03-28T01:30:00+00:00", "2026-03-29T01:30:00+00:00", "2026-03-30T00:30:00+00:00"]),
        # 02:30 comes twice on the 25th: the first is meant.
        ("berlin_twice", BERLIN, date(2026, 10, 24), time(2, 30),
         ["2026-10-24T00:30:00+00:00", "2026-10-25T00:30:00+00:00", "2026-10-26T01:30:00+00:00"]),
        ("berlin_evening", BERLIN, date(2026, 3, 28), time(19),
         ["2026-03-28T18:00:00+00:00", "2026-03-29T17:00:00+00:00", "2026-03-30T17:00:00+00:00"]),
        ("new_york_gap", NEW_YORK, date(2026, 3, 7), time(2, 30),
         ["2026-03-07T07:30:00+00:00", "2026-03-08T07:30:00+00:00", "2026-03-09T06:30:00+00:00"]),
        ("new_york_twice", NEW_YORK, date(2026, 10, 31), time(1, 30),
         ["2026-10-31T05:30:00+00:00", "2026-11-01T05:30:00+00:00", "2026-11-02T06:30:00+00:00"]),
    ],
)  # fmt: skip
def test_a_local_time_becomes_an_instant_as_the_rfc_says(_case, zone, starts_on, at, expected):
    found = [moment.isoformat() for _, moment in moments("FREQ=DAILY;COUNT=3", starts_on, at, zone)]

    assert found == expected
    # The day is the one that the rule names, whatever the clock does.
    assert [day for day, _ in moments("FREQ=DAILY;COUNT=3", starts_on, at, zone)] == [
        starts_on + timedelta(days=n) for n in range(3)
    ]


def test_until_is_the_last_day_there_or_the_last_moment():
    assert days("FREQ=DAILY;UNTIL=20260103", date(2026, 1, 1), zone=BERLIN)[-1] == "2026-01-03"
    # Nine in Berlin is eight in UTC.
    assert days("FREQ=DAILY;UNTIL=20260103T080000Z", date(2026, 1, 1), zone=BERLIN)[-1] == "2026-01-03"
    assert days("FREQ=DAILY;UNTIL=20260103T075959Z", date(2026, 1, 1), zone=BERLIN)[-1] == "2026-01-02"


def test_days_that_a_month_does_not_have_are_left_out():
    assert days("FREQ=MONTHLY;BYMONTHDAY=31", date(2026, 1, 1), 4) == [
        "2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write one rule"),
        ("every tuesday", "says nothing"),
        ("BYDAY=TU", "Say how often"),
        ("FREQ=SECONDLY", "once a day at most"),
        ("FREQ=HOURLY;INTERVAL=48", "once a day at most"),
        ("FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7,8,9", "once a day at most"),
        ("FREQ=FORTNIGHTLY", "FORTNIGHTLY is no FREQ"),
        ("FREQ=WEEKLY;BYMOON=FULL", "no part BYMOON"),
        ("FREQ=WEEKLY;FREQ=DAILY", "said twice"),
        ("FREQ=WEEKLY;BYDAY=XX", "cannot be read"),
        ("FREQ=WEEKLY;BYDAY=", "says nothing"),
        ("FREQ=MONTHLY;BYMONTHDAY=x", "cannot be read"),
        ("FREQ=WEEKLY;COUNT=3;UNTIL=20260101", "not both"),
        ("FREQ=WEEKLY;COUNT=0", "COUNT is a number"),
        ("FREQ=WEEKLY;INTERVAL=-1", "INTERVAL is a number"),
        ("FREQ=WEEKLY;INTERVAL=99999", "INTERVAL is a number"),
        ("FREQ=WEEKLY;UNTIL=soon", "UNTIL is a day"),
        ("FREQ=WEEKLY;UNTIL=20261399", "UNTIL is a day"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "names no day"),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31", "names no day"),
        ("FREQ=DAILY;BYMONTHDAY=31", "With FREQ=DAILY"),
        ("FREQ=DAILY\nRRULE:FREQ=WEEKLY", "Write one rule"),
    ],
)
def test_what_nobody_could_follow_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(recurring.BadRule, match=sentence):
        recurring.read(text)
