"""What the community asks of its members, and what follows when it is not kept."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.enums import Consequence
from members.models.member import Member

FREEZES = ["freeze_privileges", "freeze_earning", "freeze_spending"]


class CommunityRules(models.Model):
    """A version of the rules. A published one never changes: members have accepted its very words."""

    number = models.PositiveIntegerField(_("version"), unique=True)
    advocated = models.JSONField(_("advocated"), default=dict, help_text=_("By language, such as en and zh-hans."))
    forbidden = models.JSONField(_("forbidden"), default=dict, help_text=_("By language, such as en and zh-hans."))
    tells_of_hold_outs = models.BooleanField(
        _("tells of hold-outs"), default=False,
        help_text=_("These words say that hidden surprises may be kept from a tenth, to see whether they help."),
    )  # fmt: skip
    published_at = models.DateTimeField(_("published at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("community rules")
        verbose_name_plural = _("community rules")
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"rules v{self.number}"


class RulesAcceptance(models.Model):
    """A member has accepted a version."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="rules_accepted")
    rules = models.ForeignKey(CommunityRules, on_delete=models.PROTECT, related_name="acceptances")
    accepted_at = models.DateTimeField(_("accepted at"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "rules"], name="rules_accepted_once")]

    def __str__(self) -> str:
        return f"{self.rules_id} accepted by {self.member_id}"


class ViolationKind(models.Model):
    """A kind of violation in the catalogue; where it names no consequence, the ladder does."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    names = models.JSONField(_("names"), default=dict, help_text=_("By language, such as en and zh-hans."))
    strikes = models.PositiveSmallIntegerField(_("strikes"), default=1)
    strike_days = models.PositiveSmallIntegerField(_("days a strike lives"), default=90)
    consequence = models.CharField(
        _("consequence"), max_length=17, choices=Consequence, blank=True, help_text=_("Empty for what the ladder says.")
    )
    fine = models.DecimalField(_("fine"), max_digits=18, decimal_places=4, null=True, blank=True)
    hours = models.PositiveIntegerField(_("hours frozen"), null=True, blank=True)
    is_automatic = models.BooleanField(
        _("apps find it by themselves"), default=False, help_text=_("Such as repeated advertising.")
    )

    class Meta:
        verbose_name = _("kind of violation")
        verbose_name_plural = _("kinds of violation")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(consequence="fine", fine__gt=0) | (~Q(consequence="fine") & Q(fine__isnull=True)),
                name="a_fine_kind_says_how_much",
            ),
            models.CheckConstraint(
                condition=(Q(consequence__in=FREEZES) & Q(hours__gt=0))
                | (~Q(consequence__in=FREEZES) & Q(hours__isnull=True)),
                name="a_freeze_kind_says_how_long",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ConductStep(models.Model):
    """A step of the ladder: what follows from this many live strikes on."""

    strikes = models.PositiveSmallIntegerField(_("from so many strikes"), unique=True)
    consequence = models.CharField(_("consequence"), max_length=17, choices=Consequence)
    fine = models.DecimalField(_("fine"), max_digits=18, decimal_places=4, null=True, blank=True)
    hours = models.PositiveIntegerField(_("hours frozen"), null=True, blank=True)

    class Meta:
        verbose_name = _("step of the ladder of consequences")
        verbose_name_plural = _("ladder of consequences")
        ordering = ["strikes"]
        constraints = [
            models.CheckConstraint(
                condition=Q(consequence="fine", fine__gt=0) | (~Q(consequence="fine") & Q(fine__isnull=True)),
                name="a_fine_step_says_how_much",
            ),
            models.CheckConstraint(
                condition=(Q(consequence__in=FREEZES) & Q(hours__gt=0))
                | (~Q(consequence__in=FREEZES) & Q(hours__isnull=True)),
                name="a_freeze_step_says_how_long",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consequence} from {self.strikes} strikes"
