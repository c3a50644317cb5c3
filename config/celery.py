"""Celery: the hands and the alarm clock. Correctness never depends on a message arriving."""

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("laurels")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_ready.connect
@signals.worker_process_init.connect
def warm_up(**_: object) -> None:
    """Let no event wait for the rules to be compiled: in the worker itself, or in each of its children."""
    from incentives.domain.pump import warming  # noqa: PLC0415  Settings are not there before the app is.

    warming.warm_up()


@signals.task_prerun.connect
@signals.task_postrun.connect
def renew_connections(sender: Any, **_: object) -> None:
    """Begin a task as Django begins a request: a connection that broke or is too old is opened anew.

    Celery itself only closes connections now and then (CELERY_DB_REUSE_MAX); one that the database had dropped would
    fail task after task until then.
    """
    from django.db import close_old_connections  # noqa: PLC0415  Settings are not there before the app is.

    if not sender.request.is_eager:
        close_old_connections()
