"""Decides what goes back, once, and has it done, as often as it takes. Points go back in the decision itself."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from activities.domain.money import major
from activities.domain.orders import providers
from activities.domain.telling import tell
from activities.enums import RefundFor, RefundState
from activities.models import Order, Refund
from incentives.domain.requests import Refused
from incentives.domain.reversals import reverse_journal
from incentives.domain.taking_shares import take_back_share
from members.domain.outcomes import ACTIVITY_ORDER_REFUNDED

logger = logging.getLogger(__name__)

AT_ONCE_MAX = 200
TRIES_MAX = 8
# What was never the price of the place had paid nobody anything.
TAKING_REWARDS = (RefundFor.CANCELLED, RefundFor.CALLED_OFF, RefundFor.GOODWILL)
LOOKED_AT_AGAIN = timedelta(minutes=15)


class CannotRefund(Refused):
    """A refund that cannot be made; `kind` and the sentence say why."""


def give_back_share(order: Order, percent: int, *, why: RefundFor, key: str, now: datetime, reason: str = "") -> None:
    """Give back so many per cent of what was paid and has not gone back; a fraction of a cent stays."""
    money = (order.paid - order.refunded) * percent // 100
    points = (order.points - order.points_refunded) * percent // 100 if order.journal_id is not None else 0
    if money or points:
        give_back(order, amount=money, points=points, why=why, key=key, now=now, reason=reason)


def give_back(
    order: Order,
    *,
    amount: int,
    points: int,
    why: RefundFor,
    key: str,
    now: datetime,
    reason: str = "",
    actor: str = "",
) -> tuple[Refund, bool]:
    """Decide a refund of a locked order, once for this key, and say whether that happened now.

    Points are back in the lots they came from at once; money is due, and its provider is asked after. Raises
    CannotRefund for more than is left.
    """
    earlier = Refund.objects.filter(order=order, key=key).first()
    if earlier is not None:
        return earlier, False
    _check(order, amount, points)
    with transaction.atomic():
        made = Refund(
            order=order, key=key, amount=amount, points=points, why=why, reason=reason, actor=actor[:80],
            decided_at=now, next_try_at=now if amount else None,
            state=RefundState.DUE if amount else RefundState.DONE, done_at=None if amount else now,
            rewards_due_at=now if order.paid_event_id is not None and why in TAKING_REWARDS else None,
        )  # fmt: skip
        made.save(force_insert=True)
        if points:
            assert order.journal_id is not None, "only points that were taken go back"
            reverse_journal(journal_id=order.journal_id, cause=f"refund {made.pk}", amount=points, now=now)
        order.refunded += amount
        order.points_refunded += points
        order.save(update_fields=["refunded", "points_refunded"])
        _tell(made, now)
    return made, True


def refund(
    *, order_id: int, amount: int, points: int, key: str, now: datetime, reason: str, actor: str
) -> tuple[Refund, bool]:
    """Give back what the team decides, with a reason that the member reads, once for this key. Raises CannotRefund."""
    if not reason.strip():
        raise CannotRefund("reason_missing", _("Say why: the member reads it."))
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",)).select_related("activity__space").get(pk=order_id)
        return give_back(
            order, amount=amount, points=points, why=RefundFor.GOODWILL, key=key, now=now, reason=reason, actor=actor
        )


def carry_out(*, now: datetime) -> int:
    """Ask providers for the refunds that are due and return how many were done.

    The row is marked before a provider is asked, and asking twice is once: whoever dies in between loses nothing.
    """
    done = 0
    for _number in range(AT_ONCE_MAX):
        taken = _take(now)
        if taken is None:
            return done
        done += _ask(taken, now)
    return done


def take_back_rewards(*, now: datetime) -> int:
    """Take back what rules paid for orders that were refunded, in proportion; return for how many refunds.

    The share is of the money where there is any, else of the points. What is not ready is looked at again.
    """
    count = 0
    due = Refund.objects.filter(rewards_due_at__lte=now).order_by("rewards_due_at", "pk")
    for refund_id in list(due.values_list("pk", flat=True)[:AT_ONCE_MAX]):
        try:
            with transaction.atomic():
                count += _take_rewards(refund_id, now)
        except Exception:
            logger.exception("What rules paid for refund %d could not be taken back", refund_id)
    return count


def _take_rewards(refund_id: int, now: datetime) -> bool:
    rows = Refund.objects.select_for_update(skip_locked=True, of=("self",)).select_related("order")
    found = rows.filter(pk=refund_id, rewards_due_at__lte=now).first()
    if found is None:
        return False
    order = found.order
    before = order.refunds.filter(why__in=TAKING_REWARDS, pk__lte=found.pk)
    of, given = order.amount, sum(before.values_list("amount", flat=True))
    if not of:
        of, given = order.points, sum(before.values_list("points", flat=True))
    assert order.paid_event_id is not None, "it is due for what was told"
    # A refund in the other of the two takes no share of this one.
    is_settled = not given or take_back_share(
        event_id=order.paid_event_id, given=min(given, of), of=of, cause=f"refund {found.pk}", now=now
    )
    found.rewards_due_at = None if is_settled else now + LOOKED_AT_AGAIN
    found.save(update_fields=["rewards_due_at"])
    return is_settled


def confirm(*, refund_id: int, now: datetime, actor: str, ref: str = "") -> tuple[Refund, bool]:
    """A person has paid it back, and says so once. What a payment service still tries is its own: CannotRefund."""
    with transaction.atomic():
        found = Refund.objects.select_for_update(of=("self",)).select_related("order").get(pk=refund_id)
        if found.state == RefundState.DONE:
            return found, False
        if found.state == RefundState.DUE and found.next_try_at is not None and not _is_by_hand(found):
            raise CannotRefund("not_by_hand", _("The payment service pays it back; wait until that is done or failed."))
        found.actor = actor[:80]
        _finish(found, ref, now)
    return found, True


def try_again(*, refund_id: int, now: datetime) -> tuple[Refund, bool]:
    """Have a provider asked again for a refund that failed, as often as the first time; say whether it was."""
    with transaction.atomic():
        found = Refund.objects.select_for_update().get(pk=refund_id)
        if found.state != RefundState.FAILED:
            return found, False
        found.state, found.tries, found.next_try_at, found.error = RefundState.DUE, 0, now, ""
        found.save(update_fields=["state", "tries", "next_try_at", "error"])
    return found, True


def fail(*, refund_id: int, provider: str, words: str) -> bool:
    """A provider had paid it back, or said so, and it came to nothing: a person sees to it. Say whether that is new."""
    with transaction.atomic():
        found = Refund.objects.select_for_update(of=("self",)).filter(pk=refund_id, order__provider=provider).first()
        if found is None or found.state == RefundState.FAILED:
            return False
        found.state, found.done_at, found.next_try_at, found.error = RefundState.FAILED, None, None, words[:300]
        found.save(update_fields=["state", "done_at", "next_try_at", "error"])
    return True


def _is_by_hand(refund: Refund) -> bool:
    return (refund.order.provider or settings.PAYMENT_PROVIDER) == providers.OFFLINE


def _check(order: Order, amount: int, points: int) -> None:
    left, points_left = order.paid - order.refunded, order.points - order.points_refunded
    if order.journal_id is None:
        points_left = 0
    if amount < 0 or points < 0 or not amount + points:
        raise CannotRefund("nothing_to_refund", _("Say how much goes back."))
    if amount > left or points > points_left:
        raise CannotRefund("too_much", _("More than was paid, less what went back before, cannot go back."))


def _take(now: datetime) -> Refund | None:
    """The next due refund, marked as tried: it comes up again later, later each time."""
    with transaction.atomic():
        due = Refund.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            state=RefundState.DUE, next_try_at__lte=now
        )
        found = due.select_related("order").order_by("next_try_at", "pk").first()
        if found is not None:
            found.tries += 1
            found.next_try_at = now + timedelta(minutes=min(60 * 24, 5 * 3 ** (found.tries - 1)))
            found.save(update_fields=["tries", "next_try_at"])
    return found


def _ask(due: Refund, now: datetime) -> bool:
    try:
        ref = providers.named(due.order.provider or settings.PAYMENT_PROVIDER).refund(due)
    except providers.CannotMove as error:
        logger.warning("Refund %d was not done tries=%d: %s", due.pk, due.tries, error)
        Refund.objects.filter(pk=due.pk, state=RefundState.DUE).update(
            error=str(error)[:300], **({"state": RefundState.FAILED} if due.tries >= TRIES_MAX else {})
        )
        return False
    with transaction.atomic():
        found = Refund.objects.select_for_update().get(pk=due.pk)
        if found.state != RefundState.DUE:
            return False
        if ref is None:
            # A person does it: nobody is asked again.
            found.next_try_at = None
            found.save(update_fields=["next_try_at"])
            return False
        _finish(found, ref, now)
    return True


def _finish(found: Refund, ref: str, now: datetime) -> None:
    found.state, found.done_at, found.provider_ref = RefundState.DONE, now, ref[:200]
    found.next_try_at, found.error = None, ""
    found.save()


def _tell(made: Refund, now: datetime) -> None:
    order = made.order
    more = {
        "ticket": order.ticket.code, "amount": str(major(made.amount, order.money) if made.amount else 0),
        "money": order.money, "why": made.why,
    }  # fmt: skip
    tell(ACTIVITY_ORDER_REFUNDED, order.activity, [order.member_id], now=now, more=more)
