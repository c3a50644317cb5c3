"""How long a grant holds: whole days of the member's own, or as long as something dated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from incentives.domain.privileges import granting, windows
from incentives.domain.privileges.deciding import answers_of
from incentives.domain.privileges.definitions import read
from incentives.domain.privileges.windows import Window
from incentives.models import Privilege, PrivilegeGrant
from tests import factories

BERLIN = ZoneInfo("Europe/Berlin")
ELEVEN = datetime(2021, 4, 10, 11, tzinfo=BERLIN)
LAST_MOMENT = timedelta(microseconds=1)


def test_three_days_bought_at_eleven_are_three_whole_days_of_berlin():
    found = windows.whole_days(3, BERLIN, now=ELEVEN)

    assert found == Window(datetime(2021, 4, 10, tzinfo=BERLIN), datetime(2021, 4, 13, tzinfo=BERLIN))
    assert found.until - LAST_MOMENT == datetime(2021, 4, 12, 23, 59, 59, 999_999, tzinfo=BERLIN)


def test_a_day_on_which_the_clocks_change_is_a_whole_day():
    found = windows.whole_days(1, BERLIN, now=datetime(2021, 3, 28, 1, tzinfo=UTC))

    assert found.until - found.starts_at == timedelta(hours=23)


@pytest.mark.parametrize(
    ("_case", "ends_at", "until"),
    [
        ("with_an_end", datetime(2021, 4, 12, 15, tzinfo=BERLIN), datetime(2021, 4, 12, 15, tzinfo=BERLIN)),
        ("without_one", None, datetime(2021, 4, 11, tzinfo=BERLIN)),
    ],
)
def test_as_long_as_something_is_exactly_so_long_and_without_an_end_to_the_end_of_its_day(_case, ends_at, until):
    assert windows.as_long_as(ELEVEN, ends_at, BERLIN) == Window(ELEVEN, until)


@pytest.fixture
def visits(db):
    return Privilege.objects.create(code="visits", names={"en": "Visits"})


@pytest.fixture
def ada(db):
    return factories.MemberFactory(ref="ada", time_zone="Europe/Berlin")


def grant(ada, visits, key="k", now=ELEVEN, **more):
    return granting.grant_privilege(member_id=ada.pk, privilege=visits, key=key, now=now, **more)


def test_a_grant_of_days_is_of_the_member_s_own_days(ada, visits):
    made, is_new = grant(ada, visits, days=3)

    assert is_new
    assert (made.granted_at, made.starts_at, made.until) == (
        ELEVEN, datetime(2021, 4, 10, tzinfo=BERLIN), datetime(2021, 4, 13, tzinfo=BERLIN),
    )  # fmt: skip
    # Who lives where nobody knows has the days of the programme, which are UTC's here.
    other, _new = grant(factories.MemberFactory(ref="bo", time_zone=""), visits, days=1)
    assert (other.starts_at, other.until) == (datetime(2021, 4, 10, tzinfo=UTC), datetime(2021, 4, 11, tzinfo=UTC))


def test_a_grant_like_an_activity_holds_from_its_beginning_to_its_end(ada, visits):
    starts_at = ELEVEN + timedelta(days=5)
    factories.activity("fair", starts_at=starts_at, ends_at=starts_at + timedelta(hours=5))

    made, _new = grant(ada, visits, like="fair")

    assert (made.starts_at, made.until) == (starts_at, starts_at + timedelta(hours=5))
    assert [
        PrivilegeGrant.objects.holding(moment).exists()
        for moment in (starts_at - LAST_MOMENT, starts_at, made.until - LAST_MOMENT, made.until)
    ] == [False, True, True, False]


@pytest.mark.parametrize(
    ("_case", "said", "kind"),
    [
        ("nothing_of_that_code", {"like": "nothing"}, "unknown_activity"),
        ("called_off", {"like": "off"}, "unknown_activity"),
        ("over", {"like": "past"}, "over"),
        ("two_ends", {"like": "past", "days": 2}, "two_ends"),
        ("until_and_days", {"until": ELEVEN, "days": 2}, "two_ends"),
    ],
)
def test_a_time_that_makes_no_sense_is_refused_and_nothing_granted(ada, visits, _case, said, kind):
    factories.activity("off", state="cancelled")
    factories.activity("past", starts_at=ELEVEN - timedelta(days=2))

    with pytest.raises(granting.CannotGrant) as refused:
        grant(ada, visits, **said)

    assert (refused.value.kind, PrivilegeGrant.objects.count()) == (kind, 0)


def test_the_same_grant_again_is_the_first_one_even_when_its_activity_is_gone(ada, visits):
    activity = factories.activity("fair", starts_at=ELEVEN + timedelta(days=5))
    first, _new = grant(ada, visits, like="fair")
    activity.delete()

    assert grant(ada, visits, like="fair") == (first, False)


def test_nothing_dated_is_known_where_no_app_has_any(settings):
    settings.DATED = []

    assert windows.like("fair") is None


def why(ada, *, now, at=None):
    (answer,) = answers_of(ada, read().values(), now=now, at=at)
    return None if answer.why_not is None else (answer.why_not.code, answer.why_not.sentence)


def test_a_grant_says_from_when_on_and_until_when(ada, visits):
    grant(ada, visits, like=factories.activity("fair", starts_at=ELEVEN + timedelta(days=5)).code)
    assert why(ada, now=ELEVEN) == ("grant_later", "It holds from 15 Apr 2021 on.")
    assert why(ada, now=ELEVEN, at=ELEVEN + timedelta(days=5)) is None
    assert why(ada, now=ELEVEN + timedelta(days=9)) == ("grant_over", "It ended on 15 Apr 2021.")


def test_a_grant_that_ends_before_it_would_be_used_says_its_last_day(ada, visits):
    grant(ada, visits, days=3)

    assert why(ada, now=ELEVEN) is None
    assert why(ada, now=ELEVEN, at=datetime(2021, 4, 12, 23, 59, tzinfo=BERLIN)) is None
    assert why(ada, now=ELEVEN, at=datetime(2021, 4, 13, tzinfo=BERLIN)) == (
        "grant_over", "It holds until 12 Apr 2021.",
    )  # fmt: skip
