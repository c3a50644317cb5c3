"""Workers that draft the same series at once draft each date once."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from activities.domain import life, registering
from activities.domain.calendars import secrets
from activities.domain.series import drafting
from activities.enums import ActivityState
from activities.models import Activity, MemberCalendar, Registration
from tests import factories
from tests.faults.test_pump import in_threads

pytestmark = [pytest.mark.postgresql]
NOW = datetime(2026, 9, 28, 12, tzinfo=UTC)


def test_eight_workers_draft_each_date_once(committed_db):
    drafting.make(
        values={
            "code": "mending", "rule": "FREQ=WEEKLY;BYDAY=TU", "starts_on": date(2026, 9, 1), "starts_time": time(19),
            "minutes": 90, "zone": "Europe/Berlin", "kind": "sharing", "names": {"en": "Mending"},
        },
        now=NOW,
    )  # fmt: skip
    before = Activity.objects.count()

    later = NOW + timedelta(days=21)
    assert in_threads(*(lambda: drafting.draft_ahead(now=later) for _ in range(8))) == []

    found = list(Activity.objects.values_list("series_date", flat=True))
    assert len(found) == len(set(found)) == before + 3


def test_an_address_that_is_renewed_at_once_is_one_in_the_end(committed_db):
    ada = factories.MemberFactory()

    assert in_threads(*(lambda: secrets.renew(member=ada, now=NOW) for _ in range(6))) == []

    assert secrets.member_with(MemberCalendar.objects.get().secret) == ada


def test_a_member_who_registers_for_two_dates_at_once_rests_for_one_of_them(committed_db):
    now = timezone.now()
    series = drafting.make(
        values={
            "code": "mending", "rule": "FREQ=WEEKLY", "starts_on": (now + timedelta(days=3)).date(),
            "starts_time": time(19), "minutes": 90, "zone": "Europe/Berlin", "kind": "sharing", "rest_days": 30,
            "place": "The workshop", "names": {"en": "Mending"}, "speaker": factories.MemberFactory(ref="speaker"),
        },
        now=now,
    )  # fmt: skip
    dates = list(series.dates.order_by("starts_at")[:2])
    for each in dates:
        life.step(activity_id=each.pk, to=ActivityState.ANNOUNCED, now=now)
    people = [factories.MemberFactory(ref=f"m{number}") for number in range(6)]

    def joins(activity, member):
        def run():
            with suppress(registering.CannotRegister):
                registering.register(activity_id=activity.pk, member=member, now=now)

        return run

    assert in_threads(*(joins(each, member) for member in people for each in dates)) == []

    found = Registration.objects.values_list("member__ref", "state").order_by("member__ref")
    assert list(found) == [(member.ref, "confirmed") for member in people]
