"""A ladder of consequences to begin with; operators write their own over it."""

from __future__ import annotations

from typing import Any

from django.db import migrations

# From so many live strikes on: what follows, for how many hours, or for how many points.
STEPS = (
    (1, "warning", None, None),
    (3, "freeze_earning", 24, None),
    (5, "fine", None, 50),
    (8, "freeze_earning", 168, None),
    (12, "ban", None, None),
)


def write_ladder(apps: Any, _editor: Any) -> None:
    step = apps.get_model("members", "ConductStep")
    step.objects.bulk_create(
        [step(strikes=strikes, consequence=what, hours=hours, fine=fine) for strikes, what, hours, fine in STEPS],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("members", "0014_conduct")]

    operations = [migrations.RunPython(write_ladder, migrations.RunPython.noop)]
