"""Tells the timeline what became of a privilege, and wakes whoever judges it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from incentives.domain.pump import hints
from members.domain.events import telling
from members.domain.events.telling import Told


def tell(code: str, told: Iterable[Told], *, now: datetime, is_quiet: bool = False) -> None:
    """Record one event for each: the privilege's code, perhaps the use and what it was used on."""
    if telling.tell(code, told, now=now, is_quiet=is_quiet):
        hints.wake_on_commit()
