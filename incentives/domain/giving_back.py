"""Gives limits and budgets back what they counted for something that was taken back, or never became sure."""

from __future__ import annotations

import logging

from django.utils import timezone

from incentives.domain.engine import rulebook
from incentives.domain.rules.limits import Ceiling
from incentives.enums import JournalKind, PendingState
from incentives.models import Journal, LimitUse, PendingAward, Reversal
from members.domain.counters.periods import local_day, period_of, zone_named
from members.models import Event, Member

logger = logging.getLogger(__name__)


def give_back(journal: Journal, amount: int) -> None:
    """`amount` is what the journal had moved and no longer does, with its sign.

    The caller holds the lane of the journal's member: their limits belong to whoever holds it.
    """
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
        event_id=journal.event_id,
        rule_code=journal.rule_code,
        run=journal.run,
        kind__in=(JournalKind.AWARD, JournalKind.DEDUCT),
    ).values_list("pk", flat=True)
    taken = set(Reversal.objects.filter(pk__in=list(made), reversed_amount__gt=0).values_list("pk", flat=True))
    lapsed = PendingAward.objects.filter(journal_id__in=list(made), state=PendingState.LAPSED)
    return taken | set(lapsed.values_list("journal_id", flat=True)) == set(made)
