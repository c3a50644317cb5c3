"""Whether inviting multiplied, week by week: what the standing alarm is measured by."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class GrowthWindow(models.Model):
    """The 28 days before a Monday of the programme: who could invite, who did, and who came of it within 14 days.

    Numbers only, written once when the last answer can have come; whoever is erased later is in none of them by name.
    """

    ends_on = models.DateField(_("until"), unique=True, help_text=_("The first day after it."))
    base = models.PositiveIntegerField(_("base"))
    senders = models.PositiveIntegerField(_("senders"))
    sent = models.PositiveIntegerField(_("sent"))
    joined = models.PositiveIntegerField(_("joined"))
    measured_at = models.DateTimeField(_("measured at"))

    class Meta:
        verbose_name = _("growth window")
        verbose_name_plural = _("growth windows")
        ordering = ["-ends_on"]
        constraints = [
            models.CheckConstraint(condition=Q(senders__lte=F("sent")), name="whoever_sends_has_sent_something"),
        ]

    def __str__(self) -> str:
        return f"28 days until {self.ends_on}"

    @property
    def k(self) -> Decimal | None:
        """Joins per member of the base, with four decimals; None where nobody could invite."""
        return (Decimal(self.joined) / self.base).quantize(Decimal("0.0001")) if self.base else None
