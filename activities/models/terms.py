"""What a ticket costs and whom it is for, whether it is of one activity or of every date of a series."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from activities.models.activities import BY_LANGUAGE, SEATS_MAX
from incentives.models import Currency, Privilege
from members.models import Tier

MONEY_MAX = 10**12


class TicketTerms(models.Model):
    """A price is of one seat, in the minor unit of the money or the points; see Ticket for passes."""

    code = models.CharField(_("code"), max_length=40, validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$")])
    names = models.JSONField(_("names"), default=dict, help_text=BY_LANGUAGE)
    texts = models.JSONField(_("in a sentence"), default=dict, blank=True, help_text=BY_LANGUAGE)
    price = models.BigIntegerField(
        _("price"), default=0, validators=[MinValueValidator(0), MaxValueValidator(MONEY_MAX)],
        help_text=_("Of one seat, in the minor unit of the activity's money."),
    )  # fmt: skip
    currency = models.ForeignKey(
        Currency, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("points")
    )
    points = models.BigIntegerField(
        _("price in points"), default=0, validators=[MinValueValidator(0)],
        help_text=_("Of one seat, in the minor unit of these points."),
    )  # fmt: skip
    capacity = models.PositiveIntegerField(
        _("seats"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(SEATS_MAX)],
        help_text=_("Empty for as many as the activity has."),
    )  # fmt: skip
    tier = models.ForeignKey(
        Tier, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("from this tier on")
    )
    privilege = models.ForeignKey(
        Privilege, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("pass"),
        help_text=_("The privilege that pays for it: a use for each seat. Empty where none does."),
    )  # fmt: skip
    pass_only = models.BooleanField(_("only with the pass"), default=False, help_text=_("Else others pay the price."))

    class Meta:
        abstract = True
