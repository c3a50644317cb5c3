"""What is said about the tickets of a series in the API: amounts in major units, moments as days before each date."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from activities.api.bodies import Words
from activities.api.clock import ClockTime
from activities.api.due import money_text, points_text
from activities.api.tickets import find_privilege, money_minor, points_minor
from activities.models import SEATS_MAX, SeriesTicket
from activities.models.series_tickets import DAYS_MAX
from incentives.api.needs import find_tier
from incentives.api.points import find_currency
from members.api.bodies import StrictBody
from members.api.problems import Problem

HOW_MANY_DAYS = "So many local days before each date."
BY_THE_CLOCK = "By the clock there; null is the time at which the date begins."


class SeriesTicketBody(serializers.ModelSerializer[SeriesTicket]):
    """A ticket that each date begins with, priced by the seat in the series' `money`."""

    price = serializers.SerializerMethodField()
    points = serializers.SerializerMethodField()
    currency = serializers.CharField(source="currency.code", allow_null=True, default=None)
    sells_from_time = ClockTime(allow_null=True)
    sells_until_time = ClockTime(allow_null=True)
    tier = serializers.SerializerMethodField()
    privilege = serializers.CharField(source="privilege.code", allow_null=True, default=None)

    class Meta:
        model = SeriesTicket
        fields = [
            "code", "names", "texts", "price", "points", "currency", "capacity", "sells_from_days", "sells_from_time",
            "sells_until_days", "sells_until_time", "tier", "privilege", "pass_only",
        ]  # fmt: skip

    def get_price(self, ticket: SeriesTicket) -> str:
        return money_text(ticket.price, ticket.series.money)

    def get_points(self, ticket: SeriesTicket) -> str:
        return points_text(ticket.points, ticket.currency)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_tier(self, ticket: SeriesTicket) -> str | None:
        return None if ticket.tier is None else f"{ticket.tier.ladder.code}/{ticket.tier.code}"


class NewSeriesTicket(StrictBody):
    """A ticket that each date begins with; what is left out is free, without bound, on sale at once."""

    code = serializers.RegexField(r"^[a-z0-9][a-z0-9-]*\Z", max_length=40)
    names = Words()
    texts = Words(required=False, default=dict)
    price = serializers.DecimalField(
        max_digits=18, decimal_places=4, min_value=Decimal(0), required=False, default=Decimal(0)
    )
    points = serializers.DecimalField(
        max_digits=18, decimal_places=4, min_value=Decimal(0), required=False, default=Decimal(0)
    )
    currency = serializers.CharField(max_length=32, required=False, allow_null=True, default=None)
    capacity = serializers.IntegerField(min_value=1, max_value=SEATS_MAX, required=False, allow_null=True, default=None)
    sells_from_days = serializers.IntegerField(
        min_value=0, max_value=DAYS_MAX, required=False, allow_null=True, default=None, help_text=HOW_MANY_DAYS
    )
    sells_from_time = ClockTime(required=False, allow_null=True, default=None, help_text=BY_THE_CLOCK)
    sells_until_days = serializers.IntegerField(
        min_value=0, max_value=DAYS_MAX, required=False, allow_null=True, default=None, help_text=HOW_MANY_DAYS
    )
    sells_until_time = ClockTime(required=False, allow_null=True, default=None, help_text=BY_THE_CLOCK)
    tier = serializers.CharField(
        max_length=200, required=False, allow_null=True, default=None, help_text="As ladder/tier."
    )
    privilege = serializers.CharField(max_length=64, required=False, allow_null=True, default=None)
    pass_only = serializers.BooleanField(required=False, default=False)


def values_of(given: dict[str, Any], money: str) -> dict[str, Any]:
    """What was named becomes what it names, and amounts become whole minor units."""
    values = dict(given)
    currency = find_currency(values["currency"]) if values["currency"] else None
    if values["price"] and not money:
        raise Problem("Say first in which money the series is paid, such as EUR.", kind="invalid", pointer="/money")
    if values["points"] and currency is None:
        raise Problem("Say how many points, and which.", kind="invalid", pointer="/tickets")
    return {
        **values,
        "currency": currency,
        "price": money_minor(values["price"], money, "/tickets"),
        "points": points_minor(values["points"], currency.scale, "/tickets") if currency is not None else 0,
        "tier": find_tier(values["tier"]) if values["tier"] else None,
        "privilege": find_privilege(values["privilege"], "/tickets") if values["privilege"] else None,
    }
