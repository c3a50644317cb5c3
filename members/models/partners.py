"""Others who build the community with us: what was agreed, and the codes they give away."""

from __future__ import annotations

from datetime import date

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from members.models.timeline import Source


class Partner(models.Model):
    """A partner with a contract between two days, both included; `source` is whom its events come from.

    `codes_max` is how many people its codes may bring in all; `tickets_given` of `tickets_max` counts the free tickets
    that were taken by its codes.
    """

    code = models.CharField(
        _("code"), max_length=64, unique=True, validators=[RegexValidator(r"^[a-z0-9][a-z0-9_-]*$")]
    )
    name = models.CharField(_("name"), max_length=150)
    contact = models.CharField(_("contact"), max_length=300, blank=True, help_text=_("Whom to write to, and how."))
    contract_from = models.DateField(_("contract from"))
    contract_until = models.DateField(_("contract until"), null=True, blank=True, help_text=_("Included."))
    tickets_max = models.PositiveIntegerField(_("tickets agreed"), default=0)
    tickets_given = models.PositiveIntegerField(_("tickets given"), default=0)
    codes_max = models.PositiveIntegerField(
        _("people by code"), default=0, help_text=_("How many its codes may bring, all together.")
    )
    source = models.OneToOneField(
        Source, on_delete=models.PROTECT, null=True, blank=True, related_name="partner", verbose_name=_("source"),
        help_text=_("Whose events it reports; its API key has this source and no other."),
    )  # fmt: skip
    note = models.TextField(_("note"), max_length=2_000, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(contract_until__isnull=True) | Q(contract_until__gte=F("contract_from")),
                name="a_contract_runs_forward", violation_error_message=_("It ends before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(tickets_given__lte=F("tickets_max")), name="no_more_tickets_than_agreed",
                violation_error_message=_("No more tickets than were agreed."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.code

    def is_in_force(self, day: date) -> bool:
        return self.contract_from <= day and (self.contract_until is None or day <= self.contract_until)
