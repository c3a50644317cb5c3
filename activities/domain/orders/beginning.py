"""Says how an order is paid, asking its provider outside any transaction: whoever is slow there holds nothing here."""

from __future__ import annotations

import logging

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.domain.orders import pages, providers
from activities.enums import OrderState
from activities.models import Order

logger = logging.getLogger(__name__)


def how_to_pay(order: Order) -> providers.Begun | None:
    """Say where or how the rest of an open order is paid; None where nothing is to be paid.

    One that cannot be reached is said in words: the place is held all the same, and asking again later is safe.
    """
    if order.state != OrderState.PLACED or not order.left_to_pay:
        return None
    try:
        return begin(order, return_url=settings.PAYMENT_RETURN_URL)
    except providers.CannotMove as error:
        logger.warning("Order %d could not be begun: %s", order.pk, error)
        return providers.Begun(words=_("The payment service does not answer; ask again in a minute."))


def begin(order: Order, *, return_url: str) -> providers.Begun:
    """Begin the payment of an open order, from which its member comes back to `return_url`.

    What the provider answered is kept and not asked for again. Raises CannotMove.
    """
    if order.pay_url:
        return providers.Begun(url=order.pay_url, ref=order.provider_ref)
    begun = providers.named(order.provider).begin(order, return_url=return_url)
    return _kept(order, begun) if begun.url else begun


def _kept(order: Order, begun: providers.Begun) -> providers.Begun:
    """The page that is kept for an order: this one, or where somebody was faster that one, and this is closed."""
    # Only while as much is left to pay as was asked for.
    still = Order.objects.filter(pk=order.pk, state=OrderState.PLACED, amount=order.amount, paid=order.paid)
    if still.filter(pay_url="").update(pay_url=begun.url, provider_ref=begun.ref):
        return begun
    found = Order.objects.get(pk=order.pk)
    if (found.pay_url, found.provider_ref) != (begun.url, begun.ref):
        pages.leave(order, ref=begun.ref, now=timezone.now())
    return providers.Begun(url=found.pay_url, ref=found.provider_ref) if found.pay_url else begun
