"""Celery: the hands and the alarm clock. Correctness never depends on a message arriving."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("laurels")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
