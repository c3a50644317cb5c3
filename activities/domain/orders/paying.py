"""Takes the news of a payment, once: the place is theirs, or what came too late goes back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from activities.domain.orders import gathering, groups, pages, placing, providers, refunding
from activities.domain.orders.telling import tell_paid
from activities.domain.seating import end, has_room, hold_activity, offer_free_seats, seat
from activities.domain.telling import tell_one
from activities.enums import EndedBy, GroupState, OrderState, RefundFor, RegistrationState
from activities.models import COMING_STATES, Order, Payment, Registration
from incentives.domain.requests import Refused
from members.domain.outcomes import ACTIVITY_LAPSED

AT_ONCE_MAX = 500
SETTLED_STATES = (OrderState.PAID, OrderState.GATHERING)


class CannotPay(Refused):
    """News of a payment that fits no order; `kind` and the sentence say why."""


def take_news(provider: str, news: Iterable[providers.News | providers.Setback], *, now: datetime) -> int:
    """Record what a provider has told; return how much of it was new. Raises CannotPay."""
    count = 0
    for each in news:
        if isinstance(each, providers.Setback):
            count += refunding.fail(refund_id=each.refund_id, provider=provider, words=each.words)
            continue
        order = _order_of(each.order_id)
        if order is None:
            raise CannotPay("unknown_order", _("There is no such order."))
        _payment, is_new = pay(
            order_id=order.pk, provider=provider, ref=each.ref, amount=each.amount, money=each.money, at=each.at,
            now=now, page=each.page,
        )  # fmt: skip
        count += is_new
    return count


def _order_of(public_id: str) -> Order | None:
    try:
        return Order.objects.filter(public_id=uuid.UUID(public_id)).first()
    except ValueError:
        return None


def pay(
    *, order_id: int, provider: str, ref: str, amount: int, money: str, at: datetime, now: datetime, actor: str = "",
    page: str = "",
) -> tuple[Payment, bool]:  # fmt: skip
    """Record a payment, once for the provider's name of it, and say whether that happened now.

    With the last of what is due the place is theirs, or waits for its group. What comes for a place that is gone gives
    it back if it is still free, else the money goes back; so does what is more than was due. The `page` on which it was
    paid is complete; another one that is open is closed. Raises CannotPay.
    """
    found = Order.objects.get(pk=order_id)
    with transaction.atomic():
        activity = hold_activity(found.activity_id)
        if found.group_id is not None:
            # By the clock, though its job is late: what comes at the moment itself comes too late.
            gathering.close_if_due(found.group_id, activity, now=now)
        order = Order.objects.select_for_update(of=("self",)).select_related("group__ticket", "ticket").get(pk=order_id)
        earlier = Payment.objects.filter(provider=provider, provider_ref=ref).first()
        if earlier is not None:
            if (earlier.order_id, earlier.amount) != (order.pk, amount):
                raise CannotPay("payment_conflict", _("This payment was told before with another order or amount."))
            return earlier, False
        if amount <= 0 or money != order.money:
            raise CannotPay("wrong_money", _("This order is paid in %(money)s.") % {"money": order.money or "—"})
        made = Payment.objects.create(
            order=order, provider=provider, provider_ref=ref, amount=amount, at=at, actor=actor[:80]
        )
        order.paid += amount
        if order.pay_url and order.provider_ref != page:
            pages.leave(order, ref=order.provider_ref, now=now)
        # Where the rest is paid, if there is any, is asked for anew.
        order.pay_url = ""
        order.save(update_fields=["paid", "pay_url"])
        registration = Registration.objects.select_for_update(of=("self",)).select_related("member").get(order=order)
        registration.activity = order.activity = activity
        _after(order, registration, made, now)
    return made, True


def expire_unpaid(*, now: datetime) -> int:
    """End the orders that were not paid in time and offer their seats to whoever is next; return how many."""
    count = 0
    due = Order.objects.unpaid().filter(expires_at__lte=now).order_by("expires_at", "pk")
    for order_id, activity_id in list(due.values_list("pk", "activity_id")[:AT_ONCE_MAX]):
        with transaction.atomic():
            activity = hold_activity(activity_id)
            order = Order.objects.select_for_update().filter(pk=order_id).first()
            if order is None or order.state != OrderState.PLACED or order.expires_at is None or order.expires_at > now:
                continue
            registration = Registration.objects.select_for_update().get(order=order)
            registration.activity = activity
            end(registration, RegistrationState.LAPSED, by=EndedBy.CLOCK, now=now)
            tell_one(ACTIVITY_LAPSED, registration, now=now)
            offer_free_seats(activity, now=now)
            count += 1
    return count


def _after(order: Order, registration: Registration, made: Payment, now: datetime) -> None:
    if order.state in SETTLED_STATES:
        # It was paid before: this is more than was due.
        _return(order, RefundFor.SURPLUS, made.amount, now)
        return
    if order.state == OrderState.CANCELLED or (order.state == OrderState.EXPIRED and not _comes_back(order, now)):
        # Of what was settled once, a part may have been kept; it stays kept.
        late = made.amount if order.paid_at is not None else order.paid - order.refunded
        _return(order, RefundFor.LATE, late, now)
        return
    if order.left_to_pay:
        return
    if order.state == OrderState.EXPIRED:
        registration.ended_at, registration.ended_by = None, ""
        order.state, order.ended_at = OrderState.PLACED, None
    surplus = order.paid - order.amount - order.refunded
    if order.group is not None and order.group.state == GroupState.OPEN:
        gathering.paid_in(order, registration, now=now)
    else:
        placing.settle(order, now=now)
        order.save(update_fields=["ended_at"])
        seat(registration, RegistrationState.CONFIRMED, now=now)
        tell_paid(order, now=now)
    # Its payment may have completed a group, and so settled this order by another copy of it.
    order.refresh_from_db(fields=["state"])
    _return(order, RefundFor.SURPLUS, surplus, now)


def _comes_back(order: Order, now: datetime) -> bool:
    """Whether a place that was given up unpaid can be had after all: it is paid whole, and free, and no points miss."""
    activity = order.activity
    return (
        order.paid - order.refunded >= order.amount
        and activity.state in COMING_STATES
        and now < activity.starts_at
        and not order.points
        and (order.group is None or groups.has_place(order.group, order.seats, now))
        and has_room(activity, order.seats, order.ticket)
        and not Registration.objects.live().filter(activity=activity, member_id=order.member_id).exists()
    )


def _return(order: Order, why: RefundFor, amount: int, now: datetime) -> None:
    if amount > 0:
        refunding.give_back(order, amount=amount, points=0, why=why, key=f"{why}-{order.paid}", now=now)
