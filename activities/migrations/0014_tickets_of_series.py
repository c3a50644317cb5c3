import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0013_passes"),
        ("incentives", "0019_grants_that_begin_and_uses_that_open_places"),
        ("members", "0029_keys_that_move_money"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalseries",
            name="late_refund_percent",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="Of what was paid, in money and in points. Before it everything goes back.",
                validators=[django.core.validators.MaxValueValidator(100)],
                verbose_name="refund after that, in per cent",
            ),
        ),
        migrations.AddField(
            model_name="historicalseries",
            name="money",
            field=models.CharField(
                blank=True,
                help_text="Such as EUR or CNY; what its tickets cost.",
                max_length=3,
                validators=[django.core.validators.RegexValidator("^[A-Z]{3}$")],
                verbose_name="money",
            ),
        ),
        migrations.AddField(
            model_name="series",
            name="late_refund_percent",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="Of what was paid, in money and in points. Before it everything goes back.",
                validators=[django.core.validators.MaxValueValidator(100)],
                verbose_name="refund after that, in per cent",
            ),
        ),
        migrations.AddField(
            model_name="series",
            name="money",
            field=models.CharField(
                blank=True,
                help_text="Such as EUR or CNY; what its tickets cost.",
                max_length=3,
                validators=[django.core.validators.RegexValidator("^[A-Z]{3}$")],
                verbose_name="money",
            ),
        ),
        migrations.CreateModel(
            name="HistoricalSeriesTicket",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        max_length=40,
                        validators=[django.core.validators.RegexValidator("^[a-z0-9][a-z0-9-]*$")],
                        verbose_name="code",
                    ),
                ),
                (
                    "names",
                    models.JSONField(
                        default=dict, help_text="By language, such as en and zh-hans.", verbose_name="names"
                    ),
                ),
                (
                    "texts",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="By language, such as en and zh-hans.",
                        verbose_name="in a sentence",
                    ),
                ),
                (
                    "price",
                    models.BigIntegerField(
                        default=0,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1000000000000),
                        ],
                        verbose_name="price",
                        help_text="Of one seat, in the minor unit of the activity's money.",
                    ),
                ),
                (
                    "points",
                    models.BigIntegerField(
                        default=0,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="price in points",
                        help_text="Of one seat, in the minor unit of these points.",
                    ),
                ),
                (
                    "capacity",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty for as many as the activity has.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100000),
                        ],
                        verbose_name="seats",
                    ),
                ),
                (
                    "sells_from_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Empty: from the announcement on.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(366)],
                        verbose_name="sold from days before",
                    ),
                ),
                (
                    "sells_from_time",
                    models.TimeField(
                        blank=True,
                        help_text="By the clock there; empty: when it begins on its day.",
                        null=True,
                        verbose_name="at",
                    ),
                ),
                (
                    "sells_until_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="As an early bird is. Empty: as long as registration is open.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(366)],
                        verbose_name="sold until days before",
                    ),
                ),
                (
                    "sells_until_time",
                    models.TimeField(
                        blank=True,
                        help_text="By the clock there; empty: when it begins on its day.",
                        null=True,
                        verbose_name="at",
                    ),
                ),
                (
                    "pass_only",
                    models.BooleanField(
                        default=False, help_text="Else others pay the price.", verbose_name="only with the pass"
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "currency",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incentives.currency",
                        verbose_name="points",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "privilege",
                    models.ForeignKey(
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
                (
                    "series",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="activities.series",
                        verbose_name="series",
                    ),
                ),
                (
                    "tier",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="members.tier",
                        verbose_name="from this tier on",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical ticket of a series",
                "verbose_name_plural": "historical tickets of a series",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="SeriesTicket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        max_length=40,
                        validators=[django.core.validators.RegexValidator("^[a-z0-9][a-z0-9-]*$")],
                        verbose_name="code",
                    ),
                ),
                (
                    "names",
                    models.JSONField(
                        default=dict, help_text="By language, such as en and zh-hans.", verbose_name="names"
                    ),
                ),
                (
                    "texts",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="By language, such as en and zh-hans.",
                        verbose_name="in a sentence",
                    ),
                ),
                (
                    "price",
                    models.BigIntegerField(
                        default=0,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1000000000000),
                        ],
                        verbose_name="price",
                        help_text="Of one seat, in the minor unit of the activity's money.",
                    ),
                ),
                (
                    "points",
                    models.BigIntegerField(
                        default=0,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="price in points",
                        help_text="Of one seat, in the minor unit of these points.",
                    ),
                ),
                (
                    "capacity",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty for as many as the activity has.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100000),
                        ],
                        verbose_name="seats",
                    ),
                ),
                (
                    "sells_from_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Empty: from the announcement on.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(366)],
                        verbose_name="sold from days before",
                    ),
                ),
                (
                    "sells_from_time",
                    models.TimeField(
                        blank=True,
                        help_text="By the clock there; empty: when it begins on its day.",
                        null=True,
                        verbose_name="at",
                    ),
                ),
                (
                    "sells_until_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="As an early bird is. Empty: as long as registration is open.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(366)],
                        verbose_name="sold until days before",
                    ),
                ),
                (
                    "sells_until_time",
                    models.TimeField(
                        blank=True,
                        help_text="By the clock there; empty: when it begins on its day.",
                        null=True,
                        verbose_name="at",
                    ),
                ),
                (
                    "pass_only",
                    models.BooleanField(
                        default=False, help_text="Else others pay the price.", verbose_name="only with the pass"
                    ),
                ),
                (
                    "currency",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incentives.currency",
                        verbose_name="points",
                    ),
                ),
                (
                    "privilege",
                    models.ForeignKey(
                        blank=True,
                        help_text="The privilege that pays for it: a use for each seat. Empty where none does.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incentives.privilege",
                        verbose_name="pass",
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tickets",
                        to="activities.series",
                        verbose_name="series",
                    ),
                ),
                (
                    "tier",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="members.tier",
                        verbose_name="from this tier on",
                    ),
                ),
            ],
            options={
                "verbose_name": "ticket of a series",
                "verbose_name_plural": "tickets of a series",
                "ordering": ["series", "price", "pk"],
            },
        ),
        migrations.AddField(
            model_name="ticket",
            name="series_ticket",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="copies",
                to="activities.seriesticket",
            ),
        ),
        migrations.AddConstraint(
            model_name="seriesticket",
            constraint=models.UniqueConstraint(fields=("series", "code"), name="a_ticket_of_a_series_has_its_own_code"),
        ),
        migrations.AddConstraint(
            model_name="seriesticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gte", 0), ("price__lte", 1000000000000)),
                name="a_price_of_a_series_is_not_below_nothing",
            ),
        ),
        migrations.AddConstraint(
            model_name="seriesticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("currency__isnull", True), ("points", 0)),
                    models.Q(("currency__isnull", False), ("points__gt", 0)),
                    _connector="OR",
                ),
                name="a_price_of_a_series_in_points_names_them",
                violation_error_message="Say how many points, and which.",
            ),
        ),
        migrations.AddConstraint(
            model_name="seriesticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("pass_only", False),
                    models.Q(("points", 0), ("price", 0), ("privilege__isnull", False)),
                    _connector="OR",
                ),
                name="only_with_a_pass_costs_a_series_nothing_else",
                violation_error_message="Say with which pass; what is only had with it has no price.",
            ),
        ),
        migrations.AddConstraint(
            model_name="seriesticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sells_from_time__isnull", True), ("sells_from_days__isnull", False), _connector="OR"),
                    models.Q(("sells_until_time__isnull", True), ("sells_until_days__isnull", False), _connector="OR"),
                ),
                name="a_time_of_sale_says_its_day",
                violation_error_message="Say how many days before that time is.",
            ),
        ),
    ]
