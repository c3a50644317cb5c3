"""Codes for free tickets, which partners and channels give away."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from activities.models.activities import SEATS_MAX, Activity
from activities.models.orders import Ticket
from members.models import Partner


class TicketCode(models.Model):
    """A code that makes a ticket free, so many times, until a moment. `uses` counts under the activity's row."""

    code = models.CharField(
        _("code"), max_length=32, unique=True, validators=[RegexValidator(r"^[A-Z0-9][A-Z0-9-]*$")],
        help_text=_("Capital letters, digits and hyphens; without one we make one."), blank=True,
    )  # fmt: skip
    activity = models.ForeignKey(
        Activity, on_delete=models.PROTECT, related_name="ticket_codes", verbose_name=_("activity")
    )
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="codes", verbose_name=_("ticket"))
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("partner"),
        help_text=_("Each use counts against the tickets agreed."),
    )  # fmt: skip
    channel = models.CharField(_("channel"), max_length=40, blank=True)
    uses_max = models.PositiveIntegerField(
        _("uses at most"), default=1, validators=[MinValueValidator(1), MaxValueValidator(SEATS_MAX)]
    )
    uses = models.PositiveIntegerField(_("uses"), default=0, editable=False)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    made_at = models.DateTimeField(_("made at"), editable=False)
    made_by = models.CharField(_("made by"), max_length=80, blank=True, editable=False)

    class Meta:
        verbose_name = _("code for a free ticket")
        verbose_name_plural = _("codes for free tickets")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(uses__lte=F("uses_max")), name="a_code_is_used_no_more_than_it_says"),
        ]

    def __str__(self) -> str:
        return self.code
