"""What becomes of a group: complete with its last payment, or failed at its moment. Its activity's row is held."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from activities.domain.orders import placing
from activities.domain.orders.telling import tell_paid
from activities.domain.seating import end, hold_activity, offer_free_seats, seat
from activities.domain.telling import tell
from activities.enums import EndedBy, GroupState, OrderState, RegistrationState
from activities.models import Activity, Group, Order, Registration
from members.domain.outcomes import ACTIVITY_GROUP_COMPLETED, ACTIVITY_GROUP_FAILED

logger = logging.getLogger(__name__)

AT_ONCE_MAX = 200


def paid_in(order: Order, registration: Registration, *, now: datetime) -> None:
    """A place of an open group is paid: it waits for the others; the last one completes the group."""
    group = order.group
    assert group is not None, "it is in one"
    order.state, order.expires_at = OrderState.GATHERING, group.closes_at
    order.save(update_fields=["state", "expires_at", "ended_at"])
    seat(registration, RegistrationState.HELD, now=now, until=group.closes_at)
    if group.paid() == group.size:
        _complete(group, registration.activity, now)


def close_due(*, now: datetime) -> int:
    """Fail the groups whose time is over, each in a transaction of its own; return how many."""
    due = Group.objects.filter(state=GroupState.OPEN, closes_at__lte=now).order_by("closes_at", "pk")
    count = 0
    for group_id, activity_id in list(due.values_list("pk", "activity_id")[:AT_ONCE_MAX]):
        try:
            with transaction.atomic():
                count += close_if_due(group_id, hold_activity(activity_id), now=now)
        except Exception:
            logger.exception("Group %d could not be closed", group_id)
    return count


def close_if_due(group_id: int, activity: Activity, *, now: datetime) -> bool:
    """Fail a group whose time is over, once, and say whether that happened now.

    Everybody gets back what they paid; whoever chose so keeps the place until they have paid the difference, or have
    not in time.
    """
    group = Group.objects.select_for_update(of=("self",)).select_related("ticket").get(pk=group_id)
    if group.state != GroupState.OPEN or now < group.closes_at:
        return False
    group.state, group.ended_at = GroupState.FAILED, now
    group.save(update_fields=["state", "ended_at"])
    found = _live(group, activity)
    kept = {order.member_id: _keeps(order, registration, now) for order, registration in found}
    for order, _registration in found:
        more = {"kept": kept[order.member_id], **_said(group, order.member_id == _leader(group, found))}
        tell(ACTIVITY_GROUP_FAILED, activity, [order.member_id], now=now, more=more)
    offer_free_seats(activity, now=now)
    return True


def _complete(group: Group, activity: Activity, now: datetime) -> None:
    group.state, group.ended_at = GroupState.COMPLETED, now
    group.save(update_fields=["state", "ended_at"])
    found = _live(group, activity)
    leader = _leader(group, found)
    for order, registration in found:
        assert order.state == OrderState.GATHERING, "all of them are paid"
        placing.settle(order, now=now)
        seat(registration, RegistrationState.CONFIRMED, now=now)
        tell_paid(order, now=now)
    for order, _registration in found:
        said = _said(group, order.member_id == leader)
        tell(ACTIVITY_GROUP_COMPLETED, activity, [order.member_id], now=now, more=said)


def _keeps(order: Order, registration: Registration, now: datetime) -> bool:
    """End a place whose group failed, or have the difference paid for it where that was chosen; say which."""
    until = min(now + timedelta(hours=settings.GROUP_DIFFERENCE_HOURS), registration.activity.starts_at)
    may_stay = order.alone_amount is not None and order.state == OrderState.GATHERING and not order.refunded
    if not may_stay or until <= now:
        end(registration, RegistrationState.LAPSED, by=EndedBy.CLOCK, now=now)
        return False
    assert order.alone_amount is not None, "it was chosen"
    order.amount, order.state, order.expires_at = order.alone_amount, OrderState.PLACED, until
    order.save(update_fields=["amount", "state", "expires_at"])
    if order.left_to_pay:
        seat(registration, RegistrationState.HELD, now=now, until=until)
        return True
    placing.settle(order, now=now)
    seat(registration, RegistrationState.CONFIRMED, now=now)
    tell_paid(order, now=now)
    return True


def _live(group: Group, activity: Activity) -> list[tuple[Order, Registration]]:
    """The orders of a group with their registrations, locked in the order in which everybody locks them."""
    rows = Registration.objects.select_for_update(of=("self",)).select_related("member", "ticket")
    open_ones = (OrderState.PLACED, OrderState.GATHERING)
    found = {each.pk: each for each in rows.filter(order__group=group, order__state__in=open_ones).order_by("pk")}
    orders = Order.objects.select_for_update(of=("self",)).select_related("ticket", "currency")
    pairs = [(each, found[each.registration_id]) for each in orders.filter(registration__in=found).order_by("pk")]
    for order, registration in pairs:
        # Seats are counted in one copy of each row.
        order.activity = registration.activity = activity
        order.group, registration.ticket = group, group.ticket
    return pairs


def _leader(group: Group, found: Iterable[tuple[Order, Registration]]) -> int | None:
    """Who leads it: whoever began it, or where they have gone, whoever came next."""
    members = [order.member_id for order, _registration in found]
    return group.leader_id if group.leader_id in members else next(iter(members), None)


def _said(group: Group, is_leader: bool) -> dict[str, object]:  # noqa: FBT001  Said of one member after another.
    return {"ticket": group.ticket.code, "size": group.size, "leader": is_leader}
