"""What a member is told of the ways to earn: open, with how far they have come, or behind them."""

from __future__ import annotations

import pytest
from django.utils import timezone

from incentives.domain.earnings import ways_to_earn
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("window", "state"), [("ever", "done"), ("month", "open")])
def test_a_goal_that_is_reached_is_behind_unless_it_comes_again(window, state):
    factories.world()
    ada = factories.MemberFactory(ref="ada")
    factories.counter(code="posts", kind="count", window=window)
    factories.rule({"code": "two", "if": "crossed(counters.posts, 2)", "then": [award(10)]})

    def told():
        (way,) = ways_to_earn(ada, now=timezone.now(), language="en")
        return way.state, way.goal.reached, way.goal.wanted

    factories.report(item("e1", "ada"))
    factories.judge()
    before = told()
    factories.report(item("e2", "ada"), item("e3", "ada"))
    factories.judge()

    assert (before, told()) == (("open", 1, 2), (state, 2, 2))
