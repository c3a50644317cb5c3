"""The alarm clock, which outlives its database."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import DatabaseError, InterfaceError
from django_celery_beat.schedulers import DatabaseScheduler

logger = logging.getLogger(__name__)


class PatientScheduler(DatabaseScheduler):  # type: ignore[misc]
    """Goes on with the schedule it knows while the database is away, and reads it anew once that is back.

    The parent bears with a database that is away when it looks for changes, but not when it reads them.
    """

    @property
    def schedule(self) -> Any:
        try:
            return super().schedule
        except (DatabaseError, InterfaceError):
            if self._schedule is None:
                raise
            logger.warning("The schedule could not be read; it stays as it was", exc_info=True)
            # Long ago: the next look reads everything.
            self._last_full_sync = datetime.min  # noqa: DTZ901  The parent counts without zones.
            return self._schedule
