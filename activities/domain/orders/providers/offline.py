"""Paid by hand: in cash, by bank transfer. An operator says when the money has come, and when it has gone back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from activities.domain.orders.providers.protocol import BadNews, Begun, News, Setback
from activities.models import Order, Refund


class Offline:
    code = "offline"

    @property
    def minutes_to_pay(self) -> int:
        return 60 * int(settings.OFFLINE_ORDER_HOURS)

    def begin(self, order: Order, *, return_url: str) -> Begun:
        ref = f"{order.pk:08d}"
        said = {"ref": ref, "how": settings.OFFLINE_PAYMENT_WORDS}
        return Begun(words=(_("Pay with the reference %(ref)s. %(how)s") % said).strip(), ref=ref)

    def close(self, ref: str) -> None:
        """There is no page: whoever pays by hand all the same is paid back by hand."""

    def refund(self, refund: Refund) -> str | None:
        """A person pays it back and says so."""
        return None

    def read(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Sequence[News | Setback]:
        raise BadNews("Nobody sends news of what is paid by hand.")
