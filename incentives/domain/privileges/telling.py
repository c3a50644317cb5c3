"""Tells the timeline what became of a privilege, in the transaction that did it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from incentives.domain.pump import hints
from members.domain.events.writers import write_outcomes
from members.domain.outcomes import INTERNAL_SOURCE
from members.domain.registry import registry
from members.lanes import lane_of

# Whose it is, and what is said: the privilege's code, perhaps the use and what it was used on.
Told = tuple[int, dict[str, str]]


def tell(code: str, told: Iterable[Told], *, now: datetime) -> None:
    """Record one event for each; rules may listen, so each is work as well."""
    registry.refresh()
    kind, source = registry.types[code].id, registry.sources[INTERNAL_SOURCE].id
    rows = [
        (member_id, kind, source, None, now, now, msgspec.json.encode(data).decode(), lane_of(member_id))
        for member_id, data in told
    ]
    write_outcomes(rows)
    if rows:
        hints.wake_on_commit()
