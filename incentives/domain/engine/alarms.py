"""Rings when a budget is used as far as its alarm says: once in each of its periods."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from django.db import transaction

from incentives.domain.engine.uses import UseBook
from incentives.domain.rules.limits import Ceiling, Use
from incentives.models import BudgetAlarm

logger = logging.getLogger(__name__)


def ring(uses: UseBook, *, now: datetime) -> None:
    """Record the budgets that have reached their alarm, in the batch's transaction.

    The batch holds each budget's row, so whoever finds no alarm is the only one who could write it.
    """
    ringing = uses.ringing()
    if not ringing:
        return
    names, periods = {budget.name for budget, _, _ in ringing}, {period for _, period, _ in ringing}
    rung = set(BudgetAlarm.objects.filter(limit__in=names, period__in=periods).values_list("limit", "period"))
    fresh = [_alarm(*each, now) for each in ringing if (each[0].name, each[1]) not in rung]
    BudgetAlarm.objects.bulk_create(fresh)
    for alarm in fresh:
        words = ("Budget %s has reached its alarm period=%d used=%d of=%d", alarm.limit, alarm.period)
        transaction.on_commit(partial(logger.warning, *words, alarm.used, alarm.of))


def _alarm(budget: Ceiling, period: int, use: Use, now: datetime) -> BudgetAlarm:
    alarm = BudgetAlarm(limit=budget.name, period=period, reached_at=now)
    if budget.times is not None:
        alarm.used, alarm.of = use.times, budget.times
    else:
        assert budget.amount is not None, "a limit says times or amount"
        alarm.used, alarm.of, alarm.currency_id = use.amount, budget.amount, budget.currency_id
    return alarm
