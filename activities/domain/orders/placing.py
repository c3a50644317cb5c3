"""Makes an order with its place, and ends it when the place is given up. Its caller holds the activity's row."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from activities.domain.orders import pages, providers, refunding
from activities.enums import ActivityState, EndedBy, OrderState, RefundFor
from activities.models import Group, Order, Registration
from incentives.domain.ledger import InsufficientPoints, LedgerError, keys, operations
from incentives.domain.requests import Refused
from incentives.enums import HoldState
from incentives.models import Hold, Journal


class CannotOrder(Refused):
    """An order that cannot be made; `kind` and the sentence say why."""


def place(registration: Registration, *, now: datetime, group: Group | None = None, stays_alone: bool = False) -> Order:
    """Make the order of a registration whose ticket costs something, in a group, or alone.

    Points are held at once, and taken at once where there is no money to wait for. Raises CannotOrder.
    """
    ticket = registration.ticket
    assert ticket is not None, "only tickets cost something"
    seats = registration.seats
    order = Order(
        registration=registration, activity=registration.activity, member=registration.member, ticket=ticket,
        seats=seats, money=registration.activity.money if ticket.price else "", amount=ticket.price * seats,
        currency=ticket.currency, points=ticket.points * seats, placed_at=now, expires_at=registration.until,
        provider=providers.current().code if ticket.price else "", group=group,
        alone_amount=ticket.alone.price * seats if stays_alone and ticket.alone is not None else None,
    )  # fmt: skip
    order.save(force_insert=True)
    if order.points:
        _hold(order, now)
    if not order.amount:
        settle(order, now=now)
    return order


def settle(order: Order, *, now: datetime) -> None:
    """The money is there, or none was due: take the points and close the order's books."""
    assert order.left_to_pay == 0, "what is settled was paid"
    if order.hold_id is not None:
        operations.capture(hold_id=order.hold_id, now=now, actor=f"order {order.pk}")
        key = keys.of_request(str(order.hold_id), "settle")
        order.journal_id = Journal.objects.values_list("pk", flat=True).get(key=key)
    order.state, order.paid_at, order.expires_at = OrderState.PAID, now, None
    order.save(update_fields=["state", "paid_at", "expires_at", "journal_id"])


def close(registration: Registration, *, by: EndedBy, now: datetime) -> None:
    """End the order of a registration that is given up: what was paid goes back as the activity promised."""
    order = Order.objects.select_for_update().filter(registration=registration).first()
    if order is None or order.state in (OrderState.EXPIRED, OrderState.CANCELLED):
        return
    was_settled = order.state == OrderState.PAID
    order.state = OrderState.EXPIRED if by == EndedBy.CLOCK and not was_settled else OrderState.CANCELLED
    order.ended_at, order.expires_at = now, None
    if order.pay_url:
        pages.leave(order, ref=order.provider_ref, now=now)
        order.pay_url = ""
    order.save(update_fields=["state", "ended_at", "expires_at", "pay_url"])
    if not was_settled:
        _release(order, now)
    percent = percent_back(registration, by) if was_settled else 100
    is_called_off = registration.activity.state == ActivityState.CANCELLED
    has_no_group = order.group_id is not None and by == EndedBy.CLOCK and not was_settled
    why = RefundFor.CALLED_OFF if is_called_off else RefundFor.GROUP if has_no_group else RefundFor.CANCELLED
    refunding.give_back_share(order, percent, why=why, key="ended", now=now)


def percent_back(registration: Registration, by: EndedBy) -> int:
    """How much of what a place took goes back: everything, unless a member cancels it late."""
    if by == EndedBy.MEMBER and registration.is_late:
        return registration.activity.late_refund_percent
    return 100


def deadline(registration: Registration, now: datetime, group: Group | None = None) -> datetime:
    """Until when it is to be paid, and never beyond the beginning, or the moment of its group."""
    until = now + timedelta(minutes=providers.current().minutes_to_pay)
    return min(until, registration.activity.starts_at if group is None else group.closes_at)


def _hold(order: Order, now: datetime) -> None:
    assert order.currency is not None, "a price in points names them"
    # A little longer than the order: the clock that ends the order gives the points back.
    assert order.expires_at is not None, "it was placed a moment ago"
    key = hashlib.sha256(f"order {order.public_id}".encode()).digest()
    try:
        made = operations.hold(
            member_id=order.member_id, currency=order.currency, amount=order.points, key=key, now=now,
            expires_at=order.expires_at + timedelta(days=1), actor=f"order {order.pk}",
        )  # fmt: skip
    except InsufficientPoints as error:
        raise CannotOrder("insufficient_points", _("There are not enough points for this ticket.")) from error
    except LedgerError as error:
        raise CannotOrder("may_not_spend", str(error)) from error
    order.hold_id = made.pk
    order.save(update_fields=["hold_id"])


def _release(order: Order, now: datetime) -> None:
    if order.hold_id is not None and Hold.objects.filter(pk=order.hold_id, state=HoldState.OPEN).exists():
        operations.void(hold_id=order.hold_id, now=now, actor=f"order {order.pk}")
