"""What a member had at a moment, in every currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from incentives.domain.ledger import queries
from incentives.models import Currency


@dataclass(frozen=True, slots=True)
class PastBalance:
    """A balance of a moment; what was pending or held then is not kept."""

    currency: str
    names: dict[str, str]
    kind: str
    available: Decimal
    pending: None = None
    held: None = None


def balances_at(*, member_id: int, moment: datetime, by: str) -> list[PastBalance]:
    """The available balance of every currency, by record or by business time; see queries.balance_at."""
    return [
        PastBalance(
            currency.code,
            currency.names,
            currency.kind,
            queries.balance_at(member_id=member_id, currency=currency, moment=moment, by=by),
        )
        for currency in Currency.objects.order_by("-kind", "code")
    ]
