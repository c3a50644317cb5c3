"""What a payment provider does for us, and nothing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from activities.models import Order, Refund


class BadNews(Exception):
    """News that does not come from the provider, or that nobody can read; nothing was changed."""


class CannotMove(Exception):
    """The provider did not do it; asking again later may help."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the member pays, or in words how; `ref` is what the provider calls the order."""

    url: str = ""
    words: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """Money that came for an order: `amount` in minor units of `money`; `ref` is the provider's name of the payment.

    `page` is its name of the page on which it was paid, where there was one.
    """

    order_id: str
    ref: str
    amount: int
    money: str
    at: datetime
    page: str = ""


@dataclass(frozen=True, slots=True)
class Setback:
    """Money that did not go back after all, though the provider had taken it on: a person is to see to it."""

    refund_id: int
    words: str


class Provider(Protocol):
    """A provider is asked with keys that make asking twice the same as once."""

    code: str

    @property
    def minutes_to_pay(self) -> int:
        """How long an order waits for its money."""
        ...

    def begin(self, order: Order, *, return_url: str) -> Begun:
        """Say how an order is paid. Raises CannotMove."""
        ...

    def close(self, ref: str) -> None:
        """Let nobody pay any more on what `begin` opened; what was paid on or closed is done. Raises CannotMove."""
        ...

    def refund(self, refund: Refund) -> str | None:
        """Send money back, once for this refund, and return the provider's name of it; None if a person does it.

        Raises CannotMove.
        """
        ...

    def read(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Sequence[News | Setback]:
        """The news in a message, whose signature is proven. Raises BadNews."""
        ...
