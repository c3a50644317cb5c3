"""Judges events of one member again: what they have brought is taken back, and the rules decide anew in another run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max, Sum

from incentives.domain.pump import hints
from incentives.domain.withdrawing import handed_over, hold_lanes, stop_waiting, withdraw
from incentives.enums import JournalKind
from incentives.models import BadgeGrant, Entry, Journal, Judgement, PrivilegeGrant
from members.lanes import lane_of
from members.models import Event, Work

BY_RULES = (JournalKind.AWARD, JournalKind.DEDUCT)


def judge_again(event_ids: list[int], *, actor: str, now: datetime) -> dict[str, Any]:
    """Take back what the events brought, to whomever, and put them to work; return what an undo needs.

    What waits to be judged, or never was, is left alone. What others were paid for these events is taken back there.
    """
    found = list(Event.objects.filter(pk__in=event_ids).order_by("pk"))
    hold_lanes(found)
    waiting = set(Work.objects.filter(event_id__in=event_ids).values_list("event_id", flat=True))
    judged = Judgement.objects.filter(event_id__in=event_ids).values_list("event_id").annotate(run=Max("run"))
    runs = {event_id: run + 1 for event_id, run in judged.order_by("event_id") if event_id not in waiting}
    events = [event for event in found if event.pk in runs]
    if not events:
        return {}
    everything = [event.pk for event in (*events, *handed_over(events))]
    withdraw(event_ids=runs, cause=actor, now=now, actor=actor, is_quiet=True)
    reversals = Journal.objects.filter(event_id__in=everything, kind=JournalKind.REVERSE, actor=actor)
    did = {
        "runs": {str(event_id): run for event_id, run in runs.items()},
        "reversals": list(reversals.order_by("pk").values_list("pk", flat=True)),
        **_take_rights(everything, now),
    }
    Work.objects.bulk_create(
        Work(event_id=event.pk, lane=lane_of(event.member_id), available_at=now, run=runs[event.pk]) for event in events
    )
    hints.wake_on_commit()
    return did


def newest_of(did: Mapping[str, Any]) -> dict[str, Any]:
    """What of a judging again still counts: events that were judged once more since are that run's affair."""
    runs = {int(event_id): run for event_id, run in did["runs"].items()}
    events = list(Event.objects.filter(pk__in=runs).order_by("pk"))
    hold_lanes(events)
    newest = dict(Judgement.objects.filter(event_id__in=runs).values_list("event_id").annotate(run=Max("run")))
    waiting = dict(Work.objects.filter(event_id__in=runs).values_list("event_id", "run"))
    ours = [event for event in events if max(newest[event.pk], waiting.get(event.pk, 0)) <= runs[event.pk]]
    everything = {event.pk for event in (*ours, *handed_over(ours))}
    reversals = Journal.objects.filter(pk__in=did["reversals"], event_id__in=everything)
    grants = PrivilegeGrant.objects.filter(pk__in=did["grants"], event_id__in=everything)
    return {
        "runs": {str(event.pk): runs[event.pk] for event in ours},
        "reversals": list(reversals.order_by("pk").values_list("pk", flat=True)),
        "grants": list(grants.values_list("pk", flat=True)),
        "badges": [row for row in did["badges"] if row["event_id"] in everything],
    }


def stop(did: Mapping[str, Any], *, now: datetime) -> list[int]:
    """Keep the new run from paying what it has not paid yet, and return the journals of what it has."""
    runs = {int(event_id): run for event_id, run in did.get("runs", {}).items()}
    events = list(Event.objects.filter(pk__in=runs).order_by("pk"))
    hold_lanes(events)
    assigned = handed_over(events)
    hold_lanes([*events, *assigned])
    stop_waiting([*events, *assigned], now)
    causes = {event.pk: event.cause_id for event in assigned}
    journals = Journal.objects.filter(event_id__in=[*runs, *causes], kind__in=BY_RULES)
    return [
        pk
        for pk, event_id, run in journals.order_by("pk").values_list("pk", "event_id", "run")
        if run == runs.get(causes.get(event_id or 0) or event_id or 0)
    ]


def give_rights_back(did: Mapping[str, Any], *, now: datetime) -> None:
    """Badges and privileges of the new run go, those of the one before are there again."""
    events = [int(event_id) for event_id in did.get("runs", {})]
    grants = PrivilegeGrant.objects.filter(event_id__in=events, revoked_at__isnull=True)
    grants.update(revoked_at=now)
    PrivilegeGrant.objects.filter(pk__in=did.get("grants", [])).update(revoked_at=None)
    BadgeGrant.objects.filter(event_id__in=events, badge__is_repeatable=True).delete()
    BadgeGrant.objects.bulk_create(
        (
            BadgeGrant(**{**row, "granted_at": datetime.fromisoformat(row["granted_at"])})
            for row in did.get("badges", [])
        ),
        ignore_conflicts=True,
    )


def amount_of(journal_id: int) -> int:
    """What a journal moved, in minor units and with its sign."""
    return int(Entry.objects.filter(journal_id=journal_id).aggregate(total=Sum("amount"))["total"] or 0)


def _take_rights(event_ids: list[int], now: datetime) -> dict[str, Any]:
    """Take what the rules granted for these events and would grant twice. Honours held once stay: they are the same."""
    grants = list(
        PrivilegeGrant.objects.filter(event_id__in=event_ids, revoked_at__isnull=True).values_list("pk", flat=True)
    )
    PrivilegeGrant.objects.filter(pk__in=grants).update(revoked_at=now)
    badges = BadgeGrant.objects.filter(event_id__in=event_ids, badge__is_repeatable=True)
    columns = ("badge_id", "member_id", "key", "event_id", "rule_code", "rule_version", "granted_at")
    kept = [{**row, "granted_at": row["granted_at"].isoformat()} for row in badges.order_by("pk").values(*columns)]
    badges.delete()
    return {"grants": grants, "badges": kept}
