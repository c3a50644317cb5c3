import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0029_keys_that_move_money"),
    ]

    operations = [
        migrations.CreateModel(
            name="Retraction",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="retraction",
                        serialize=False,
                        to="members.event",
                    ),
                ),
                ("cause", models.CharField(max_length=128, verbose_name="cause")),
                ("retracted_at", models.DateTimeField(verbose_name="retracted at")),
            ],
            options={
                "verbose_name": "retraction",
                "verbose_name_plural": "retractions",
            },
        ),
    ]
