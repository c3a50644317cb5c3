"""Watches how far newcomers get: they break the ice, are active in week two, are still there after a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from members.domain.counters.periods import local_day
from members.domain.invitations.accepting import tell_stage
from members.domain.newcomers.ice import WITHIN, Arrived, answers, hellos
from members.domain.outcomes import REFERRAL_ACTIVE, REFERRAL_BROKE_ICE, REFERRAL_RETAINED
from members.enums import ReferralState
from members.models import Event, EventType, ImportedEvent, Referral

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
        member_id__in=[referral.pk for referral in candidates],
        type_id__in=EventType.objects.ids_taking_part(),
        occurred_at__gte=since,
    )
    # What was brought from elsewhere without a word moves nobody on.
    events = events.exclude(Exists(ImportedEvent.objects.filter(event_id=OuterRef("pk"), of__is_quiet=True)))
    moments: dict[int, list[datetime]] = {}
    for member_id, moment in events.values_list("member_id", "occurred_at"):
        moments.setdefault(member_id, []).append(moment)
    return moments


def _broke_ice(now: datetime) -> list[Referral]:
    """Referrals whose newcomer has spoken and been answered within a day (of hours) of joining."""
    candidates = list(_candidates("broke_ice_at", now - WITHIN - LATE, now)[:COUNT_MAX])
    if not candidates:
        return []
    people = [Arrived(each.pk, each.joined_at, each.inviter_id) for each in candidates]
    spoke = hellos(people)
    answered = answers([each for each in people if each.member_id in spoke]) if spoke else {}
    return [referral for referral in candidates if referral.pk in answered]
