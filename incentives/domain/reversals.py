"""Takes back what a rule did, and gives its use and its amount back to the limits that counted it."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from incentives.domain.engine import rulebook
from incentives.domain.engine.facts import zone_named
from incentives.domain.ledger import operations
from incentives.domain.ledger.operations import Moved
from incentives.domain.rules.limits import Ceiling
from incentives.models import Journal, LimitUse, Reversal
from members.domain.counters.periods import local_day, period_of
from members.lanes import lane_of
from members.models import Event, Lane, Member

logger = logging.getLogger(__name__)


def reverse_journal(*, journal_id: int, cause: str, now: datetime, actor: str = "") -> Moved:
    """Take back a whole journal; see ledger.operations.reverse, whose errors this raises.

    Where a rule had made it, its limits and budgets get back what was recovered, and the turn once everything that
    the rule did for the event has been taken back.
    """
    original = Journal.objects.filter(pk=journal_id).first()
    with transaction.atomic():
        if original is not None and original.rule_code:
            # A member's limits belong to whoever holds the lane; without it a running batch would write over this.
            Lane.objects.select_for_update().get(number=lane_of(original.member_id))
        moved = operations.reverse(journal_id=journal_id, cause=cause, now=now, actor=actor)
        if original is not None and original.rule_code and moved.is_new:
            _give_back(original, -moved.amount)
    return moved


def _give_back(journal: Journal, amount: int) -> None:
    """`amount` is what the journal had moved and no longer does, with its sign."""
    assert journal.event_id is not None, "a rule acts on an event"
    event = Event.objects.get(pk=journal.event_id)
    plan = rulebook.current().plan_of(journal.rule_code, journal.rule_version or 0)
    if plan is None:
        logger.warning("Journal %d was made by a rule version that no longer checks", journal.pk)
        return
    zone = zone_named(Member.objects.values_list("time_zone", flat=True).get(pk=journal.member_id))
    day = local_day(event.occurred_at, zone)
    programme_day = local_day(event.occurred_at, timezone.get_default_timezone())
    is_undone = _is_undone(journal)
    for ceiling in sorted(plan.ceilings, key=lambda each: each.limit_id):
        shared = ceiling.is_shared_by_members
        period = period_of(ceiling.every, programme_day if shared else day)
        uses = LimitUse.objects.select_for_update().filter(
            member_id=0 if shared else journal.member_id, limit_id=ceiling.limit_id, period=period
        )
        for use in uses:
            _return(use, ceiling, journal, amount, is_undone=is_undone)


def _return(use: LimitUse, ceiling: Ceiling, journal: Journal, amount: int, *, is_undone: bool) -> None:
    counted = ceiling.currency_id == journal.currency_id and (amount > 0 or ceiling.is_net)
    if ceiling.amount is not None and counted:
        use.amount = use.amount - amount if ceiling.is_net else max(0, use.amount - amount)
    if ceiling.times is not None and is_undone:
        use.times = max(0, use.times - 1)
    use.save(update_fields=["times", "amount"])


def _is_undone(journal: Journal) -> bool:
    """Whether everything that the rule moved for the event has been taken back, this journal included."""
    made = Journal.objects.filter(
        event_id=journal.event_id, rule_code=journal.rule_code, run=journal.run, reverses_id=None
    ).values_list("pk", flat=True)
    return Reversal.objects.filter(pk__in=list(made), reversed_amount__gt=0).count() == len(made)
