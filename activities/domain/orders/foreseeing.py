"""What would go back if a member cancelled now. Nothing is moved; `placing.close` decides when they do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from activities.enums import OrderState, RegistrationState
from activities.models import Order, Registration


@dataclass(frozen=True, slots=True)
class Back:
    """Money and points in minor units, and uses of a pass, of how much; `is_late` says that the deadline is over."""

    money: int
    points: int
    paid: int
    points_paid: int
    is_late: bool
    uses: int = 0
    uses_taken: int = 0

    @property
    def is_all(self) -> bool:
        return (self.money, self.points) == (self.paid, self.points_paid)


def back_if_cancelled(registration: Registration, order: Order | None, *, now: datetime) -> Back:
    """What goes back to a member who cancels at this moment."""
    activity = registration.activity
    has_place = registration.state == RegistrationState.CONFIRMED
    is_late = has_place and now >= (activity.cancel_until or activity.starts_at)
    if order is None:
        taken = registration.pass_uses
        uses = taken * (activity.late_refund_percent if is_late else 100) // 100
        return Back(0, 0, 0, 0, is_late, uses, taken)
    was_settled = order.state == OrderState.PAID
    percent = activity.late_refund_percent if is_late and was_settled else 100
    money = order.paid - order.refunded
    # Points that are only held were never taken: all of them are free again.
    points = order.points - order.points_refunded
    return Back(money * percent // 100, points * percent // 100, money, points, is_late)
