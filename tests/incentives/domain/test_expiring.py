"""Expiry is told at 30, 7 and 1 days, once each."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from incentives.domain.expiring import tell_expiring
from members.models import Event
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.rule({"then": [award(10, expires={"kind": "after", "days": 60})]}, now=NOON)
    for ref in ("ada", "bo"):
        factories.MemberFactory(ref=ref)
        factories.report(item(f"e-{ref}", ref, time=NOON.isoformat()), now=NOON)
    factories.judge()


def told():
    events = Event.objects.filter(type__code="points.expiring").select_related("payload", "member").order_by("pk")
    said = [(each.member.ref, json.loads(each.payload.data)) for each in events]
    return [(ref, data["days"], data["amount"], data["on"][:10]) for ref, data in said]


def test_each_stage_is_told_once_however_often_the_job_runs():
    # They end at the midnight that begins 23 January; the last day is the 22nd.
    end = datetime(2027, 1, 23, tzinfo=UTC)
    for days in (31, 30, 29, 8, 7, 6, 1, 0.5):
        for _ in range(2):
            tell_expiring(now=end - timedelta(days=days))
    tell_expiring(now=end)

    assert [line for line in told() if line[0] == "ada"] == [
        ("ada", 30, "10", "2027-01-22"), ("ada", 7, "10", "2027-01-22"), ("ada", 1, "10", "2027-01-22"),
    ]  # fmt: skip
    assert len(told()) == 6


def test_a_stage_that_no_worker_saw_is_not_made_up_for():
    end = datetime(2027, 1, 23, tzinfo=UTC)

    counts = [tell_expiring(now=end - timedelta(hours=hours)) for hours in (20, 19)]

    assert counts == [2, 0]
    assert {days for _, days, _, _ in told()} == {1}
