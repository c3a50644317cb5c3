"""How much members intend to take part: which events are evidence of it, and the layer that the evidence comes to."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from members.enums import IntentionLayer
from members.models.member import Member
from members.models.timeline import EventType


class IntentionEvidence(models.Model):
    """A type of event that is evidence of intention, perhaps only where a text field of its data has a value.

    Of an inviter it is what happens to whom they brought, such as `referral.retained`. Where it `is_decisive`, strong
    intention takes one of its kind, as a payment or an idea is.
    """

    code = models.CharField(_("code"), max_length=40, unique=True, validators=[RegexValidator(r"^[a-z][a-z0-9_]*$")])
    names = models.JSONField(_("names"), default=dict, blank=True, help_text=_("By language, such as en and zh-hans."))
    event_type = models.ForeignKey(EventType, on_delete=models.PROTECT, related_name="+", verbose_name=_("event type"))
    field = models.CharField(
        _("where the field"), max_length=64, blank=True, help_text=_("Only where this text field of the data …")
    )
    value = models.CharField(_("has the value"), max_length=64, blank=True)
    is_of_inviter = models.BooleanField(
        _("counts for the inviter"),
        default=False,
        help_text=_("It happens to a newcomer and speaks for who brought them."),
    )
    is_decisive = models.BooleanField(
        _("decisive"), default=False, help_text=_("Strong intention takes something decisive, such as a payment.")
    )
    points = models.PositiveSmallIntegerField(_("weight"), validators=[MinValueValidator(1), MaxValueValidator(1_000)])
    most = models.PositiveSmallIntegerField(
        _("weight at most"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("All of this kind together; empty for no bound."),
    )  # fmt: skip

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("evidence of intention")
        verbose_name_plural = _("evidence of intention")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(points__gte=1), name="evidence_has_a_weight"),
            models.CheckConstraint(
                condition=Q(field="", value="") | (~Q(field="") & ~Q(value="")),
                name="a_field_is_compared_with_a_value",
                violation_error_message=_("Name both the field and its value, or neither."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.code


class Intention(models.Model):
    """A member's layer of intention; `reasons` are up to three of [code, weight], the weightiest first.

    It stays with us: the team sees it and the member's data download holds it, and it leaves for no partner.
    """

    member = models.OneToOneField(
        Member, on_delete=models.PROTECT, primary_key=True, related_name="intention", verbose_name=_("member")
    )
    layer = models.CharField(_("layer"), max_length=9, choices=IntentionLayer)
    score = models.DecimalField(_("score"), max_digits=8, decimal_places=2)
    reasons = models.JSONField(_("reasons"), default=list)
    since = models.DateTimeField(_("since"))
    evaluated_at = models.DateTimeField(_("evaluated at"))

    class Meta:
        verbose_name = _("intention")
        verbose_name_plural = _("intentions")
        constraints = [
            models.CheckConstraint(condition=Q(layer__in=IntentionLayer.values), name="intention_layer_is_known"),
        ]
        indexes = [models.Index(fields=["layer", "-score"], name="intentions_by_layer")]

    def __str__(self) -> str:
        return f"{self.layer} of {self.member_id}"
