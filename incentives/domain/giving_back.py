"""Gives limits and budgets back what they counted for something that was taken back, or never became sure."""

from __future__ import annotations

import logging

from django.db.models import F
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
    _change(journal, amount, turns=-1 if _is_undone(journal) else 0)


def take_again(journal: Journal, amount: int) -> None:
    """`amount` is what the journal moves again after it was taken back, with its sign; the caller holds the lane."""
    # The turn was given back with the last of what the rule had moved, so the first to come back takes it again.
    _change(journal, -amount, turns=1 if _has_begun(journal) else 0)


def _change(journal: Journal, amount: int, *, turns: int) -> None:
    assert journal.event_id is not None, "a rule acts on an event"
    event = Event.objects.get(pk=journal.event_id)
    plan = rulebook.current().plan_of(journal.rule_code, journal.rule_version or 0)
    if plan is None:
        logger.warning("Journal %d was made by a rule version that no longer checks", journal.pk)
        return
    zone = zone_named(Member.objects.values_list("time_zone", flat=True).get(pk=journal.member_id))
    day = local_day(event.occurred_at, zone)
    programme_day = local_day(event.occurred_at, timezone.get_default_timezone())
    for ceiling in sorted(plan.ceilings, key=lambda each: each.limit_id):
        shared = ceiling.is_shared_by_members
        period = period_of(ceiling.every, programme_day if shared else day)
        uses = LimitUse.objects.select_for_update().filter(
            member_id=0 if shared else journal.member_id, limit_id=ceiling.limit_id, period=period
        )
        for use in uses:
            _return(use, ceiling, journal, amount, turns=turns)


def _return(use: LimitUse, ceiling: Ceiling, journal: Journal, amount: int, *, turns: int) -> None:
    is_award = journal.kind == JournalKind.AWARD
    counted = ceiling.currency_id == journal.currency_id and (is_award or ceiling.is_net)
    if ceiling.amount is not None and counted:
        use.amount = use.amount - amount if ceiling.is_net else max(0, use.amount - amount)
    if ceiling.times is not None:
        use.times = max(0, use.times + turns)
    use.save(update_fields=["times", "amount"])


def _is_undone(journal: Journal) -> bool:
    """Whether everything that the rule moved for the event has been taken back, this journal included."""
    made, gone = _made_and_gone(journal)
    return gone == made


def _has_begun(journal: Journal) -> bool:
    """Whether this journal is the first that came back of what the rule had moved for the event."""
    made, gone = _made_and_gone(journal)
    return made - gone == {journal.pk}


def _made_and_gone(journal: Journal) -> tuple[set[int], set[int]]:
    """What the rule moved for the event, and what of it was taken back or never became sure."""
    made = Journal.objects.filter(
        event_id=journal.event_id,
        rule_code=journal.rule_code,
        run=journal.run,
        kind__in=(JournalKind.AWARD, JournalKind.DEDUCT),
    ).values_list("pk", flat=True)
    taken = set(Reversal.objects.filter(pk__in=list(made), wanted_amount=F("amount")).values_list("pk", flat=True))
    lapsed = PendingAward.objects.filter(journal_id__in=list(made), state=PendingState.LAPSED)
    return set(made), taken | set(lapsed.values_list("journal_id", flat=True))
