"""Watches the first days of everybody who joins. May run twice, late, and on two workers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Min, QuerySet

from members.domain.counters.periods import local_day
from members.domain.events.telling import tell_of
from members.domain.newcomers.ice import WITHIN, Arrived, answers, hellos
from members.domain.outcomes import CONNECTION_MADE, NEWCOMER_BROKE_ICE, NEWCOMER_SAID_HELLO
from members.models import Event, EventType, Member, Newcomer, RulesAcceptance

# Events may be reported late: so long after a window has closed it is still looked at.
LATE = timedelta(days=3)
# First things are looked for so long; who reads the rules later than that is no newcomer any more.
FIRST_THINGS = timedelta(days=60)
COUNT_MAX = 500
# Members get their numbers one after another and are committed a little out of order.
MARGIN = 5_000


@dataclass(frozen=True, slots=True)
class Window:
    """Something reached by a contribution between two local days after joining, both included."""

    column: str
    first_day: int
    last_day: int


WINDOWS = (Window("active_at", 7, 13), Window("retained_at", 30, 36))


def advance_newcomers(*, now: datetime) -> int:
    """Write down whatever newcomers did for the first time; return how many said hello or broke the ice."""
    welcome_rows(now=now)
    count = after = 0
    while True:
        with transaction.atomic():
            seen, told = _first_day(now, after)
        count += told
        if len(seen) < COUNT_MAX:
            break
        after = seen[-1]
    _first_things(now)
    for window in WINDOWS:
        _reach(window, now)
    return count


def welcome_rows(*, now: datetime) -> int:
    """Give everybody a row who has joined since the last time; house accounts and quiet imports are no newcomers.

    Whoever had been here long before this was watched for gets none.
    """
    newest = Newcomer.objects.aggregate(newest=Max("pk"))["newest"] or 0
    arrived = (
        Member.objects.newcomers()
        .whole()
        .filter(pk__gt=newest - MARGIN, joined_at__gt=now - FIRST_THINGS, is_house=False, newcomer__isnull=True)
    )
    rows = [Newcomer(member_id=pk, joined_at=joined_at) for pk, joined_at in arrived.values_list("pk", "joined_at")]
    Newcomer.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1_000)
    return len(rows)


def _first_day(now: datetime, after: int) -> tuple[list[int], int]:
    """Hello and ice, for whoever joined lately: who was looked at, and how much was told."""
    candidates = list(
        # Another worker's are left to it.
        Newcomer.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("member")
        .filter(pk__gt=after, joined_at__gt=now - WITHIN - LATE, joined_at__lte=now, ice_at__isnull=True)
        .order_by("pk")[:COUNT_MAX]
    )
    if not candidates:
        return [], 0
    people = [Arrived(each.pk, each.joined_at, each.member.invited_by_id) for each in candidates]
    spoke, answered = hellos(people), answers(people)
    said: list[tuple[int, dict[str, Any], datetime]] = []
    broke: list[tuple[int, dict[str, Any], datetime]] = []
    for each in candidates:
        hello, answer = spoke.get(each.pk), answered.get(each.pk)
        if hello is not None and each.hello_at is None:
            each.hello_at = hello
            said.append((each.pk, {}, hello))
        if each.hello_at is not None and answer is not None:
            each.ice_at = max(each.hello_at, answer)
            broke.append((each.pk, {}, each.ice_at))
    Newcomer.objects.bulk_update(candidates, ["hello_at", "ice_at"])
    tell_of(NEWCOMER_SAID_HELLO, said, now=now)
    tell_of(NEWCOMER_BROKE_ICE, broke, now=now)
    return [each.pk for each in candidates], len(said) + len(broke)


def _first_things(now: datetime) -> None:
    """When they accepted the rules, and when they first came to know somebody."""
    recent = Newcomer.objects.filter(joined_at__gt=now - FIRST_THINGS)
    accepted = RulesAcceptance.objects.filter(member__newcomer__in=recent.filter(rules_at__isnull=True))
    _write("rules_at", accepted.values_list("member_id").annotate(first=Min("accepted_at")))
    made = Event.objects.filter(
        type__code=CONNECTION_MADE, member_id__in=recent.filter(connected_at__isnull=True).values("pk")
    )
    _write("connected_at", made.order_by().values_list("member_id").annotate(first=Min("occurred_at")))


def _write(column: str, found: Iterable[tuple[int, datetime]]) -> None:
    rows = [Newcomer(pk=pk, **{column: moment}) for pk, moment in found]
    Newcomer.objects.bulk_update(rows, [column], batch_size=COUNT_MAX)


def _reach(window: Window, now: datetime) -> None:
    """Who contributed on a local day of the window."""
    margin = timedelta(days=1)
    candidates = (
        Newcomer.objects.filter(
            joined_at__gte=now - timedelta(days=window.last_day) - margin - LATE,
            joined_at__lte=now - timedelta(days=window.first_day) + margin,
            **{f"{window.column}__isnull": True},
        )
        .select_related("member")
        .order_by("pk")
    )
    after = 0
    while True:
        chunk = list(candidates.filter(pk__gt=after)[:COUNT_MAX])
        if chunk:
            _write(window.column, _reached(window, chunk).items())
            after = chunk[-1].pk
        if len(chunk) < COUNT_MAX:
            return


def _reached(window: Window, chunk: Sequence[Newcomer]) -> dict[int, datetime]:
    by_id = {each.pk: each for each in chunk}
    since = min(each.joined_at for each in chunk) + timedelta(days=window.first_day - 1)
    found: dict[int, datetime] = {}
    for member_id, moment in _contributions(by_id, since).iterator():
        newcomer = by_id[member_id]
        zone = newcomer.member.zone()
        day = local_day(moment, zone) - local_day(newcomer.joined_at, zone)
        if window.first_day <= day <= window.last_day:
            found[member_id] = min(moment, found.get(member_id, moment))
    return found


def _contributions(member_ids: Iterable[int], since: datetime) -> QuerySet[Event, tuple[int, datetime]]:
    events = Event.objects.filter(
        member_id__in=list(member_ids), type_id__in=EventType.objects.ids_taking_part(), occurred_at__gte=since
    )
    return events.values_list("member_id", "occurred_at")
