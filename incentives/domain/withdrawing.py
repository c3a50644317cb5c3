"""Takes back everything that some events have paid, to whomever: what a fraud brought must not stay anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db import transaction

from incentives.domain.engine.paying import ASSIGNED
from incentives.domain.ledger.operations import CannotReverse
from incentives.domain.reversals import reverse_journal
from incentives.enums import JournalKind
from incentives.models import Journal, Judgement, RuleSet
from members.domain.events.writers import write_outcomes
from members.domain.outcomes import EFFECT_ASSIGNED, EFFECT_WITHDRAWN, INTERNAL_SOURCE
from members.domain.registry import registry
from members.lanes import lane_of
from members.models import DeadLetter, Event, Lane, Member, Work

WITHDRAWN = '[["",0,"withdrawn",[]]]'


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What was taken back: journals reversed, events that will now pay nothing, and what could not be recovered."""

    reversed: int
    stopped: int
    lost: int


def withdraw(
    *, event_ids: Iterable[int], cause: str, now: datetime, actor: str = "", is_quiet: bool = False
) -> Withdrawn:
    """Take back what the events have paid and keep them from paying what they have not paid yet.

    Effects that went to other members are taken back there. Doing it again for one cause changes nothing.
    """
    with transaction.atomic():
        paid, assigned = hold(event_ids)
        events = [*paid, *assigned]
        stopped = stop_waiting(events, now)
        done = lost = 0
        journals = Journal.objects.filter(
            event_id__in=[event.pk for event in events], kind__in=(JournalKind.AWARD, JournalKind.DEDUCT)
        )
        for journal in journals.order_by("pk"):
            try:
                moved = reverse_journal(journal_id=journal.pk, cause=cause, now=now, actor=actor, is_quiet=is_quiet)
            except CannotReverse:
                lost += 1
            else:
                done += moved.is_new
                lost += moved.unrecovered > 0
        tell_withdrawn(assigned, now)
    return Withdrawn(done, stopped, lost)


def hold(event_ids: Iterable[int]) -> tuple[list[Event], list[Event]]:
    """Hold the lanes that a withdrawal needs, in the one order of the house; return the events, and those by which they
    were handed to other members.

    Whoever holds the lanes decides whether these events still wait, and whom they were handed to. So that is looked up
    twice: to know which lanes to hold, and again when they are held.
    """
    paid = list(Event.objects.filter(pk__in=set(event_ids)))
    hold_lanes([*paid, *handed_over(paid)])
    assigned = handed_over(paid)
    # One more only if it was handed over meanwhile.
    hold_lanes([*paid, *assigned])
    return paid, assigned


def hold_lanes(events: Iterable[Event]) -> None:
    lanes = sorted({lane_of(event.member_id) for event in events})
    list(Lane.objects.select_for_update().filter(number__in=lanes).order_by("number"))


def handed_over(paid: list[Event]) -> list[Event]:
    """The events by which these were handed to other members; their judgements say to whom."""
    by_id = {event.pk: event for event in paid}
    found: dict[int, Event] = {}
    for event_id, verdicts in Judgement.objects.filter(event_id__in=by_id).values_list("event_id", "verdicts"):
        recipients = {
            line[4] for verdict in msgspec.json.decode(verdicts) for line in verdict[3] if line[3] == ASSIGNED
        }
        # The timeline of somebody who was merged is their survivor's.
        recipients |= set(Member.objects.filter(merged__in=recipients).values_list("pk", flat=True))
        # By member and moment, which the timeline is indexed by: an effect happens when its cause did.
        handed = Event.objects.filter(
            member_id__in=recipients,
            occurred_at=by_id[event_id].occurred_at,
            cause_id=event_id,
            type__code=EFFECT_ASSIGNED,
        )
        found |= {event.pk: event for event in handed.select_related("payload")}
    return list(found.values())


def stop_waiting(events: list[Event], now: datetime) -> int:
    """Judge what still waits as withdrawn."""
    ids = [event.pk for event in events]
    waiting = dict(Work.objects.filter(event_id__in=ids).values_list("event_id", "run"))
    newest = RuleSet.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    Judgement.objects.bulk_create(
        [
            Judgement(
                event_id=event.pk, run=waiting[event.pk], member_id=event.member_id, rule_set_id=newest, judged_at=now,
                sequence=0, facts="{}", verdicts=WITHDRAWN,
            )
            for event in events
            if event.pk in waiting
        ]
    )  # fmt: skip
    Work.objects.filter(event_id__in=waiting).delete()
    dead = DeadLetter.objects.filter(event_id__in=ids, state="waiting").update(state="dismissed")
    return len(waiting) + dead


def tell_withdrawn(assigned: list[Event], now: datetime) -> None:
    """Tell those whom another's event had paid that it was taken back, once."""
    registry.refresh()
    kind, source = registry.types[EFFECT_WITHDRAWN].id, registry.sources[INTERNAL_SOURCE].id
    told = set(
        Event.objects.filter(
            member_id__in={event.member_id for event in assigned},
            cause_id__in=[event.pk for event in assigned],
            type_id=kind,
        ).values_list("cause_id", flat=True)
    )
    write_outcomes(
        [
            (event.member_id, kind, source, event.pk, now, now, event.payload.data, None)
            for event in assigned
            if event.pk not in told
        ]
    )
