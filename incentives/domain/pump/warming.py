"""Before the first batch of a process."""

from __future__ import annotations

import gc
import logging

from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from incentives.domain.engine import rulebook

logger = logging.getLogger(__name__)


def warm_up() -> None:
    """Compile the rules in force, and set aside everything that was loaded: no collection looks at it again.

    Django and the rules are some hundred thousand objects that stay as long as the process; to look for garbage among
    them after each batch would take a tenth of the time. Without a database the process begins cold.
    """
    try:
        book = rulebook.current()
        for kind in book.types.values():
            book.at(kind, timezone.now())
    except (OperationalError, InterfaceError):
        logger.warning("The database does not answer; the rules are compiled with the first batch", exc_info=True)
        close_old_connections()
    gc.collect()
    gc.freeze()
