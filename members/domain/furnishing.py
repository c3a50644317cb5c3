"""Puts in place what every installation has: lanes, our own source and event types, a ladder of consequences."""

from members.domain.outcomes import INTERNAL_SOURCE, OUTCOME_TYPES
from members.lanes import LANE_COUNT
from members.models import ConductStep, EventType, Lane, Source

# Until operators write their own: (from so many strikes, what follows, hours, fine).
STEPS = (
    (1, "warning", None, None), (3, "freeze_earning", 24, None), (5, "fine", None, 50),
    (8, "freeze_earning", 168, None),
    (12, "ban", None, None),
)  # fmt: skip


def furnish() -> None:
    """Add what is missing; running it again changes nothing."""
    Lane.objects.bulk_create([Lane(number=number) for number in range(LANE_COUNT)], ignore_conflicts=True)
    Source.objects.get_or_create(code=INTERNAL_SOURCE, defaults={"description": "Laurels itself", "is_internal": True})
    for code, (meaning, schema) in OUTCOME_TYPES.items():
        ours = {"meaning": meaning, "schema": schema, "is_internal": True}
        # Saving opens a new revision of everything that judges, so what is right is left alone.
        if not EventType.objects.filter(code=code, **ours).exists():
            EventType.objects.update_or_create(code=code, defaults=ours)
    if not ConductStep.objects.exists():
        ConductStep.objects.bulk_create(
            [ConductStep(strikes=n, consequence=what, hours=hours, fine=fine) for n, what, hours, fine in STEPS]
        )
