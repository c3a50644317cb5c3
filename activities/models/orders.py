"""Tickets, what was ordered and paid for them, and what went back. Money is whole minor units of its currency."""

from __future__ import annotations

from datetime import datetime

import uuid_utils.compat as uuid
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from activities.enums import GroupState, OrderState, RefundFor, RefundState
from activities.models.activities import Activity
from activities.models.terms import MONEY_MAX, TicketTerms
from incentives.models import Currency
from members.models import Member


class TicketQuerySet(models.QuerySet["Ticket"]):
    def on_sale(self, moment: datetime) -> TicketQuerySet:
        """Tickets whose time of sale holds a moment; its end is exclusive."""
        return self.filter(
            Q(sells_from__isnull=True) | Q(sells_from__lte=moment),
            Q(sells_until__isnull=True) | Q(sells_until__gt=moment),
            is_active=True,
        )


class Ticket(TicketTerms):
    """A way to come to an activity, with its price in money, in points, in both, or free. A price is of one seat.

    Whoever may use its `privilege`, a pass, takes it with a use for each seat instead; `pass_only` is for nobody else.

    An early bird is a ticket that is sold until a moment. `seats_taken` counts like the activity's, under its row. With
    `group_size` so many places are bought together within `group_hours`, or not at all; `alone` is the ticket whose
    price whoever chose so pays instead.
    """

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="tickets", verbose_name=_("activity"))
    seats_taken = models.PositiveIntegerField(_("seats taken"), default=0, editable=False)
    sells_from = models.DateTimeField(_("sold from"), null=True, blank=True)
    sells_until = models.DateTimeField(_("sold until"), null=True, blank=True)
    group_size = models.PositiveSmallIntegerField(
        _("places of a group"), null=True, blank=True, validators=[MinValueValidator(2), MaxValueValidator(100)],
        help_text=_("Empty for whoever buys alone."),
    )  # fmt: skip
    group_hours = models.PositiveSmallIntegerField(
        _("hours of a group"), default=48, validators=[MinValueValidator(1), MaxValueValidator(720)],
        help_text=_("So long after its first place a group has to be complete and paid."),
    )  # fmt: skip
    alone = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("ticket without the group"),
        help_text=_("Whoever chose so when ordering pays its price when the group fails, and keeps the place."),
    )  # fmt: skip
    is_active = models.BooleanField(_("on sale"), default=True)
    # Of which ticket of its series it is a copy that follows; what somebody wrote or changed is none.
    series_ticket = models.ForeignKey(
        "activities.SeriesTicket", on_delete=models.SET_NULL, null=True, editable=False, related_name="copies"
    )

    objects = TicketQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["seats_taken", "series_ticket"])

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["activity", "price", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "code"], name="a_ticket_has_its_own_code"),
            models.CheckConstraint(
                condition=Q(capacity__isnull=True) | Q(seats_taken__lte=F("capacity")),
                name="a_ticket_is_never_oversold", violation_error_message=_("More seats are taken than that."),
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0, price__lte=MONEY_MAX), name="a_price_is_not_below_nothing"
            ),
            models.CheckConstraint(
                condition=Q(points=0, currency__isnull=True) | Q(points__gt=0, currency__isnull=False),
                name="a_price_in_points_names_them",
                violation_error_message=_("Say how many points, and which."),
            ),
            models.CheckConstraint(
                condition=Q(sells_from__isnull=True)
                | Q(sells_until__isnull=True)
                | Q(sells_until__gt=F("sells_from")),
                name="a_sale_runs_forward", violation_error_message=_("Its sale ends before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(group_size__isnull=True) | Q(group_size__gte=2, price__gt=0, points=0),
                name="a_group_pays_in_money",
                violation_error_message=_("A group is of two at least, and pays in money."),
            ),
            models.CheckConstraint(
                condition=Q(privilege__isnull=True) | Q(group_size__isnull=True), name="a_pass_is_used_alone",
                violation_error_message=_("A group pays in money, not with a pass."),
            ),
            models.CheckConstraint(
                condition=Q(pass_only=False) | Q(privilege__isnull=False, price=0, points=0),
                name="only_with_a_pass_costs_nothing_else",
                violation_error_message=_("Say with which pass; what is only had with it has no price."),
            ),
            models.CheckConstraint(
                condition=Q(alone__isnull=True) | Q(group_size__isnull=False), name="alone_is_without_a_group",
                violation_error_message=_("Only a ticket of a group has another without it."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.activity_id}/{self.code}"

    @property
    def is_free(self) -> bool:
        return not self.price and not self.points

    def is_sold_at(self, moment: datetime) -> bool:
        begun = self.sells_from is None or self.sells_from <= moment
        return self.is_active and begun and (self.sells_until is None or moment < self.sells_until)


class Group(models.Model):
    """Members who buy together: `size` places of a ticket, held and paid by `closes_at`, or none of them.

    `code` is what they share. How many places are held and paid is seen from its orders.
    """

    code = models.CharField(_("code"), max_length=16, unique=True)
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="groups", verbose_name=_("activity"))
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="groups", verbose_name=_("ticket"))
    leader = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("begun by"))
    size = models.PositiveSmallIntegerField(_("places"))
    state = models.CharField(_("state"), max_length=9, choices=GroupState, default=GroupState.OPEN)
    opened_at = models.DateTimeField(_("begun at"))
    closes_at = models.DateTimeField(_("gathers until"))
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=GroupState.values), name="group_state_is_known"),
            models.CheckConstraint(condition=Q(size__gte=2), name="a_group_is_more_than_one"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opened_at")), name="a_group_runs_forward"),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="a_group_ends_at_a_moment",
            ),
        ]
        indexes = [models.Index(fields=["closes_at"], condition=Q(state="open"), name="groups_gathering")]

    def __str__(self) -> str:
        return f"group {self.code}"

    def held(self) -> int:
        """How many of its places somebody has, paid or not."""
        return self._seats(OrderState.PLACED, OrderState.GATHERING, OrderState.PAID)

    def paid(self) -> int:
        """How many of its places are paid."""
        return self._seats(OrderState.GATHERING, OrderState.PAID)

    def _seats(self, *states: OrderState) -> int:
        found = Order.objects.filter(group=self, state__in=states).aggregate(total=models.Sum("seats"))
        return int(found["total"] or 0)


class OrderQuerySet(models.QuerySet["Order"]):
    def unpaid(self) -> OrderQuerySet:
        return self.filter(state=OrderState.PLACED)


class Order(models.Model):
    """What a registration costs and what was paid for it, in money and in points; free ones have none.

    In a `group` it waits, paid, until all are; `alone_amount` is due instead when the group fails, where the member
    chose that when ordering.

    `amount` and `points` are due for all seats together. Points lie in a hold until the money is there; `journal_id` is
    the ledger's journal that took them. `paid` and `refunded` are sums over payments and refunds, kept with them.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(_("public id"), default=uuid.uuid7, unique=True, editable=False)
    registration = models.OneToOneField(
        "activities.Registration", on_delete=models.PROTECT, related_name="order", verbose_name=_("registration")
    )
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="orders", verbose_name=_("activity"))
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="orders", verbose_name=_("member"))
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="orders", verbose_name=_("ticket"))
    group = models.ForeignKey(
        Group, on_delete=models.PROTECT, null=True, related_name="orders", verbose_name=_("group")
    )
    alone_amount = models.BigIntegerField(_("due without the group"), null=True)
    state = models.CharField(_("state"), max_length=9, choices=OrderState, default=OrderState.PLACED)
    seats = models.PositiveSmallIntegerField(_("seats"))
    money = models.CharField(_("money"), max_length=3, blank=True)
    amount = models.BigIntegerField(_("due"), default=0)
    paid = models.BigIntegerField(_("paid"), default=0)
    refunded = models.BigIntegerField(_("refunded"), default=0)
    currency = models.ForeignKey(
        Currency, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("points")
    )
    points = models.BigIntegerField(_("due in points"), default=0)
    points_refunded = models.BigIntegerField(_("points refunded"), default=0)
    hold_id = models.UUIDField(_("hold"), null=True, editable=False)
    journal_id = models.BigIntegerField(_("journal"), null=True, editable=False)
    # The event that told of it: what rules paid for that goes back with the money.
    paid_event_id = models.BigIntegerField(_("event"), null=True, editable=False)
    provider = models.CharField(_("paid by way of"), max_length=20, blank=True)
    provider_ref = models.CharField(_("known there as"), max_length=200, blank=True)
    pay_url = models.CharField(_("where it is paid"), max_length=2_000, blank=True)
    placed_at = models.DateTimeField(_("placed at"))
    expires_at = models.DateTimeField(_("to be paid until"), null=True)
    paid_at = models.DateTimeField(_("paid at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="order_state_is_known"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, points__gte=0) & (Q(amount=0) | ~Q(money="")), name="an_order_says_its_money"
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("paid")), name="no_more_goes_back_than_was_paid"
            ),
            models.CheckConstraint(
                condition=Q(points_refunded__gte=0, points_refunded__lte=F("points")),
                name="no_more_points_go_back_than_were_due",
            ),
            models.CheckConstraint(
                condition=~Q(state="paid") | Q(paid__gte=F("amount"), paid_at__isnull=False),
                name="what_is_settled_was_paid",
            ),
            models.CheckConstraint(
                condition=~Q(state="gathering") | Q(paid__gte=F("amount"), group__isnull=False),
                name="what_waits_for_a_group_was_paid",
            ),
            models.CheckConstraint(
                condition=Q(alone_amount__isnull=True) | Q(group__isnull=False), name="without_a_group_says_which"
            ),
            models.CheckConstraint(
                condition=~Q(state="placed") | Q(expires_at__isnull=False), name="what_is_to_be_paid_has_a_deadline"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="placed"), name="orders_unpaid"),
            models.Index(fields=["member", "-id"], name="orders_of_member"),
            models.Index(
                fields=["provider", "provider_ref"], condition=~Q(provider_ref=""), name="orders_by_provider"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"order {self.pk}"

    @property
    def left_to_pay(self) -> int:
        return max(0, self.amount - self.paid)


class Payment(models.Model):
    """Money that came, as its provider told it. The same news twice is one payment. Never changed."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments", verbose_name=_("order"))
    provider = models.CharField(_("by way of"), max_length=20)
    provider_ref = models.CharField(_("known there as"), max_length=200)
    amount = models.BigIntegerField(_("amount"), validators=[MinValueValidator(1)])
    at = models.DateTimeField(_("at"))
    actor = models.CharField(_("by"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "provider_ref"], name="a_payment_counts_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_payment_is_more_than_nothing"),
        ]

    def __str__(self) -> str:
        return f"payment {self.pk} of order {self.order_id}"


class RefundQuerySet(models.QuerySet["Refund"]):
    def for_a_person(self) -> RefundQuerySet:
        """Those that no provider will pay: by hand, or failed as often as was tried."""
        by_hand = Q(state=RefundState.DUE, next_try_at__isnull=True) | Q(
            state=RefundState.DUE, order__provider="offline"
        )
        return self.filter(by_hand | Q(state=RefundState.FAILED))


class Refund(models.Model):
    """Money that goes back, and why. It is decided once for its `key`; the provider is asked until it has done it."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds", verbose_name=_("order"))
    key = models.CharField(max_length=64, editable=False)
    amount = models.BigIntegerField(_("amount"), default=0)
    points = models.BigIntegerField(_("points"), default=0)
    why = models.CharField(_("why"), max_length=10, choices=RefundFor)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=6, choices=RefundState, default=RefundState.DUE)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    error = models.CharField(_("what went wrong"), max_length=300, blank=True)
    provider_ref = models.CharField(_("known there as"), max_length=200, blank=True)
    actor = models.CharField(_("by"), max_length=80, blank=True)
    decided_at = models.DateTimeField(_("decided at"))
    next_try_at = models.DateTimeField(_("next try at"), null=True)
    done_at = models.DateTimeField(_("done at"), null=True)
    rewards_due_at = models.DateTimeField(_("what rules paid goes back at"), null=True, editable=False)

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "key"], name="a_refund_is_decided_once"),
            models.CheckConstraint(condition=Q(amount__gte=0, points__gte=0), name="a_refund_gives"),
            models.CheckConstraint(condition=Q(state__in=RefundState.values), name="refund_state_is_known"),
            models.CheckConstraint(condition=Q(why__in=RefundFor.values), name="a_refund_says_why"),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False) | (~Q(state="done") & Q(done_at__isnull=True)),
                name="a_refund_is_done_at_a_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(state="due"), name="refunds_due"),
            models.Index(
                fields=["rewards_due_at"], condition=Q(rewards_due_at__isnull=False), name="refunds_with_rewards"
            ),
        ]

    def __str__(self) -> str:
        return f"refund {self.pk} of order {self.order_id}"
