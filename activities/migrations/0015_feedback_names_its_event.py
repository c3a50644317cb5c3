from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0014_tickets_of_series"),
    ]

    operations = [
        migrations.AddField(
            model_name="feedback",
            name="event_id",
            field=models.BigIntegerField(editable=False, null=True),
        ),
    ]
