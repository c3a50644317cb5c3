"""A rule that would feed itself is refused before it can run for ever."""

from __future__ import annotations

import pytest

from incentives.domain import publishing
from tests import factories
from tests.factories import award

pytestmark = pytest.mark.django_db
BADGE = {"do": "badge", "badge": "often"}


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.badge("often", is_repeatable=True)


def check(**document):
    report = publishing.check_document({"code": "last", **document})
    return [(finding.code, finding.pointer, finding.text) for finding in report.errors]


def test_a_rule_that_listens_to_what_it_does_is_refused():
    assert check(when="points.awarded", then=[award(1)]) == [
        ("circle", "/when", "This rule would feed itself for ever: points.awarded → points.awarded.")
    ]


def test_a_circle_over_several_rules_is_seen_by_the_one_that_closes_it():
    factories.rule({"code": "first", "when": "points.awarded", "then": [BADGE]})
    factories.rule(
        {"code": "second", "when": "badge.granted", "then": [{"do": "deduct", "currency": "points", "amount": 1}]}
    )

    found = check(when="points.deducted", then=[award(1)])

    assert [text for _, _, text in found] == [
        "This rule would feed itself for ever: points.deducted → points.awarded → badge.granted → points.deducted."
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"when": "points.awarded", "then": [BADGE]},
        {"when": "points.awarded", "then": [award(1)], "limits": [{"per": "member", "every": "day", "times": 1}]},
        {"when": "content.published", "then": [award(1)]},
        {"when": "tier.changed", "then": [award(1)]},
    ],
    ids=["no_way_back", "a_limit_ends_it", "reported_from_outside", "tiers_end"],
)
def test_what_ends_by_itself_may_be_published(document):
    assert check(**document) == []


def test_a_rule_that_is_retired_closes_no_circle():
    from django.utils import timezone

    first = factories.rule({"code": "first", "when": "points.awarded", "then": [BADGE]})
    assert check(when="badge.granted", then=[award(1)]) != []

    publishing.retire_rule(version=first, now=timezone.now())

    assert check(when="badge.granted", then=[award(1)]) == []
