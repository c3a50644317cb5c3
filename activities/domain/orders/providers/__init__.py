"""Who moves money. Another provider is another module here and a line in PROVIDERS."""

from __future__ import annotations

from django.conf import settings

from activities.domain.orders.providers.offline import Offline
from activities.domain.orders.providers.protocol import BadNews, Begun, CannotMove, News, Provider

__all__ = ["BadNews", "Begun", "CannotMove", "News", "Provider", "current", "named"]

PROVIDERS: dict[str, type[Provider]] = {Offline.code: Offline}


def current() -> Provider:
    """The provider by which new orders are paid, as the installation says."""
    return named(settings.PAYMENT_PROVIDER)


def named(code: str) -> Provider:
    return PROVIDERS[code]()
