"""Celery: the hands and the alarm clock. Correctness never depends on a message arriving."""

import os

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("laurels")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.task_prerun.connect
@signals.task_postrun.connect
def let_go_of_broken_connections(**_: object) -> None:
    """After the database was restarted a thread would meet its dead connection for as long as Celery keeps it."""
    from django.db import close_old_connections  # noqa: PLC0415  Django is set up after this module is read.

    close_old_connections()
