"""What an installation wants to know of its members beyond what Laurels itself needs."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from members.enums import AttributeKind, ShownTo


class AttributeDefinition(models.Model):
    """A typed attribute of members. Its code and kind never change; its bounds and choices may only widen.

    Rules may read `member.attributes.<code>` where `is_for_rules`. What they read stands in judgements for ever, so
    what identifies a person is kept from them.
    """

    code = models.CharField(_("code"), max_length=40, unique=True, validators=[RegexValidator(r"^[a-z][a-z0-9_]*\Z")])
    names = models.JSONField(_("names"), default=dict, help_text=_("By language, such as en and zh-hans."))
    kind = models.CharField(_("kind"), max_length=8, choices=AttributeKind)
    choices = models.JSONField(_("choices"), default=list, blank=True, help_text=_("A list of codes, for a choice."))
    minimum = models.DecimalField(_("at least"), max_digits=24, decimal_places=6, null=True, blank=True)
    maximum = models.DecimalField(_("at most"), max_digits=24, decimal_places=6, null=True, blank=True)
    is_required = models.BooleanField(
        _("required"), default=False, help_text=_("Nobody is made without it by the API, an import or in the admin.")
    )
    is_personal = models.BooleanField(_("identifies the person"), default=False)
    is_for_rules = models.BooleanField(_("rules may read it"), default=False)
    shown_to = models.CharField(_("shown to"), max_length=6, choices=ShownTo, default=ShownTo.TEAM)

    class Meta:
        verbose_name = _("member attribute")
        verbose_name_plural = _("member attributes")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AttributeKind.values), name="attribute_kind_is_known"),
            models.CheckConstraint(
                condition=Q(is_for_rules=False) | Q(is_personal=False), name="rules_read_nothing_that_identifies"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["int", "decimal"]) | Q(minimum__isnull=False, maximum__gte=F("minimum")),
                name="a_number_has_bounds",
            ),
            models.CheckConstraint(condition=~Q(kind="choice") | ~Q(choices=[]), name="a_choice_has_choices"),
        ]

    def __str__(self) -> str:
        return self.code
