"""Puts in place what every installation has: the lanes, our own source and our own event types."""

from members.domain.outcomes import INTERNAL_SOURCE, OUTCOME_MARKS, OUTCOME_TYPES
from members.lanes import LANE_COUNT
from members.models import EventType, Lane, Source


def furnish() -> None:
    """Add what is missing; running it again changes nothing."""
    Lane.objects.bulk_create([Lane(number=number) for number in range(LANE_COUNT)], ignore_conflicts=True)
    Source.objects.get_or_create(code=INTERNAL_SOURCE, defaults={"description": "Laurels itself", "is_internal": True})
    for code, (meaning, schema) in OUTCOME_TYPES.items():
        ours = {"meaning": meaning, "schema": schema, "is_internal": True, **OUTCOME_MARKS.get(code, {})}
        # Saving opens a new revision of everything that judges, so what is right is left alone.
        if not EventType.objects.filter(code=code, **ours).exists():
            EventType.objects.update_or_create(code=code, defaults=ours)
