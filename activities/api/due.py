"""What is due for a registration, and how it is paid: amounts in major units, as decimal texts."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from activities.domain import money
from activities.domain.orders.beginning import how_to_pay
from activities.enums import GroupState
from activities.models import Group, Order
from incentives.domain.ledger import queries
from incentives.models import Currency


def money_text(amount: int, code: str) -> str:
    return str(money.major(amount, code)) if amount else "0"


def points_text(amount: int, currency: Currency | None) -> str:
    return str(queries.major(amount, currency.scale)) if amount and currency is not None else "0"


class HowToPayBody(serializers.Serializer[Any]):
    """Where an order is paid, or in words how; `ref` is what the payment is known by."""

    url = serializers.CharField(allow_blank=True)
    words = serializers.CharField(allow_blank=True)
    ref = serializers.CharField(allow_blank=True)


class GroupBody(serializers.ModelSerializer[Group]):
    """A group that buys together: `left` places can still be had by `code` until `closes_at`; `paid` are paid."""

    activity = serializers.CharField(source="activity.code")
    ticket = serializers.CharField(source="ticket.code")
    left = serializers.SerializerMethodField()
    paid = serializers.IntegerField()

    class Meta:
        model = Group
        fields = ["code", "activity", "ticket", "state", "size", "left", "paid", "opened_at", "closes_at", "ended_at"]

    def get_left(self, group: Group) -> int:
        return max(0, group.size - group.held()) if group.state == GroupState.OPEN else 0


class DueBody(serializers.ModelSerializer[Order]):
    """What a place costs: `left` is to be paid by `expires_at`, and `pay` says how. Null where nothing is due."""

    id = serializers.CharField(source="public_id")
    amount = serializers.SerializerMethodField()
    left = serializers.SerializerMethodField()
    points = serializers.SerializerMethodField()
    currency = serializers.CharField(source="currency.code", allow_null=True, default=None)
    group = GroupBody(allow_null=True)
    alone_amount = serializers.SerializerMethodField()
    pay = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = [
            "id", "state", "money", "amount", "left", "currency", "points", "expires_at", "group", "alone_amount",
            "pay",
        ]  # fmt: skip

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_alone_amount(self, order: Order) -> str | None:
        return None if order.alone_amount is None else money_text(order.alone_amount, order.money)

    def get_amount(self, order: Order) -> str:
        return money_text(order.amount, order.money)

    def get_left(self, order: Order) -> str:
        return money_text(order.left_to_pay, order.money)

    def get_points(self, order: Order) -> str:
        return points_text(order.points, order.currency)

    @extend_schema_field(HowToPayBody(allow_null=True))
    def get_pay(self, order: Order) -> dict[str, Any] | None:
        """Nobody asks a payment service within a transaction: whoever is in one says so."""
        return None if self.context.get("in_transaction") else pay_of(order)


def pay_of(order: Order) -> dict[str, Any] | None:
    begun = how_to_pay(order)
    return None if begun is None else dict(HowToPayBody(begun).data)
