"""Marks events that did not happen after all: they stay on the timeline, and nothing counts them any more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from members.domain.counters.making import recount
from members.models import Event, Retraction


def mark_retracted(events: Iterable[Event], *, cause: str, now: datetime) -> None:
    """Mark them, and count their members' events of these types anew. The caller holds the lanes, in a transaction."""
    found = list(events)
    Retraction.objects.bulk_create(
        [Retraction(event_id=event.pk, cause=cause[:128], retracted_at=now) for event in found], ignore_conflicts=True
    )
    recount(member_ids=sorted({event.member_id for event in found}), type_ids={event.type_id for event in found})
