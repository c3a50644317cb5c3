"""How much of each limit is used: read for a batch, moved in memory, written back once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection

from incentives.domain.rules.limits import Ceiling, Use, rings
from incentives.models import LimitUse
from members.domain.counters.periods import period_of
from members.domain.sql import among, rows_of

UseKey = tuple[int, int, int]


@dataclass
class UseBook:
    """Uses by (member or 0 for the whole rule, limit, period)."""

    _uses: dict[UseKey, Use] = field(default_factory=dict)
    _budgets: dict[int, Ceiling] = field(default_factory=dict)
    _locked: set[tuple[int, int]] = field(default_factory=set)

    def load(self, member_ids: Iterable[int], ceilings: Iterable[Ceiling], periods: Iterable[int]) -> None:
        """Read what members have used; budgets are read, and locked, only when a matched rule names one."""
        ceilings = list(ceilings)
        self._budgets = {c.limit_id: c for c in ceilings if c.is_shared_by_members}
        own = {c.limit_id for c in ceilings if not c.is_shared_by_members}
        if not own:
            return
        self._read(sorted(set(member_ids)), sorted(own), sorted(set(periods)))

    def use(self, ceiling: Ceiling, member_id: int, day: int, programme_day: int) -> Use:
        """The running use of a limit on a day: the member's for their own limits, the programme's for budgets."""
        if ceiling.is_shared_by_members:
            period = period_of(ceiling.every, programme_day)
            if (ceiling.limit_id, period) not in self._locked:
                self._lock_budgets(programme_day)
            key = (0, ceiling.limit_id, period)
        else:
            key = (member_id, ceiling.limit_id, period_of(ceiling.every, day))
        use = self._uses.get(key)
        if use is None:
            use = self._uses[key] = Use()
        return use

    def ringing(self) -> list[tuple[Ceiling, int, Use]]:
        """Budgets that were used just now and stand at their alarm, each with the period."""
        used = [
            (self._budgets[limit_id], period, use)
            for (member_id, limit_id, period), use in self._uses.items()
            if member_id == 0 and use.is_moved and limit_id in self._budgets
        ]
        return [(budget, period, use) for budget, period, use in used if rings(budget, use)]

    def write(self) -> None:
        rows = sorted((*key, use.times, use.amount) for key, use in self._uses.items() if use.is_moved)
        if not rows:
            return
        statement = (
            "INSERT INTO incentives_limituse (member_id, limit_id, period, times, amount) {values}"
            " ON CONFLICT (member_id, limit_id, period)"
            " DO UPDATE SET times = excluded.times, amount = excluded.amount"
        )
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                arrays = "SELECT * FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::bigint[], %s::bigint[])"
                columns = [list(column) for column in zip(*rows, strict=True)]
                cursor.execute(statement.format(values=arrays), columns)
            else:
                cursor.executemany(statement.format(values="VALUES (%s, %s, %s, %s, %s)"), rows)

    def _read(self, members: list[int], limits: list[int], periods: list[int]) -> None:
        clauses, values = [], []
        for column, numbers in (("member_id", members), ("limit_id", limits), ("period", periods)):
            clause, given = among(column, numbers)
            clauses.append(clause)
            values += given
        found = rows_of(
            "SELECT member_id, limit_id, period, times, amount FROM incentives_limituse WHERE " + " AND ".join(clauses),
            values,
        )
        for member_id, limit_id, period, times, amount in found:
            self._uses[member_id, limit_id, period] = Use(times, amount)

    def _lock_budgets(self, programme_day: int) -> None:
        """Lock the budgets of every rule in this batch for a day, in one order, so that two workers never cross."""
        wanted = sorted(
            (limit_id, period_of(ceiling.every, programme_day)) for limit_id, ceiling in self._budgets.items()
        )
        wanted = [pair for pair in wanted if pair not in self._locked]
        LimitUse.objects.bulk_create(
            [LimitUse(member_id=0, limit_id=limit_id, period=period) for limit_id, period in wanted],
            ignore_conflicts=True,
        )
        rows = (
            LimitUse.objects.select_for_update()
            .filter(member_id=0, limit_id__in=[pair[0] for pair in wanted], period__in={pair[1] for pair in wanted})
            .order_by("id")
        )
        for row in rows:
            if (row.limit_id, row.period) in wanted:
                self._uses[0, row.limit_id, row.period] = Use(row.times, row.amount)
        self._locked.update(wanted)
