"""A trace tells what was decided then, whatever is in force for that moment today."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from incentives.domain.traces import trace_of
from members.models import Event
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
SINCE = datetime(2020, 1, 1, tzinfo=UTC)


def judged() -> Event:
    factories.world()
    factories.MemberFactory(ref="ada")
    factories.rule({"then": [award(5), award(7, "growth")]}, since=SINCE)
    factories.report(item("e", "ada", time="2026-03-01T12:00:00Z"))
    factories.judge()
    return Event.objects.get(key__external_id="e")


@pytest.mark.parametrize(
    "later", [[award(1)], [award(5, "growth"), award(7)], [award(5)] * 3], ids=["fewer", "other_currencies", "more"]
)
def test_a_version_that_was_backdated_since_changes_nothing_about_it(later):
    event = judged()
    factories.rule({"then": later}, since=SINCE)

    trace = trace_of(event.pk)

    assert {what: str(amount) for what, amount in trace.moved.items()} == {"points": "5", "growth": "7"}
    assert [(rule.code, rule.version, rule.matched) for rule in trace.rules] == [("post", 1, True)]


def test_a_rule_that_was_published_since_did_not_fail_to_match():
    event = judged()
    factories.rule({"code": "newer", "if": "event.data.words > 9000", "then": [award(1)]}, since=SINCE)

    assert [rule.code for rule in trace_of(event.pk).rules] == ["post"]
