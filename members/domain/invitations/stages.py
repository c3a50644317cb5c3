"""Watches how far newcomers get: they break the ice, are active in week two, are still there after a month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from members.domain.counters.periods import local_day
from members.domain.invitations.accepting import tell_stage
from members.domain.outcomes import REFERRAL_ACTIVE, REFERRAL_BROKE_ICE, REFERRAL_RETAINED
from members.enums import ReferralState
from members.models import Event, EventPayload, EventType, ImportedEvent, Member, Referral

ICE_WITHIN = timedelta(hours=24)
# Events may be reported late: so long after a window has closed it is still looked at.
LATE = timedelta(days=3)
COUNT_MAX = 500


@dataclass(frozen=True, slots=True)
class Window:
    """A stage that is reached by a contribution between two local days after joining, both included."""

    column: str
    told: str
    first_day: int
    last_day: int


WINDOWS = (Window("active_at", REFERRAL_ACTIVE, 7, 13), Window("retained_at", REFERRAL_RETAINED, 30, 36))


def advance_referrals(*, now: datetime) -> int:
    """Record every stage that has been reached, tell it, and return how many. Running it twice records once."""
    count = sum(_advance(referral, REFERRAL_BROKE_ICE, "broke_ice_at", now=now) for referral in _broke_ice(now))
    for window in WINDOWS:
        count += sum(_advance(referral, window.told, window.column, now=now) for referral in _reached(window, now))
    return count


def _advance(referral: Referral, told: str, column: str, *, now: datetime) -> bool:
    """Write the stage and tell it together; False if another worker was faster or the referral was stopped."""
    with transaction.atomic():
        changed = Referral.objects.filter(pk=referral.pk, state__in=_COUNTING, **{f"{column}__isnull": True})
        if not changed.update(**{column: now}):
            return False
        tell_stage(told, referral, now=now)
    return True


_COUNTING = (ReferralState.OPEN, ReferralState.CONFIRMED)


def _candidates(column: str, joined_from: datetime, joined_until: datetime) -> QuerySet[Referral]:
    found = Referral.objects.filter(
        state__in=_COUNTING, joined_at__gte=joined_from, joined_at__lte=joined_until, **{f"{column}__isnull": True}
    )
    return found.select_related("member", "invitation").order_by("joined_at", "pk")


def _reached(window: Window, now: datetime) -> list[Referral]:
    """Referrals whose newcomer contributed on a local day of the window."""
    margin = timedelta(days=1)
    candidates = list(
        _candidates(
            window.column,
            now - timedelta(days=window.last_day) - margin - LATE,
            now - timedelta(days=window.first_day) + margin,
        )[:COUNT_MAX]
    )
    if not candidates:
        return []
    moments = _contributions(candidates, candidates[0].joined_at + timedelta(days=window.first_day) - margin)
    reached = []
    for referral in candidates:
        zone = referral.member.zone()
        day = local_day(referral.joined_at, zone)
        since = {local_day(moment, zone) - day for moment in moments.get(referral.pk, ())}
        if any(window.first_day <= each <= window.last_day for each in since):
            reached.append(referral)
    return reached


def _contributions(candidates: Sequence[Referral], since: datetime) -> dict[int, list[datetime]]:
    events = Event.objects.filter(
        member_id__in=[referral.pk for referral in candidates], type_id__in=_contributing(), occurred_at__gte=since
    )
    # What was brought from elsewhere without a word moves nobody on.
    events = events.exclude(Exists(ImportedEvent.objects.filter(event_id=OuterRef("pk"), of__is_quiet=True)))
    moments: dict[int, list[datetime]] = {}
    for member_id, moment in events.values_list("member_id", "occurred_at"):
        moments.setdefault(member_id, []).append(moment)
    return moments


def _contributing() -> list[int]:
    types = EventType.objects.filter(is_contribution=True) | EventType.objects.filter(is_conversation=True)
    return list(types.values_list("pk", flat=True))


def _broke_ice(now: datetime) -> list[Referral]:
    """Referrals whose newcomer has spoken and been answered within a day (of hours) of joining."""
    candidates = list(_candidates("broke_ice_at", now - ICE_WITHIN - LATE, now)[:COUNT_MAX])
    if not candidates:
        return []
    spoke = {
        member_id
        for member_id, moments in _contributions(candidates, candidates[0].joined_at).items()
        for joined_at in [next(r.joined_at for r in candidates if r.pk == member_id)]
        if any(joined_at <= moment < joined_at + ICE_WITHIN for moment in moments)
    }
    speaking = [referral for referral in candidates if referral.pk in spoke]
    answered = _answered(speaking) if speaking else set()
    return [referral for referral in speaking if referral.pk in answered]


def _answered(referrals: Sequence[Referral]) -> set[int]:
    """Whom another member, neither of the house nor their inviter, had to do with in their first day."""
    fields = dict(EventType.objects.exclude(counterpart="").values_list("pk", "counterpart"))
    by_ref = {referral.member.ref: referral for referral in referrals}
    by_id = {referral.pk: referral for referral in referrals}
    first = min(referral.joined_at for referral in referrals)
    last = max(referral.joined_at for referral in referrals) + ICE_WITHIN
    payloads = EventPayload.objects.filter(
        event__type_id__in=fields, event__occurred_at__gte=first, event__occurred_at__lt=last
    ).values_list("event__type_id", "event__member_id", "event__occurred_at", "data")
    met: list[tuple[Referral, Any, datetime]] = []
    for type_id, member_id, moment, data in payloads.iterator():
        other = msgspec.json.decode(data).get(fields[type_id])
        if member_id in by_id:
            met.append((by_id[member_id], other, moment))
        if other in by_ref:
            met.append((by_ref[other], member_id, moment))
    return _with_others(met)


def _with_others(met: Iterable[tuple[Referral, Any, datetime]]) -> set[int]:
    """`met` names the other by ref or by id."""
    in_time = [(r, other) for r, other, at in met if r.joined_at <= at < r.joined_at + ICE_WITHIN]
    refs = {other for _, other in in_time if isinstance(other, str)}
    ids = {other for _, other in in_time if isinstance(other, int)}
    guests = Member.objects.filter(is_house=False)
    known = dict(guests.filter(ref__in=refs).values_list("ref", "pk"))
    real = set(guests.filter(pk__in=ids).values_list("pk", flat=True))
    answered = set()
    for referral, other in in_time:
        other_id = known.get(other) if isinstance(other, str) else other if other in real else None
        if other_id is not None and other_id not in (referral.pk, referral.inviter_id):
            answered.add(referral.pk)
    return answered
