from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incentives", "0018_quests_of_campaigns"),
        ("members", "0029_keys_that_move_money"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="privilegegrant",
            name="starts_at",
            field=models.DateTimeField(
                blank=True, help_text="Empty: from the grant on.", null=True, verbose_name="from"
            ),
        ),
        migrations.AddField(
            model_name="privilegeuse",
            name="held_for",
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddIndex(
            model_name="privilegeuse",
            index=models.Index(
                condition=models.Q(("held_for", ""), _negated=True), fields=["held_for"], name="uses_by_what_they_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="privilegegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_at__isnull", True),
                    ("until__isnull", True),
                    ("until__gt", models.F("starts_at")),
                    _connector="OR",
                ),
                name="a_grant_runs_forward",
                violation_error_message="It ends before it begins.",
            ),
        ),
    ]
