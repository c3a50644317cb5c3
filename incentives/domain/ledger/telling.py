"""Tells the timeline what was moved by request, so that rules, tiers and members hear of it."""

from __future__ import annotations

from datetime import datetime

from incentives.domain.ledger import queries
from incentives.domain.pump import hints
from incentives.models import Currency
from members.domain.events import telling


def tell(code: str, *, member_id: int, currency: Currency, amount: int, now: datetime, is_quiet: bool = False) -> None:
    """Record an outcome event in the transaction of the movement. It is judged: a tier may have been reached.

    Quietly, no message is written about it: whoever moves it has one of their own.
    """
    said = {"currency": currency.code, "amount": f"{queries.major(amount, currency.scale):f}"}
    telling.tell(code, [(member_id, said)], now=now, is_quiet=is_quiet)
    hints.wake_on_commit()
