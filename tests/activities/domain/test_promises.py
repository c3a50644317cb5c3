"""The monthly rhythm and the size of brand activities: what is missing is told in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from activities.domain import promises, registering
from activities.domain.checking_in.scanning import Scanned, take
from activities.models import Activity, Registration
from tests import factories

pytestmark = pytest.mark.django_db


def at(day, hour=12):
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_a_month_without_one_is_told_from_the_20th_until_it_begins(settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    factories.activity(starts_at=at(25))

    assert promises.month_without(now=at(19, 15)) is None
    # It is the 20th there already.
    lack = promises.month_without(now=at(19, 17))
    assert (lack.month.isoformat(), lack.due_at) == ("2026-12-01", datetime(2026, 11, 30, 16, tzinfo=UTC))


def test_the_year_turns():
    factories.activity(starts_at=at(25))

    lack = promises.month_without(now=datetime(2026, 12, 31, 12, tzinfo=UTC))

    assert lack.month.isoformat() == "2027-01-01"


@pytest.mark.parametrize(
    ("_case", "starts_at", "more", "is_missing"),
    [
        ("a_draft", datetime(2026, 12, 10, tzinfo=UTC), {}, False),
        ("cancelled", datetime(2026, 12, 10, tzinfo=UTC), {"state": "cancelled"}, True),
        ("another_kind", datetime(2026, 12, 10, tzinfo=UTC), {"kind": "sharing"}, True),
        ("the_month_after", datetime(2027, 1, 10, tzinfo=UTC), {}, True),
        ("in_november_there", datetime(2026, 12, 1, 4, tzinfo=UTC), {"zone": "America/New_York"}, True),
        ("in_december_there", datetime(2026, 11, 30, 20, tzinfo=UTC), {"zone": "Asia/Shanghai"}, False),
        ("in_december_there_still", datetime(2027, 1, 1, 4, tzinfo=UTC), {"zone": "America/New_York"}, False),
        ("in_january_there", datetime(2026, 12, 31, 20, tzinfo=UTC), {"zone": "Asia/Shanghai"}, True),
    ],
)
def test_which_activity_keeps_the_rhythm(_case, starts_at, more, is_missing):
    factories.activity(starts_at=at(25))
    factories.activity("table", starts_at=starts_at, **{"kind": "member", **more})

    assert (promises.month_without(now=at(21)) is not None) is is_missing


def test_what_is_for_others_does_not_hide_what_is_for_members(monkeypatch):
    monkeypatch.setattr(promises, "LOOKED_AT_MAX", 1)
    factories.activity(starts_at=datetime(2026, 12, 10, tzinfo=UTC), kind="member")
    factories.activity("later", starts_at=datetime(2026, 12, 20, tzinfo=UTC), kind="sharing")

    assert promises.month_without(now=at(21)) is None


def test_who_never_had_an_activity_has_no_rhythm():
    assert promises.month_without(now=at(21)) is None


def found():
    return [
        (each.activity.code, each.reached, each.goal, each.cost_each) for each in promises.too_small(now=timezone.now())
    ]


def test_a_brand_activity_that_is_over_is_told_with_what_each_has_cost(django_assert_num_queries):
    now = timezone.now()
    fair = factories.announced(
        "fair", now=now - timedelta(days=9), kind="brand", starts_at=now - timedelta(days=1), capacity=None,
        audience_expected=120, guests_max=3, money="EUR", cost=12_000, guests_came=4,
    )  # fmt: skip
    for ref, guests, came in (("ada", 3, 1), ("bo", 2, None)):
        member = factories.MemberFactory(ref=ref)
        made = registering.register(
            activity_id=fair.pk, member=member, now=fair.starts_at - timedelta(hours=2), guests=guests
        )[0]
        scan = Scanned(ref, fair.starts_at, registration=made, guests=came)
        take(activity_id=fair.pk, scanned=scan, now=now)
    Activity.objects.update(state="finished", finished_at=now)

    with django_assert_num_queries(1):
        small = found()

    assert Registration.objects.filter(checked_in_at__isnull=False).count() == 2
    assert small == [("fair", 9, 100, Decimal("13.33"))]
    Activity.objects.update(reach=90)
    assert found() == [("fair", 90, 100, Decimal("1.33"))]
    Activity.objects.update(audience_min=90)
    assert found() == []
    Activity.objects.update(audience_min=200, reach=0)
    assert found() == [("fair", 0, 200, None)]
    Activity.objects.update(state="reviewed")
    assert found() == []


def test_one_that_comes_is_told_a_fortnight_ahead_unless_it_says_why():
    now = timezone.now()
    factories.activity("near", kind="brand", starts_at=now + timedelta(days=13), audience_expected=40)
    factories.activity("far", kind="brand", starts_at=now + timedelta(days=15), audience_expected=40)
    factories.activity("large", kind="brand", starts_at=now + timedelta(days=2), audience_expected=140)
    factories.activity("village", kind="brand", starts_at=now + timedelta(days=2), small_reason="A village.")
    factories.activity("other", starts_at=now + timedelta(days=2))
    factories.activity("off", kind="brand", state="cancelled", starts_at=now + timedelta(days=2))

    assert found() == [("near", 40, 100, None)]
