from __future__ import annotations

from typing import Any

from django.db import migrations, models


def keep_them(apps: Any, _editor: object) -> None:
    """What decides about tiers was never meant to be handed on."""
    currencies = apps.get_model("incentives", "Currency")
    currencies.objects.filter(kind="qualifying", is_transferable=True).update(is_transferable=False)


class Migration(migrations.Migration):
    dependencies = [("incentives", "0005_privileges")]

    operations = [
        migrations.RunPython(keep_them, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="currency",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_transferable", True), ("kind", "qualifying"), _negated=True),
                name="qualifying_points_stay_with_who_earned_them",
                violation_error_message="Qualifying points are earned; they cannot be transferred.",
            ),
        ),
    ]
