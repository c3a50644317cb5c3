"""Rejections are kept as long as the setting says, and no longer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings

from config.celery import app
from members.domain import rejections
from members.models import Rejection
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


def reject(*ages: timedelta) -> None:
    Rejection.objects.bulk_create(
        Rejection(external_id=str(age), code="invalid", received_at=NOON - age) for age in ages
    )


def test_what_is_older_than_the_days_of_the_setting_is_forgotten_once():
    kept = timedelta(days=settings.REJECTION_DAYS)
    reject(kept + timedelta(seconds=1), kept, timedelta(0))

    assert [rejections.forget_rejections(now=NOON) for _ in range(2)] == [1, 0]
    assert set(Rejection.objects.values_list("external_id", flat=True)) == {str(kept), str(timedelta(0))}


def test_old_ones_go_in_bounded_batches_the_oldest_first(monkeypatch):
    monkeypatch.setattr(rejections, "BATCH_SIZE_MAX", 2)
    monkeypatch.setattr(rejections, "BATCHES_MAX", 2)
    reject(*(timedelta(days=100 + number) for number in range(5)))

    assert rejections.forget_rejections(now=NOON) == 4
    assert Rejection.objects.get().external_id == str(timedelta(days=100))
    assert rejections.forget_rejections(now=NOON) == 1


def test_the_scheduler_knows_the_task():
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert "members.forget_rejections" in scheduled
    assert scheduled <= set(app.tasks)
