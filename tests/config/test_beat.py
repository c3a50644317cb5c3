"""The scheduler bears with a database that is away."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django_celery_beat.models import PeriodicTask, PeriodicTasks

from config.beat import PatientScheduler
from config.celery import app

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_connection(monkeypatch):
    """The test's transaction needs its connection to stay."""
    monkeypatch.setattr("django_celery_beat.schedulers.close_old_connections", lambda: None)


def test_the_schedule_stays_while_it_cannot_be_read_and_is_read_again_after(monkeypatch):
    scheduler = PatientScheduler(app=app, lazy=True)
    scheduler.setup_schedule()
    known = set(scheduler.schedule)
    read = scheduler.all_as_schedule
    PeriodicTask.objects.filter(name="expire-points").update(enabled=False)
    PeriodicTasks.update_changed()

    def gone():
        raise OperationalError("the database system is shutting down")

    monkeypatch.setattr(scheduler, "all_as_schedule", gone)
    scheduler._last_timestamp = None
    scheduler._last_full_sync = scheduler._last_full_sync.replace(year=2000)
    assert set(scheduler.schedule) == known

    monkeypatch.setattr(scheduler, "all_as_schedule", read)
    assert known - set(scheduler.schedule) == {"expire-points"}


def test_without_any_schedule_it_ends_and_says_so(monkeypatch):
    scheduler = PatientScheduler(app=app, lazy=True)

    def gone():
        raise OperationalError("connection refused")

    monkeypatch.setattr(scheduler, "all_as_schedule", gone)
    with pytest.raises(OperationalError):
        _ = scheduler.schedule
