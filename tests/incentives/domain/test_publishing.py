"""However versions are published, no two of a rule are in force at one moment."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from incentives.domain import publishing
from incentives.models import RuleInterval
from members.models import DeadLetter
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


def since(year: int, amount: int):
    return factories.rule({"then": [award(amount)]}, since=datetime(year, 1, 1, tzinfo=UTC))


def paid(*years: int) -> list[int]:
    from incentives.models import Entry

    factories.report(*(item(f"in {year}", "ada", time=f"{year}-06-01T12:00:00Z") for year in years))
    factories.judge()
    assert not DeadLetter.objects.exists()
    return list(Entry.objects.order_by("sequence").values_list("amount", flat=True))


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.MemberFactory(ref="ada")


def test_backdating_over_two_versions_leaves_one_in_force():
    since(2020, 1)
    since(2024, 2)
    since(2022, 3)

    assert paid(2021, 2023, 2025) == [1, 3, 3]


def test_backdating_over_a_pause_leaves_one_in_force():
    first = since(2020, 1)
    now = timezone.now()
    publishing.pause_rule(version=first, now=now)
    publishing.resume_rule(version=first, now=now)
    since(2023, 3)

    assert paid(2021, 2024) == [1, 3]
    open_ended = RuleInterval.objects.filter(in_force_until=None)
    assert [str(interval.version) for interval in open_ended] == ["post v2"]


def test_a_bare_date_of_yaml_is_kept_as_the_text_that_was_written():
    given = {"event.data.at": date(2026, 1, 1), "event.data.quality": 1.5}
    document = {"code": "dated", "when": "content.published", "then": [award(1)]}

    draft = publishing.save_draft(document={**document, "tests": [{"given": given, "expect": {}}]})

    draft.refresh_from_db()
    assert draft.document["tests"][0]["given"] == {"event.data.at": "2026-01-01", "event.data.quality": "1.5"}


def test_a_bare_date_where_a_moment_belongs_is_a_finding():
    document = {"code": "dated", "when": "content.published", "then": [award(1)]}

    report = publishing.check_document({**document, "tests": [{"given": {"now": date(2026, 1, 1)}, "expect": {}}]})
    scheduled = publishing.check_document({**document, "schedule": {"from": date(2026, 1, 1)}})

    assert [(each.pointer, each.text) for each in report.errors] == [
        ("/tests/0/given/now", "'2026-01-01' is no timestamp.")
    ]
    assert [each.pointer for each in scheduled.errors] == ["/schedule/from"]
