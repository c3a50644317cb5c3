import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activities", "0011_activities_of_campaigns")]

    operations = [
        migrations.CreateModel(
            name="PageToClose",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ref", models.CharField(max_length=200, verbose_name="known there as")),
                ("due_at", models.DateTimeField(null=True, verbose_name="next try at")),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="what went wrong")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed at")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pages_to_close",
                        to="activities.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "page to close",
                "verbose_name_plural": "pages to close",
                "indexes": [
                    models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="pages_due")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("order", "ref"), name="a_page_is_closed_once"),
                    models.CheckConstraint(
                        condition=models.Q(("closed_at__isnull", True), ("due_at__isnull", True), _connector="OR"),
                        name="what_is_closed_is_not_due",
                    ),
                ],
            },
        ),
    ]
