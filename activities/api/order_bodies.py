"""What is said about tickets, orders and their money in the API: amounts in major units, as decimal texts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from activities.api.bodies import WhyNotComeBody, Words
from activities.api.due import HowToPayBody, money_text, points_text
from activities.domain.orders.beginning import how_to_pay
from activities.domain.orders.pricing import Offer, left_of
from activities.models import SEATS_MAX, Order, Payment, Refund, Ticket
from members.api.bodies import Moment, StrictBody


class TicketBody(serializers.ModelSerializer[Ticket]):
    """A ticket, priced by the seat. `left` null is without bound; `tier` is ladder/tier."""

    price = serializers.SerializerMethodField()
    money = serializers.SerializerMethodField()
    points = serializers.SerializerMethodField()
    currency = serializers.CharField(source="currency.code", allow_null=True, default=None)
    left = serializers.SerializerMethodField()
    tier = serializers.SerializerMethodField()
    privilege = serializers.CharField(
        source="privilege.code",
        allow_null=True,
        default=None,
        help_text="The pass that pays for it, a use for each seat.",
    )
    alone = serializers.CharField(source="alone.code", allow_null=True, default=None)

    class Meta:
        model = Ticket
        fields = [
            "code", "names", "texts", "price", "money", "points", "currency", "capacity", "seats_taken", "left",
            "sells_from", "sells_until", "tier", "privilege", "pass_only", "group_size", "group_hours", "alone",
            "is_active",
        ]  # fmt: skip

    def get_price(self, ticket: Ticket) -> str:
        return money_text(ticket.price, ticket.activity.money)

    def get_money(self, ticket: Ticket) -> str:
        return ticket.activity.money if ticket.price else ""

    def get_points(self, ticket: Ticket) -> str:
        return points_text(ticket.points, ticket.currency)

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_left(self, ticket: Ticket) -> int | None:
        return left_of(ticket, ticket.activity)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_tier(self, ticket: Ticket) -> str | None:
        return None if ticket.tier is None else f"{ticket.tier.ladder.code}/{ticket.tier.code}"


class PassPriceBody(serializers.Serializer[Any]):
    amount = serializers.CharField()
    currency = serializers.CharField()


class PassBody(serializers.Serializer[Any]):
    """A pass in a member's hand. `left` null is as often as they like; `price` is what its use costs, if anything."""

    privilege = serializers.CharField(source="definition.code")
    names = serializers.DictField(child=serializers.CharField(), source="definition.names")
    may = serializers.BooleanField()
    why_not = WhyNotComeBody(allow_null=True)
    left = serializers.IntegerField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    price = PassPriceBody(allow_null=True)


class TicketOfferBody(TicketBody):
    """A ticket as a member sees it: `may` whether it is theirs to take now, and why not; null where nobody is asked.

    `by_pass` is what they may do with its pass when the activity begins; null where it has none.
    """

    may = serializers.BooleanField(allow_null=True)
    why_not = WhyNotComeBody(allow_null=True)
    by_pass = PassBody(allow_null=True)

    class Meta(TicketBody.Meta):
        fields = [*TicketBody.Meta.fields, "may", "why_not", "by_pass"]


def offer_body(offer: Offer) -> dict[str, Any]:
    why = None if offer.why_not is None else dict(WhyNotComeBody(offer.why_not).data)
    by_pass = None if offer.by_pass is None else dict(PassBody(offer.by_pass).data)
    return {**TicketBody(offer.ticket).data, "may": why is None, "why_not": why, "by_pass": by_pass}


class TicketChange(StrictBody):
    """What a ticket is; what is left out stays, or is as a new ticket has it: free, without bound, on sale."""

    names = Words(required=False)
    texts = Words(required=False)
    price = serializers.DecimalField(
        max_digits=18, decimal_places=4, min_value=Decimal(0), required=False, help_text="Of one seat."
    )
    points = serializers.DecimalField(
        max_digits=18, decimal_places=4, min_value=Decimal(0), required=False, help_text="Of one seat."
    )
    currency = serializers.CharField(max_length=32, required=False, allow_null=True, help_text="Of the points.")
    capacity = serializers.IntegerField(min_value=1, max_value=SEATS_MAX, required=False, allow_null=True)
    sells_from = Moment(required=False, allow_null=True)
    sells_until = Moment(required=False, allow_null=True)
    tier = serializers.CharField(max_length=200, required=False, allow_null=True, help_text="As ladder/tier.")
    privilege = serializers.CharField(
        max_length=64, required=False, allow_null=True,
        help_text="The pass that pays for it: whoever may use this privilege takes it with a use for each seat.",
    )  # fmt: skip
    pass_only = serializers.BooleanField(required=False, help_text="Only had with the pass; else others pay the price.")
    group_size = serializers.IntegerField(
        min_value=2, max_value=100, required=False, allow_null=True, help_text="So many buy together, or nobody."
    )
    group_hours = serializers.IntegerField(min_value=1, max_value=720, required=False)
    alone = serializers.CharField(
        max_length=40, required=False, allow_null=True,
        help_text="The ticket whose price is paid instead, where that was chosen, when the group fails.",
    )  # fmt: skip
    is_active = serializers.BooleanField(required=False)


class PaymentBody(serializers.ModelSerializer[Payment]):
    ref = serializers.CharField(source="provider_ref")
    amount = serializers.SerializerMethodField()
    money = serializers.CharField(source="order.money")

    class Meta:
        model = Payment
        fields = ["provider", "ref", "amount", "money", "at"]

    def get_amount(self, payment: Payment) -> str:
        return money_text(payment.amount, payment.order.money)


class RefundBody(serializers.ModelSerializer[Refund]):
    """What goes back, and why. Points are back at once; money when `state` is `done`."""

    order = serializers.CharField(source="order.public_id")
    amount = serializers.SerializerMethodField()
    money = serializers.CharField(source="order.money")
    points = serializers.SerializerMethodField()

    class Meta:
        model = Refund
        fields = [
            "id", "order", "state", "amount", "money", "points", "why", "reason", "decided_at", "done_at", "error",
        ]  # fmt: skip

    def get_amount(self, refund: Refund) -> str:
        return money_text(refund.amount, refund.order.money)

    def get_points(self, refund: Refund) -> str:
        return points_text(refund.points, refund.order.currency)


class OrderLineBody(serializers.ModelSerializer[Order]):
    """An order in a list. `amount` and `points` are due for all its seats, `left` is to be paid by `expires_at`."""

    id = serializers.CharField(source="public_id")
    activity = serializers.CharField(source="activity.code")
    member = serializers.CharField(source="member.ref")
    ticket = serializers.CharField(source="ticket.code")
    registration = serializers.CharField(source="registration.public_id")
    group = serializers.CharField(source="group.code", allow_null=True, default=None)
    amount = serializers.SerializerMethodField()
    left = serializers.SerializerMethodField()
    paid = serializers.SerializerMethodField()
    refunded = serializers.SerializerMethodField()
    points = serializers.SerializerMethodField()
    points_refunded = serializers.SerializerMethodField()
    currency = serializers.CharField(source="currency.code", allow_null=True, default=None)

    class Meta:
        model = Order
        fields = [
            "id", "activity", "member", "registration", "ticket", "group", "state", "seats", "money", "amount", "left",
            "paid", "refunded", "currency", "points", "points_refunded", "provider", "placed_at", "expires_at",
            "paid_at", "ended_at",
        ]  # fmt: skip

    def get_amount(self, order: Order) -> str:
        return money_text(order.amount, order.money)

    def get_left(self, order: Order) -> str:
        return money_text(order.left_to_pay, order.money)

    def get_paid(self, order: Order) -> str:
        return money_text(order.paid, order.money)

    def get_refunded(self, order: Order) -> str:
        return money_text(order.refunded, order.money)

    def get_points(self, order: Order) -> str:
        return points_text(order.points, order.currency)

    def get_points_refunded(self, order: Order) -> str:
        return points_text(order.points_refunded, order.currency)


class OrderBody(OrderLineBody):
    """An order with how it is paid while it is open, what came and what went back."""

    pay = serializers.SerializerMethodField()
    payments = PaymentBody(many=True)
    refunds = RefundBody(many=True)

    class Meta(OrderLineBody.Meta):
        fields = [*OrderLineBody.Meta.fields, "pay", "payments", "refunds"]

    @extend_schema_field(HowToPayBody(allow_null=True))
    def get_pay(self, order: Order) -> dict[str, Any] | None:
        begun = how_to_pay(order)
        return None if begun is None else dict(HowToPayBody(begun).data)


class NewPayment(StrictBody):
    """Money that has come by hand: how much, and what it is known by, such as the number of a transfer."""

    amount = serializers.DecimalField(max_digits=18, decimal_places=4, min_value=Decimal("0.0001"))
    ref = serializers.CharField(max_length=200, help_text="Told twice it is one payment.")
    at = Moment(required=False, allow_null=True, default=None)
    operator = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class NewRefund(StrictBody):
    """How much goes back in money and in points, with a reason that the member reads."""

    amount = serializers.DecimalField(max_digits=18, decimal_places=4, min_value=Decimal(0), default=Decimal(0))
    points = serializers.DecimalField(max_digits=18, decimal_places=4, min_value=Decimal(0), default=Decimal(0))
    reason = serializers.CharField(max_length=300)
    operator = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class Confirmation(StrictBody):
    """That a refund was paid back by hand, and what it is known by."""

    ref = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    operator = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
