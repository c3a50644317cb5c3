"""Orders: what is due for a place, the money that came for it, and what goes back."""

from __future__ import annotations

import uuid
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from activities.api.activities import find_activity
from activities.api.due import GroupBody
from activities.api.order_bodies import (
    Confirmation,
    NewPayment,
    NewRefund,
    OrderBody,
    OrderLineBody,
    RefundBody,
)
from activities.api.tickets import money_minor, points_minor
from activities.domain.orders import paying, providers, refunding
from activities.enums import OrderState
from activities.models import Group, Order, Refund
from incentives.api.points import IDEMPOTENCY, Moving
from incentives.api.schemas import PROBLEMS
from members.api.authentication import PerKeyThrottle, key_of
from members.api.paging import Pages
from members.api.params import known_only
from members.api.problems import Problem
from members.enums import Scope

_SHOWN = Order.objects.select_related("activity", "member", "ticket", "registration", "currency", "group")
BIGGEST = 2**63 - 1


class OrderFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    state = django_filters.ChoiceFilter(choices=OrderState.choices, help_text="Only in this state.")
    ticket = django_filters.CharFilter("ticket__code", max_length=40, help_text="Only of this ticket.")

    class Meta:
        model = Order
        fields: list[str] = []


class ActivityOrders(generics.ListAPIView[Order]):
    scopes = {"GET": Scope.ACTIVITIES_READ}
    throttle_classes = [PerKeyThrottle]
    queryset = Order.objects.none()
    serializer_class = OrderLineBody
    filterset_class = OrderFilter
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Order]:
        if getattr(self, "swagger_fake_view", False):
            return Order.objects.none()
        return _SHOWN.filter(activity=find_activity(self.kwargs["activity"]))

    @extend_schema(operation_id="list_orders", responses={200: OrderLineBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Everything that was ordered for an activity, the last first."""
        return super().get(request, *args, **kwargs)


class OrderDetail(APIView):
    scopes = {"GET": Scope.ACTIVITIES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_order", responses={200: OrderBody, **PROBLEMS})
    def get(self, request: Request, order_id: str, **_: Any) -> Response:
        """An order: what is due until when and how it is paid, what came, and what went back."""
        known_only(request)
        return Response(OrderBody(find_order(order_id)).data)


class OrderPayments(APIView):
    scopes = {"POST": Scope.PAYMENTS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="tell_payment", request=NewPayment, responses={200: OrderBody, 201: OrderBody, **PROBLEMS}
    )
    def post(self, request: Request, order_id: str, **_: Any) -> Response:
        """Say that money has come by hand, in whole or in part; with the last of it the place is theirs. The same
        `ref` twice is one payment."""
        order = find_order(order_id)
        body = NewPayment(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        if order.provider not in ("", providers.OFFLINE):
            sentence = f"This order is paid by way of {order.provider}, which tells us itself."
            raise Problem(sentence, status_code=422, kind="not_by_hand")
        amount, now = money_minor(given["amount"], order.money), timezone.now()
        try:
            _payment, is_new = paying.pay(
                order_id=order.pk, provider=providers.OFFLINE, ref=given["ref"], amount=amount, money=order.money,
                at=given["at"] or now, now=now, actor=given["operator"] or f"app {key_of(request).name}",
            )  # fmt: skip
        except paying.CannotPay as error:
            status = 409 if error.kind == "payment_conflict" else 422
            raise Problem(error.sentence, status_code=status, kind=error.kind) from error
        return Response(OrderBody(find_order(order_id)).data, status=201 if is_new else 200)


class OrderRefunds(Moving):
    scopes = {"POST": Scope.PAYMENTS_WRITE}

    @extend_schema(
        operation_id="refund_order", request=NewRefund, parameters=[IDEMPOTENCY],
        responses={201: RefundBody, 200: RefundBody, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request, order_id: str, **_: Any) -> Response:
        """Give back a part of what was paid, or all of it, with a reason that the member reads. The place stays."""
        order = find_order(order_id)
        body = NewRefund(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        amount = money_minor(given["amount"], order.money)
        points = points_minor(given["points"], order.currency.scale if order.currency is not None else 0)

        def do(key: bytes, actor: str) -> dict[str, Any]:
            made, _new = refunding.refund(
                order_id=order.pk, amount=amount, points=points, key=key.hex(), now=timezone.now(),
                reason=given["reason"], actor=given["operator"] or f"app {actor}",
            )  # fmt: skip
            return dict(RefundBody(made).data)

        return self.once(request, request.data, do)


class RefundConfirmation(APIView):
    scopes = {"POST": Scope.PAYMENTS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="confirm_refund", request=Confirmation, responses={200: RefundBody, **PROBLEMS})
    def post(self, request: Request, refund_id: int, **_: Any) -> Response:
        """Say that a refund was paid back by hand. Repeating changes nothing."""
        found = Refund.objects.filter(pk=refund_id).first() if refund_id <= BIGGEST else None
        if found is None:
            raise Problem("There is no such refund.", status_code=404, kind="unknown_refund")
        body = Confirmation(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        actor = given["operator"] or f"app {key_of(request).name}"
        try:
            refunding.confirm(refund_id=found.pk, now=timezone.now(), actor=actor, ref=given["ref"])
        except refunding.CannotRefund as error:
            raise Problem(error.sentence, status_code=422, kind=error.kind) from error
        return Response(RefundBody(Refund.objects.select_related("order__currency").get(pk=found.pk)).data)


class GroupDetail(APIView):
    scopes = {"GET": Scope.ACTIVITIES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_group", responses={200: GroupBody, **PROBLEMS})
    def get(self, request: Request, group: str, **_: Any) -> Response:
        """A group that buys together, by the code that its members share."""
        known_only(request)
        rows = Group.objects.select_related("activity", "ticket")
        found = rows.filter(code=group.upper()[:16]).first() if "\x00" not in group else None
        if found is None:
            raise Problem("There is no group with this code.", status_code=404, kind="unknown_group")
        return Response(GroupBody(found).data)


def find_order(text: str) -> Order:
    try:
        public_id = uuid.UUID(text)
    except ValueError:
        public_id = uuid.UUID(int=0)
    found = _SHOWN.filter(public_id=public_id).first()
    if found is None:
        raise Problem("There is no such order.", status_code=404, kind="unknown_order")
    return found
