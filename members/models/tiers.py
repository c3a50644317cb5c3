"""Where members stand: ladders, their tiers, and who holds which since when."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from members.models.member import Member


class Ladder(models.Model):
    """A ranked list of tiers for one purpose, measured by one metric.

    `metric` names a value per member that an app above registered, such as `balance:growth`.
    """

    code = models.SlugField(_("code"), max_length=64, unique=True)
    names = models.JSONField(_("names"), default=dict, help_text=_("By language, such as en and zh-hans."))
    metric = models.CharField(_("metric"), max_length=80)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("ladder")
        verbose_name_plural = _("ladders")

    def __str__(self) -> str:
        return self.code


class Tier(models.Model):
    """A rank of a ladder, held by whoever's metric has reached its threshold."""

    ladder = models.ForeignKey(Ladder, on_delete=models.CASCADE, related_name="tiers")
    code = models.SlugField(_("code"), max_length=64)
    names = models.JSONField(_("names"), default=dict)
    invitations_max = models.PositiveIntegerField(
        _("invitations in thirty days"), null=True, blank=True, help_text=_("Empty for the programme's own number.")
    )
    threshold = models.BigIntegerField(_("threshold"), help_text=_("In minor units of the metric's currency."))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ["ladder", "threshold"]
        constraints = [
            models.UniqueConstraint(fields=["ladder", "code"], name="tier_code_once_per_ladder"),
            models.UniqueConstraint(fields=["ladder", "threshold"], name="tier_threshold_once_per_ladder"),
        ]

    def __str__(self) -> str:
        return f"{self.ladder.code}/{self.code}"


class Standing(models.Model):
    """The tier a member holds on a ladder; no row before the first tier is reached."""

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(
        Member, related_name="standings", db_index=False, db_constraint=False, on_delete=models.DO_NOTHING
    )
    ladder = models.ForeignKey(Ladder, on_delete=models.PROTECT, related_name="+")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        constraints = [models.UniqueConstraint(fields=["member", "ladder"], name="one_standing_per_ladder")]

    def __str__(self) -> str:
        return f"standing of member {self.member_id}"


class StandingChange(models.Model):
    """A rise or a fall, and the event that brought it."""

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(
        Member, related_name="standing_changes", db_index=False, db_constraint=False, on_delete=models.DO_NOTHING
    )
    ladder = models.ForeignKey(Ladder, on_delete=models.PROTECT, related_name="+")
    from_tier = models.ForeignKey(Tier, on_delete=models.PROTECT, null=True, related_name="+")
    to_tier = models.ForeignKey(Tier, on_delete=models.PROTECT, null=True, related_name="+")
    cause_id = models.BigIntegerField(_("cause"), null=True)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("standing change")
        verbose_name_plural = _("standing changes")
        indexes = [models.Index(fields=["member", "-changed_at"], name="standing_history")]

    def __str__(self) -> str:
        return f"standing change {self.pk}"
