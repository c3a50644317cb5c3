import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0012_pages_to_close"),
        ("incentives", "0019_grants_that_begin_and_uses_that_open_places"),
        ("members", "0029_keys_that_move_money"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalticket",
            name="pass_only",
            field=models.BooleanField(
                default=False, help_text="Else others pay the price.", verbose_name="only with the pass"
            ),
        ),
        migrations.AddField(
            model_name="historicalticket",
            name="privilege",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="The privilege that pays for it: a use for each seat. Empty where none does.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="incentives.privilege",
                verbose_name="pass",
            ),
        ),
        migrations.AddField(
            model_name="registration",
            name="pass_uses",
            field=models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="uses of the pass"),
        ),
        migrations.AddField(
            model_name="registration",
            name="with_pass",
            field=models.BooleanField(editable=False, null=True, verbose_name="with the pass"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="pass_only",
            field=models.BooleanField(
                default=False, help_text="Else others pay the price.", verbose_name="only with the pass"
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="privilege",
            field=models.ForeignKey(
                blank=True,
                help_text="The privilege that pays for it: a use for each seat. Empty where none does.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="incentives.privilege",
                verbose_name="pass",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("privilege__isnull", True), ("group_size__isnull", True), _connector="OR"),
                name="a_pass_is_used_alone",
                violation_error_message="A group pays in money, not with a pass.",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("pass_only", False),
                    models.Q(("points", 0), ("price", 0), ("privilege__isnull", False)),
                    _connector="OR",
                ),
                name="only_with_a_pass_costs_nothing_else",
                violation_error_message="Say with which pass; what is only had with it has no price.",
            ),
        ),
    ]
