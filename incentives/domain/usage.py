"""How much of a rule's limits a member has used, and when there is more again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from incentives.domain.catalogues import Known
from incentives.domain.ledger.queries import major
from incentives.domain.rules.limits import Ceiling
from incentives.models import LimitUse
from members.domain.counters.periods import month_of, period_of, week_of

Uses = dict[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Usage:
    """A limit and its use in one period. `again_on` is the first day of the period after today's."""

    every: str
    used: Decimal
    most: Decimal
    is_now: bool
    again_on: date | None

    @property
    def is_used_up(self) -> bool:
        return self.used >= self.most


def own_ceiling(ceilings: Iterable[Ceiling], currency_id: int | None = None) -> Ceiling | None:
    """The limit a member thinks of first: one of their own, on this currency where there is one."""
    own = [ceiling for ceiling in ceilings if not ceiling.is_shared_by_members]
    return next((c for c in own if c.currency_id in (None, currency_id)), own[0] if own else None)


def uses_of(member_id: int, wanted: Iterable[tuple[Ceiling, int]]) -> Uses:
    """Times and amounts used, by (limit, period), for limits on local days: one query."""
    keys = {(ceiling.limit_id, period_of(ceiling.every, day)) for ceiling, day in wanted}
    rows = LimitUse.objects.filter(
        member_id=member_id, limit_id__in={limit for limit, _ in keys}, period__in={period for _, period in keys}
    )
    return {(use.limit_id, use.period): (use.times, use.amount) for use in rows}


def usage_of(ceiling: Ceiling, uses: Uses, *, day: int, today: int, known: Known) -> Usage:
    """The use of a limit in the period that holds a local day."""
    period = period_of(ceiling.every, day)
    times, amount = uses.get((ceiling.limit_id, period), (0, 0))
    if ceiling.times is not None:
        used, most = Decimal(times), Decimal(ceiling.times)
    else:
        scale = next((c.scale for c in known.currencies.values() if c.pk == ceiling.currency_id), 0)
        used, most = major(amount, scale), major(ceiling.amount or 0, scale)
    return Usage(
        every=ceiling.every,
        used=max(Decimal(0), used),
        most=most,
        is_now=period == period_of(ceiling.every, today),
        again_on=_next(ceiling.every, today),
    )


def _next(every: str, today: int) -> date | None:
    """The first day of the period after today's."""
    if every == "day":
        return date.fromordinal(today + 1)
    if every == "week":
        return date.fromordinal(week_of(today) + 7)
    if every == "month":
        return (date.fromordinal(month_of(today)) + timedelta(days=32)).replace(day=1)
    return None
