"""Events that could not be judged: tried again after the mend, or laid aside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from members.enums import DeadLetterState
from members.lanes import lane_of
from members.models import DeadLetter, Work


def replay(*, event_ids: Iterable[int], now: datetime) -> int:
    """Put waiting dead letters back to work and return how many. A letter replayed before is left as it is."""
    with transaction.atomic():
        letters = list(
            DeadLetter.objects.select_for_update()
            .filter(event_id__in=list(event_ids), state=DeadLetterState.WAITING)
            .select_related("event")
        )
        Work.objects.bulk_create(
            [Work(event_id=x.event_id, lane=lane_of(x.event.member_id), available_at=now, run=x.run) for x in letters],
            ignore_conflicts=True,
        )
        DeadLetter.objects.filter(pk__in=[x.pk for x in letters]).update(state=DeadLetterState.REPLAYED)
    return len(letters)


def dismiss(*, event_ids: Iterable[int]) -> int:
    """Lay waiting dead letters aside for good and return how many."""
    return DeadLetter.objects.filter(event_id__in=list(event_ids), state=DeadLetterState.WAITING).update(
        state=DeadLetterState.DISMISSED
    )
