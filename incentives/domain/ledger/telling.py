"""Tells the timeline what was moved by request, so that rules, tiers and members hear of it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from incentives.domain.ledger import queries
from incentives.domain.pump import hints
from incentives.models import Currency
from members.domain.events.writers import write_outcomes
from members.domain.outcomes import INTERNAL_SOURCE
from members.domain.registry import registry
from members.lanes import lane_of


def tell(code: str, *, member_id: int, currency: Currency, amount: int, now: datetime) -> None:
    """Record an outcome event in the transaction of the movement. It is judged: a tier may have been reached."""
    registry.refresh()
    said = {"currency": currency.code, "amount": f"{queries.major(amount, currency.scale):f}"}
    data = msgspec.json.encode(said).decode()
    kind, source = registry.types[code].id, registry.sources[INTERNAL_SOURCE].id
    write_outcomes([(member_id, kind, source, None, now, now, data, lane_of(member_id))])
    hints.wake_on_commit()
