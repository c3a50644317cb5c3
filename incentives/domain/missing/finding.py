"""Finds why something was not paid, in one fixed order: the first reason that holds is the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation

from incentives.domain import traces
from incentives.domain.missing import reasons
from incentives.domain.missing.reasons import Reason
from incentives.enums import CaseFinding
from incentives.models import Journal
from members.domain.counters.periods import midnight
from members.models import Event, Member, Rejection, Source

CANDIDATES_MAX = 20
# The newest events are looked through for the last one of an app; an app that is silent for longer is silent.
LOOK_BACK = 200_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a member says they did, on a local day of theirs: an event, or a type, perhaps for one rule."""

    happened_at: datetime
    event_id: int | None = None
    event_type: str = ""
    rule_code: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The finding, in words by language, with what it rests on; `event_id` where an event was there."""

    finding: CaseFinding
    said: dict[str, str]
    facts: dict[str, Any] = field(default_factory=dict)
    event_id: int | None = None

    @property
    def explains(self) -> bool:
        return self.finding != CaseFinding.NOTHING


def find(member: Member, asked: Asked, *, now: datetime) -> Found:
    """Look for what a member asks about: not received, refused, no rule, clause, limit, pending, taken back, frozen."""
    candidates = list(_candidates(member, asked))
    facts: dict[str, Any] = {"candidates": _shown(candidates)}
    if not candidates:
        return _nothing_there(member, asked, facts)
    if asked.event_id is None and not asked.event_type:
        # Words alone do not say which of them is meant.
        return _told(reasons.unclear(), facts)
    event = _likeliest(candidates, asked)
    by_language: dict[str, Reason] = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            trace = traces.trace_of(event.pk, language_code=code, shows_hidden=False)
            by_language[code] = reasons.of(trace, event=event, member=member, rule_code=asked.rule_code, now=now)
    first = next(iter(by_language.values()))
    said = {code: reason.words() for code, reason in by_language.items()}
    return Found(first.finding, said, facts | first.facts | {"event": str(event.pk)}, event.pk)


def _candidates(member: Member, asked: Asked) -> QuerySet[Event]:
    """The member's events that may be meant, the newest first."""
    events = Event.objects.filter(member_id=member.pk).select_related("type", "source").order_by("-occurred_at", "-pk")
    if asked.event_id is not None:
        return events.filter(pk=asked.event_id)
    begins, ends = day_around(asked.happened_at, member)
    events = events.filter(occurred_at__gte=begins, occurred_at__lt=ends)
    if asked.source:
        events = events.filter(source__code=asked.source)
    kind = {"type__code": asked.event_type} if asked.event_type else {"type__is_internal": False}
    return events.filter(**kind)[:CANDIDATES_MAX]


def day_around(moment: datetime, member: Member) -> tuple[datetime, datetime]:
    """The member's local day that holds a moment: from, and until (exclusive)."""
    day = member.local(moment).date()
    return midnight(day, member.zone()), midnight(day + timedelta(days=1), member.zone())


def _likeliest(candidates: Sequence[Event], asked: Asked) -> Event:
    """Of several, the newest that was paid nothing (by the rule that is meant)."""
    paid = Journal.objects.filter(event_id__in=[event.pk for event in candidates])
    if asked.rule_code:
        paid = paid.filter(rule_code=asked.rule_code)
    ids = set(paid.values_list("event_id", flat=True))
    return next((event for event in candidates if event.pk not in ids), candidates[0])


def _nothing_there(member: Member, asked: Asked, facts: dict[str, Any]) -> Found:
    begins, ends = day_around(asked.happened_at, member)
    refused = Rejection.objects.filter(ref=member.ref, received_at__gte=begins, received_at__lt=ends)
    if asked.source:
        refused = refused.filter(source=asked.source)
    rejection = refused.order_by("-pk").first()
    if rejection is not None:
        more = {"code": rejection.code, "pointer": rejection.pointer, "sentence": rejection.sentence}
        return _told(reasons.refused(rejection, member), facts | {"source": rejection.source, **more})
    source = _source_of(member, asked)
    last = _last_heard(source) if source is not None else None
    name = (source.description or source.code) if source is not None else ""
    known = {"source": source.code if source is not None else "", "last_at": last.isoformat() if last else None}
    return _told(reasons.not_received(begins, name, last, member), facts | known)


def _told(reason: Reason, facts: dict[str, Any]) -> Found:
    said = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            said[code] = reason.words()
    return Found(reason.finding, said, facts)


def _source_of(member: Member, asked: Asked) -> Source | None:
    """The app that should have reported it: the one named, else the one that last reported the like of this member."""
    if asked.source:
        return Source.objects.filter(code=asked.source).first()
    events = Event.objects.filter(member_id=member.pk, source__is_internal=False).select_related("source")
    alike = events.filter(type__code=asked.event_type) if asked.event_type else events
    for found in (alike, events):
        event = found.order_by("-occurred_at", "-pk").first()
        if event is not None:
            return event.source
    apps = list(Source.objects.filter(is_internal=False)[:2])
    return apps[0] if len(apps) == 1 else None


def _last_heard(source: Source) -> datetime | None:
    """When the newest event of an app arrived, if it is among the newest of all."""
    newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    found = Event.objects.filter(pk__gt=newest - LOOK_BACK, source=source).order_by("-pk")
    return found.values_list("received_at", flat=True).first()


def _shown(candidates: Sequence[Event]) -> list[dict[str, str]]:
    return [{"event": str(e.pk), "type": e.type.code, "at": e.occurred_at.isoformat()} for e in candidates]
