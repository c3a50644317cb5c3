"""Jobs and operators at once: a change is announced once, carried out once, and everybody is told of it once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from incentives.domain import notice, publishing
from incentives.domain.sharing import put_shared
from incentives.models import RuleInterval, RuleNotice, RuleVersion, SharedLimit
from members.models import Event
from tests import factories
from tests.factories import award
from tests.faults.test_pump import in_threads

pytestmark = pytest.mark.postgresql

NOW = timezone.now()
DAYS = timedelta(days=14)


def live():
    return factories.rule({"then": [award(10)]}, now=NOW - timedelta(days=30))


def cut():
    document = {"code": "post", "when": "content.published", "then": [award(3)]}
    return publishing.save_draft(document=document)


def test_jobs_at_once_tell_everybody_once_and_carry_it_out_once(committed_db):
    factories.world()
    for number in range(30):
        factories.MemberFactory(ref=f"m{number}")
    live()
    publishing.publish_rule(version=cut(), now=NOW)

    assert in_threads(*[lambda: notice.tell_members(now=NOW)] * 4) == []
    assert in_threads(*[lambda: notice.carry_out(now=NOW + DAYS)] * 4) == []

    assert Event.objects.filter(type__code="rule.changing").count() == 30
    assert dict(RuleVersion.objects.values_list("number", "state")) == {1: "retired", 2: "live"}


def test_two_who_cut_a_shared_limit_at_once_leave_one_announcement(committed_db):
    factories.world()
    SharedLimit.objects.create(code="pot", document={"every": "day", "times": 9})
    factories.rule({"then": [award(10)], "limits": ["pot"]}, now=NOW - timedelta(days=30))

    def cut(times):
        words = {"every": "day", "times": times}
        return lambda: put_shared(thing=SharedLimit.objects.get(code="pot"), words=words, now=NOW)

    assert in_threads(cut(3), cut(4), cut(5), cut(3)) == []

    held = SharedLimit.objects.get(code="pot")
    assert (held.before["times"], held.until) == (9, NOW + DAYS)
    assert held.document["times"] in (3, 4, 5)
    assert RuleNotice.objects.filter(withdrawn_at__isnull=True).count() == 1


def test_one_who_retires_and_one_who_publishes_at_once_make_one_announcement(committed_db):
    factories.world()
    version, draft = live(), cut()
    refused = []

    def step(act):
        def run():
            try:
                act()
            except publishing.CannotPublish as error:
                refused.append(str(error))

        return run

    publish = step(lambda: publishing.publish_rule(version=RuleVersion.objects.get(pk=draft.pk), now=NOW))
    retire = step(lambda: publishing.retire_rule(version=RuleVersion.objects.get(pk=version.pk), now=NOW))
    assert in_threads(publish, retire, publish, retire) == []

    ends = RuleInterval.objects.get(version=version).in_force_until
    assert ends == NOW + DAYS
    assert (len(refused), RuleNotice.objects.count()) == (3, 1)
