import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0010_invited_first"),
        ("incentives", "0018_quests_of_campaigns"),
    ]

    operations = [
        migrations.AddField(
            model_name="activity",
            name="campaign",
            field=models.ForeignKey(
                blank=True,
                help_text="Its rules hear of what happens here, and its report shows it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="incentives.campaign",
                verbose_name="campaign",
            ),
        ),
        migrations.AddField(
            model_name="activity",
            name="follows_campaign",
            field=models.BooleanField(default=False, editable=False, verbose_name="as the campaign says"),
        ),
        migrations.AddField(
            model_name="historicalactivity",
            name="campaign",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="Its rules hear of what happens here, and its report shows it.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="incentives.campaign",
                verbose_name="campaign",
            ),
        ),
        migrations.AddField(
            model_name="historicalactivity",
            name="follows_campaign",
            field=models.BooleanField(default=False, editable=False, verbose_name="as the campaign says"),
        ),
        migrations.AddConstraint(
            model_name="activity",
            constraint=models.CheckConstraint(
                condition=models.Q(("follows_campaign", False))
                | models.Q(("campaign__isnull", False), ("series__isnull", True)),
                name="what_a_campaign_drafted_is_its_own",
            ),
        ),
    ]
