"""A budget rings once in its period, with what was paid, however many batches pass."""

from __future__ import annotations

import logging

import pytest

from incentives.domain.engine import alarms
from incentives.models import BudgetAlarm, Currency, SharedLimit
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.MemberFactory(ref="ada")
    factories.MemberFactory(ref="bo")


def budget(**more: object) -> dict[str, object]:
    return {
        "code": "budget",
        "per": "rule",
        "every": "month",
        "amount": 100,
        "currency": "points",
        "alarm": "80%",
        **more,
    }


def use(count: int, *, day: str = "2026-10-05", name: str = "e") -> None:
    moment = f"{day}T12:00:00Z"
    factories.report(*(item(f"{name}-{day}-{n}", ("ada", "bo")[n % 2], time=moment) for n in range(count)))
    while factories.judge().events:
        pass


def rung() -> list[tuple[str, int, int]]:
    return list(BudgetAlarm.objects.order_by("pk").values_list("limit", "used", "of"))


def test_a_budget_rings_when_its_share_is_reached_and_not_before():
    factories.rule({"then": [award(10)], "limits": [budget()]})

    use(7)
    before = rung()
    use(1, name="f")

    assert (before, rung()) == ([], [("post:budget", 80, 100)])


def test_a_budget_rings_once_a_period_and_again_in_the_next():
    factories.rule({"then": [award(10)], "limits": [budget()]})

    for name in ("e", "f", "g"):
        use(9, name=name)
    use(9, day="2026-11-02")

    assert [used for _, used, _ in rung()] == [90, 90]
    assert BudgetAlarm.objects.values("period").distinct().count() == 2


def test_a_budget_of_turns_rings_without_a_currency():
    factories.rule({"then": [award(10)], "limits": [{"per": "rule", "every": "ever", "times": 3, "alarm": "50%"}]})

    use(2)

    alarm = BudgetAlarm.objects.get()
    assert (alarm.limit, alarm.period, alarm.currency, alarm.used, alarm.of) == ("post:0", 0, None, 2, 3)


def test_a_budget_that_several_rules_share_rings_for_all_of_them():
    SharedLimit.objects.create(code="pot", document={**budget(per="programme"), "code": ""})
    factories.rule({"then": [award(10)], "limits": ["pot"]})
    factories.rule({"code": "more", "then": [award(30)], "limits": ["pot"]})

    use(2)

    alarm = BudgetAlarm.objects.get()
    assert (alarm.limit, alarm.currency, alarm.used) == ("pot", Currency.objects.get(code="points"), 80)


def test_a_limit_of_members_never_rings_even_if_it_was_published_with_an_alarm():
    version = factories.rule({"then": [award(10)], "limits": [budget(per="member", alarm=None)]})
    version.document["limits"][0]["alarm"] = "80%"
    type(version).objects.filter(pk=version.pk).update(document=version.document)

    use(10)

    assert rung() == []


def test_an_alarm_is_told_to_the_log_once_it_is_committed(django_capture_on_commit_callbacks, caplog):
    factories.rule({"then": [award(10)], "limits": [budget()]})

    with caplog.at_level(logging.WARNING, alarms.logger.name), django_capture_on_commit_callbacks(execute=True):
        use(9)
        assert caplog.records == []

    period = BudgetAlarm.objects.get().period
    assert [record.getMessage() for record in caplog.records if record.name == alarms.logger.name] == [
        f"Budget post:budget has reached its alarm period={period} used=90 of=100"
    ]


def test_a_batch_that_fails_rings_nothing(monkeypatch):
    factories.rule({"then": [award(10)], "limits": [budget()]})
    monkeypatch.setattr("incentives.domain.engine.batches.delete_work", lambda _: 1 // 0)

    use(9)

    assert rung() == []


def test_the_admin_shows_what_rang(admin_client):
    factories.rule({"then": [award(10)], "limits": [budget()]})
    use(8)

    page = admin_client.get("/admin/incentives/budgetalarm/").content.decode()

    assert "post:budget" in page
    assert "Oct. 1, 2026" in page
    assert "80 of 100 points" in page
