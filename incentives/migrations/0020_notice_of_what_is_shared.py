from django.conf import settings
from django.db import migrations, models


def forget_notices_of_what_is_shared(apps, _editor):
    """Going back: what waits holds at once, and nothing can tell of it any more."""
    apps.get_model("incentives", "RuleNotice").objects.filter(of="share").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("incentives", "0019_grants_that_begin_and_uses_that_open_places"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="rulenotice",
            name="notice_is_of_something",
        ),
        migrations.AddField(
            model_name="historicallookuptable",
            name="before",
            field=models.JSONField(blank=True, editable=False, null=True, verbose_name="before the change"),
        ),
        migrations.AddField(
            model_name="historicallookuptable",
            name="until",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="changes on"),
        ),
        migrations.AddField(
            model_name="historicalsharedlimit",
            name="before",
            field=models.JSONField(blank=True, editable=False, null=True, verbose_name="before the change"),
        ),
        migrations.AddField(
            model_name="historicalsharedlimit",
            name="until",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="changes on"),
        ),
        migrations.AddField(
            model_name="lookuptable",
            name="before",
            field=models.JSONField(blank=True, editable=False, null=True, verbose_name="before the change"),
        ),
        migrations.AddField(
            model_name="lookuptable",
            name="until",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="changes on"),
        ),
        migrations.AddField(
            model_name="rulenotice",
            name="shared",
            field=models.CharField(blank=True, db_default="", default="", max_length=80, verbose_name="limit or table"),
        ),
        migrations.AddField(
            model_name="sharedlimit",
            name="before",
            field=models.JSONField(blank=True, editable=False, null=True, verbose_name="before the change"),
        ),
        migrations.AddField(
            model_name="sharedlimit",
            name="until",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="changes on"),
        ),
        migrations.AlterField(
            model_name="rulenotice",
            name="of",
            field=models.CharField(
                choices=[
                    ("next", "the next version"),
                    ("end", "its end"),
                    ("pause", "a pause"),
                    ("share", "a limit or table it shares"),
                ],
                max_length=5,
                verbose_name="of",
            ),
        ),
        migrations.AddConstraint(
            model_name="lookuptable",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("before__isnull", True), ("until__isnull", True)),
                    models.Q(("before__isnull", False), ("until__isnull", False)),
                    _connector="OR",
                ),
                name="another_table_has_its_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulenotice",
            constraint=models.CheckConstraint(
                condition=models.Q(("of__in", ["next", "end", "pause", "share"])), name="notice_is_of_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulenotice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("of", "share"), models.Q(("shared", ""), _negated=True)),
                    models.Q(models.Q(("of", "share"), _negated=True), ("shared", "")),
                    _connector="OR",
                ),
                name="what_is_shared_is_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="sharedlimit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("before__isnull", True), ("until__isnull", True)),
                    models.Q(("before__isnull", False), ("until__isnull", False)),
                    _connector="OR",
                ),
                name="another_limit_has_its_day",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_notices_of_what_is_shared),
    ]
