import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0030_retractions"),
        ("activities", "0015_feedback_names_its_event"),
    ]

    operations = [
        migrations.AddField(
            model_name="activity",
            name="partner",
            field=models.ForeignKey(
                blank=True,
                help_text="Whose guest holds it; it stands on their scoreboard.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="members.partner",
                verbose_name="partner",
            ),
        ),
        migrations.AddField(
            model_name="historicalactivity",
            name="partner",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="Whose guest holds it; it stands on their scoreboard.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="members.partner",
                verbose_name="partner",
            ),
        ),
    ]
