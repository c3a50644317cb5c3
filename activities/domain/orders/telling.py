"""Tells timelines what was paid, and remembers which event told it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from activities.domain import bringing
from activities.domain.money import major
from activities.domain.telling import said_of
from activities.models import Order
from incentives.domain.ledger.queries import major as points_major
from incentives.domain.pump import hints
from members.domain.events import telling
from members.domain.outcomes import ACTIVITY_ORDER_PAID


def tell_paid(order: Order, *, now: datetime) -> None:
    """Tell that an order was settled, in money, in points, or both, and by whom the member was brought."""
    points = points_major(order.points, order.currency.scale) if order.currency is not None else Decimal(0)
    brought_by = bringing.paid_for(order)
    said = {
        **said_of(order.activity), "ticket": order.ticket.code, "seats": order.seats, "points": str(points),
        "amount": str(major(order.amount, order.money) if order.amount else 0), "money": order.money,
        **({"brought_by": brought_by} if brought_by else {}),
    }  # fmt: skip
    (order.paid_event_id,) = telling.tell_each(ACTIVITY_ORDER_PAID, [(order.member_id, said)], now=now)
    order.save(update_fields=["paid_event_id"])
    hints.wake_on_commit()
