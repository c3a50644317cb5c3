from django.db import migrations, models

WHOLE = "UPDATE incentives_reversal SET wanted_amount = amount WHERE reversed_amount > 0"


class Migration(migrations.Migration):
    """Every reversal until now was meant whole."""

    dependencies = [("incentives", "0013_partial_reversals")]

    operations = [
        migrations.RunSQL(WHOLE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="reversal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("wanted_amount__lte", models.F("amount")), ("reversed_amount__lte", models.F("wanted_amount"))
                ),
                name="no_more_is_reversed_than_was_wanted",
            ),
        ),
    ]
