"""Tickets that each date of a series begins with."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from activities.models.series import Series
from activities.models.terms import MONEY_MAX, TicketTerms

DAYS_MAX = 366


class SeriesTicket(TicketTerms):
    """What a ticket of each date begins as; see Ticket. Prices are in the minor unit of the series' money.

    Its moments are so many local days before the date, by the clock that hangs there: at the time said, or at the one
    at which the date begins.
    """

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="tickets", verbose_name=_("series"))
    sells_from_days = models.PositiveSmallIntegerField(
        _("sold from days before"), null=True, blank=True, validators=[MaxValueValidator(DAYS_MAX)],
        help_text=_("Empty: from the announcement on."),
    )  # fmt: skip
    sells_from_time = models.TimeField(
        _("at"), null=True, blank=True, help_text=_("By the clock there; empty: when it begins on its day.")
    )
    sells_until_days = models.PositiveSmallIntegerField(
        _("sold until days before"), null=True, blank=True, validators=[MaxValueValidator(DAYS_MAX)],
        help_text=_("As an early bird is. Empty: as long as registration is open."),
    )  # fmt: skip
    sells_until_time = models.TimeField(
        _("at"), null=True, blank=True, help_text=_("By the clock there; empty: when it begins on its day.")
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("ticket of a series")
        verbose_name_plural = _("tickets of a series")
        ordering = ["series", "price", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["series", "code"], name="a_ticket_of_a_series_has_its_own_code"),
            models.CheckConstraint(
                condition=Q(price__gte=0, price__lte=MONEY_MAX), name="a_price_of_a_series_is_not_below_nothing"
            ),
            models.CheckConstraint(
                condition=Q(points=0, currency__isnull=True) | Q(points__gt=0, currency__isnull=False),
                name="a_price_of_a_series_in_points_names_them",
                violation_error_message=_("Say how many points, and which."),
            ),
            models.CheckConstraint(
                condition=Q(pass_only=False) | Q(privilege__isnull=False, price=0, points=0),
                name="only_with_a_pass_costs_a_series_nothing_else",
                violation_error_message=_("Say with which pass; what is only had with it has no price."),
            ),
            models.CheckConstraint(
                condition=(Q(sells_from_time__isnull=True) | Q(sells_from_days__isnull=False))
                & (Q(sells_until_time__isnull=True) | Q(sells_until_days__isnull=False)),
                name="a_time_of_sale_says_its_day",
                violation_error_message=_("Say how many days before that time is."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series_id}/{self.code}"
