"""What the checker says of a document as a whole."""

from __future__ import annotations

import pytest

from incentives.domain import publishing
from incentives.domain.rules.checking import Report
from incentives.models import SharedLimit
from tests import factories
from tests.factories import award

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    factories.world()


def check(**more: object) -> Report:
    return publishing.check_document({"code": "post", "when": "content.published", "then": [award(10)], **more})


def said(report: Report) -> list[tuple[str, str, str]]:
    return [(each.severity, each.pointer, each.code) for each in report.findings]


def test_a_shared_limit_of_a_currency_that_does_not_exist_is_an_error():
    daily = {"per": "member", "every": "day", "amount": 5, "currency": "pionts"}
    SharedLimit.objects.create(code="daily", document=daily)

    report = check(limits=["daily"])

    assert said(report) == [("error", "/limits/0", "unknown_currency")]
    (finding,) = report.findings
    assert str(finding) == "The shared limit 'daily': There is no currency 'pionts'. Did you mean 'points'?"


def test_a_shared_limit_that_is_finer_than_its_currency_is_an_error():
    daily = {"per": "member", "every": "day", "amount": "5.5", "currency": "points"}
    SharedLimit.objects.create(code="daily", document=daily)

    assert said(check(limits=["daily"])) == [("error", "/limits/0", "invalid")]
