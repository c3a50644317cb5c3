"""Workers that draft the same series at once draft each date once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from activities.domain.calendars import secrets
from activities.domain.series import drafting
from activities.models import Activity, MemberCalendar
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
