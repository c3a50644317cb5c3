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


def on(currency: str, **more: object) -> dict[str, object]:
    return {"per": "member", "every": "day", "amount": 5, "currency": currency, **more}


@pytest.mark.parametrize(
    ("_case", "then", "limit", "warned"),
    [
        ("paid", [award(10)], on("points"), False),
        ("paid_beside_another", [award(10, "growth"), award(10)], on("points"), False),
        ("not_paid", [award(10)], on("growth"), True),
        ("turns_have_no_currency", [award(10)], {"every": "day", "times": 3}, False),
        (
            "net_of_what_is_taken",
            [{"do": "deduct", "currency": "points", "amount": 2}],
            on("points", counts="net"),
            False,
        ),
        ("gross_of_what_is_taken", [{"do": "deduct", "currency": "points", "amount": 2}], on("points"), True),
    ],
)
def test_a_limit_on_what_the_rule_does_not_pay_is_a_warning(_case, then, limit, warned):
    report = check(then=then, limits=[limit])

    assert said(report) == ([("warning", "/limits/0", "limits_nothing")] if warned else [])
    assert report.rule is not None


def test_a_bare_word_in_a_test_is_told_to_be_quoted():
    event_type = factories.EventTypeFactory(code="light.switched", schema={"to": {"type": "string"}})

    report = check(when=event_type.code, tests=[{"given": {"event.data.to": True}, "expect": {}}])

    (finding,) = report.errors
    assert finding.text == 'A text belongs here, and YAML reads a bare on, yes or true as true. Write "yes" in quotes.'
