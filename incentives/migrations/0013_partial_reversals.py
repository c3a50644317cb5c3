from django.db import migrations, models


class Migration(migrations.Migration):
    """How much of a journal was to be reversed, beside how much was: a part may be, and not all may be recovered."""

    dependencies = [("incentives", "0012_privileges_by_role")]

    operations = [
        migrations.AddField(
            model_name="reversal",
            name="wanted_amount",
            field=models.BigIntegerField(db_default=0, default=0, verbose_name="to be reversed"),
        ),
    ]
