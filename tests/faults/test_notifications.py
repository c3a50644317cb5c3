"""Two jobs at once tell everybody once, and never a promotion too many."""

from __future__ import annotations

import pytest
from django.utils import timezone

from incentives.domain.expiring import tell_expiring
from members.domain.events.telling import tell
from members.domain.notifications import filing
from members.domain.notifications.writing import write_notifications
from members.domain.registry import registry
from members.models import Event, EventType, MessageTemplate, Notification, NotificationWork
from tests import factories
from tests.factories import award, item
from tests.faults.test_pump import in_threads


@pytest.mark.postgresql
def test_six_jobs_at_once_tell_each_event_once_and_one_promotion_a_day(committed_db):
    factories.world()
    now = timezone.now()
    kind = EventType.objects.get(code="content.published")
    for code in ("service", "promotion"):
        MessageTemplate.objects.create(
            code=code, kind=code, event_type=kind, titles={"en": "Hello"}, texts={"en": "{words}"}
        )
    registry.forget()
    registry.refresh()
    for ref in ("ada", "bo"):
        factories.MemberFactory(ref=ref)
        factories.report(*[item(f"{ref}{n}", ref) for n in range(20)], now=now)

    assert in_threads(*[lambda: write_notifications(now=now)] * 6) == []

    found = Notification.objects
    assert (found.filter(kind="service").count(), found.filter(kind="promotion").count()) == (40, 2)
    assert NotificationWork.objects.count() == 0


@pytest.mark.postgresql
def test_six_jobs_at_once_tell_an_end_once(committed_db):
    factories.world()
    now = timezone.now()
    factories.rule({"then": [award(10, expires={"kind": "after", "days": 20})]}, now=now)
    factories.MemberFactory(ref="ada")
    factories.report(item("e1", "ada"), now=now)
    factories.judge()

    assert in_threads(*[lambda: tell_expiring(now=now)] * 6) == []

    assert Event.objects.filter(type__code="points.expiring").count() == 1


def test_what_is_told_outside_of_a_transaction_is_filed_with_its_event_or_not_at_all(committed_db, monkeypatch):
    factories.world()
    ada = factories.MemberFactory(ref="ada")
    kind = EventType.objects.get(code="rules.accepted")
    MessageTemplate.objects.create(code="thanks", event_type=kind, titles={"en": "Hello"}, texts={"en": "{version}"})
    registry.forget()
    tell("rules.accepted", [(ada.pk, {"version": 1})], now=timezone.now())
    assert NotificationWork.objects.count() == Event.objects.filter(type=kind).count() == 1

    monkeypatch.setattr(filing, "insert", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tell("rules.accepted", [(ada.pk, {"version": 2})], now=timezone.now())

    assert NotificationWork.objects.count() == Event.objects.filter(type=kind).count() == 1
