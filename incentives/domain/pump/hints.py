"""Tells the workers that there is work. A hint may be lost, doubled or late; the scheduler's tick is the net."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from django.db import transaction

logger = logging.getLogger(__name__)

# One message wakes a worker that drains everything, so a flood of requests needs no flood of messages.
SECONDS_BETWEEN = 0.05


class _Bell:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rung_at = 0.0
        self._timer: threading.Timer | None = None

    def ring(self) -> None:
        with self._lock:
            if self._timer is not None:
                return
            wait = self._rung_at + SECONDS_BETWEEN - time.monotonic()
            if wait > 0:
                self._timer = threading.Timer(wait, self._ring_late)
                self._timer.daemon = True
                self._timer.start()
                return
            self._rung_at = time.monotonic()
        _send()

    def _ring_late(self) -> None:
        with self._lock:
            self._timer = None
            self._rung_at = time.monotonic()
        _send()


def _send() -> None:
    from incentives.tasks import pump  # noqa: PLC0415  Tasks import the domain.

    send(pump)


_bell = _Bell()


def wake_on_commit() -> None:
    """Wake a worker once the current transaction has committed."""
    transaction.on_commit(_bell.ring)


def send(task: Any) -> None:
    """Have a worker run a task soon; a broker that is away is a warning, no failure."""
    try:
        task.apply_async(retry=False)
    except Exception:
        logger.warning("No hint could be sent; the next tick will find the work task=%s", task.name, exc_info=True)


def send_on_commit(task: Any) -> None:
    """Do so once the current transaction has committed."""
    transaction.on_commit(lambda: send(task))
