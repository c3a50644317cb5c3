"""Who moves money. Another provider is another module here and a line in PROVIDERS."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from activities.domain.orders.providers.offline import Offline
from activities.domain.orders.providers.protocol import BadNews, Begun, CannotMove, News, Provider, Setback

__all__ = ["OFFLINE", "BadNews", "Begun", "CannotMove", "News", "Provider", "Setback", "current", "named"]

OFFLINE = Offline.code


def _stripe() -> Provider:
    # Its library is large, and an extra: only who is paid by it has it.
    from activities.domain.orders.providers.stripe import Stripe  # noqa: PLC0415

    return Stripe()


PROVIDERS: dict[str, Callable[[], Provider]] = {Offline.code: Offline, "stripe": _stripe}


def current() -> Provider:
    """The provider by which new orders are paid, as the installation says."""
    return named(settings.PAYMENT_PROVIDER)


def named(code: str) -> Provider:
    if code not in PROVIDERS:
        raise ImproperlyConfigured(f"PAYMENT_PROVIDER is one of {', '.join(PROVIDERS)}, not {code!r}.")
    return PROVIDERS[code]()
