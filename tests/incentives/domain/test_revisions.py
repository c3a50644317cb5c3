"""Whatever judging reads may change while the service runs; the next event is judged by it."""

from __future__ import annotations

import pytest

from incentives.models import Account, Judgement
from members.domain.event_types import put_event_type
from members.models import Tier
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _running():
    """A worker that has compiled its rules and judged an event."""
    factories.world()
    factories.MemberFactory(ref="ada")
    factories.rule({"then": [award(5), award(5, "growth")]})
    factories.report(item("first", "ada"))
    factories.judge()


def test_a_type_that_was_registered_a_moment_ago_is_judged():
    put_event_type(code="brand.new", schema={})

    factories.report(item("second", "ada", type="brand.new"))
    drained = factories.judge()

    assert (drained.events, drained.failures) == (1, 0)
    assert Judgement.objects.count() == 2


def test_a_tier_that_was_added_a_moment_ago_is_reached():
    ladder = factories.ladder(bronze=0)
    Tier.objects.create(ladder=ladder, code="silver", threshold=10)

    factories.report(item("second", "ada"))
    factories.judge()

    assert ladder.tiers.model.objects.get(code="silver").pk == _standing()


def test_a_currency_that_changes_its_floor_is_asked_for_the_new_one():
    points = factories.CurrencyFactory()
    points.deduct_floor = 4
    points.save()
    factories.rule({"then": [{"do": "deduct", "currency": "points", "amount": 100}]})

    factories.report(item("second", "ada"))
    factories.judge()

    assert Account.objects.get(currency_id=points.pk).balance == 4


def _standing() -> int:
    from members.models import Standing

    return Standing.objects.get().tier_id
