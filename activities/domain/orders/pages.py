"""Closes pages at their payment service once nothing is to be paid there any more: what ends here ends there too.

A page is left here in the transaction that ends its order, and closed by a job after that, as often as it takes.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from activities.domain.orders import providers
from activities.models import Order, PageToClose

logger = logging.getLogger(__name__)

AT_ONCE_MAX = 100
# Two days, counted together: no page stays open by itself for longer than one.
TRIES_MAX = 9


def leave(order: Order, *, ref: str, now: datetime) -> None:
    """Have a page of an order closed by the job; leaving it twice is once."""
    PageToClose.objects.get_or_create(order=order, ref=ref, defaults={"due_at": now})


def close_due(*, now: datetime) -> int:
    """Close the pages that are due and return how many were closed, or found to be.

    The row is marked before the service is asked, and asking twice is once: whoever dies in between loses nothing.
    """
    closed = 0
    for _number in range(AT_ONCE_MAX):
        taken = _take(now)
        if taken is None:
            break
        closed += _close(taken, now)
    return closed


def _take(now: datetime) -> PageToClose | None:
    """The next page that is due, marked as tried: it comes up again later, later each time."""
    with transaction.atomic():
        due = PageToClose.objects.select_for_update(skip_locked=True, of=("self",)).filter(due_at__lte=now)
        found = due.select_related("order").order_by("due_at", "pk").first()
        if found is not None:
            found.tries += 1
            found.due_at = now + timedelta(minutes=3 ** (found.tries - 1))
            found.save(update_fields=["tries", "due_at"])
    return found


def _close(page: PageToClose, now: datetime) -> bool:
    still = PageToClose.objects.filter(pk=page.pk, closed_at__isnull=True)
    try:
        providers.named(page.order.provider).close(page.ref)
    except providers.CannotMove as error:
        is_last = page.tries >= TRIES_MAX
        logger.warning("Page %d was not closed tries=%d last=%s: %s", page.pk, page.tries, is_last, error)
        still.update(error=str(error)[:300], **({"due_at": None} if is_last else {}))
        return False
    return bool(still.update(closed_at=now, due_at=None, error=""))
