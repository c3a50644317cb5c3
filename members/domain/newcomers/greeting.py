"""Gives newcomers somebody to turn to: fairly, and to nobody more than they can. May run twice, and on two workers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from members.domain.events.telling import tell
from members.domain.newcomers.ice import WITHIN, Arrived, greeted
from members.domain.outcomes import GREETER_ASSIGNED, NEWCOMER_ASSIGNED
from members.enums import MemberStatus
from members.models import Greeter, Greeting, Member, Newcomer

# Somebody who joined longer ago than this finds their own way.
FRESH = timedelta(hours=12)
COUNT_MAX = 500
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def assign_greeters(*, now: datetime) -> int:
    """Close what is over, and give each new newcomer to whoever has the fewest; return how many found somebody."""
    with transaction.atomic():
        # All greeters are held, so that two workers never count on the same free place.
        greeters = list(Greeter.objects.select_for_update(of=("self",)).select_related("member").order_by("pk"))
        if not greeters:
            return 0
        _close(greeters, now)
        pairs = _pairs(greeters, _waiting(now), now)
        Greeting.objects.bulk_create(
            [Greeting(newcomer=newcomer, greeter=greeter, assigned_at=now) for newcomer, greeter in pairs]
        )
        Greeter.objects.bulk_update(greeters, ["open_now", "last_assigned_at"])
        tell(GREETER_ASSIGNED, [(newcomer.pk, {"greeter": g.member.ref}) for newcomer, g in pairs], now=now)
        tell(NEWCOMER_ASSIGNED, [(g.member_id, {"newcomer": newcomer.ref}) for newcomer, g in pairs], now=now)
    return len(pairs)


def _waiting(now: datetime) -> list[Member]:
    """Who joined lately and has nobody yet, the first first."""
    lately = Newcomer.objects.filter(joined_at__gt=now - FRESH, joined_at__lte=now, member__greeting__isnull=True)
    present = lately.filter(member__status=MemberStatus.ACTIVE, member__is_house=False, ice_at__isnull=True)
    return [each.member for each in present.select_related("member").order_by("joined_at", "pk")[:COUNT_MAX]]


def _pairs(greeters: Sequence[Greeter], newcomers: Sequence[Member], now: datetime) -> list[tuple[Member, Greeter]]:
    pairs = []
    for newcomer in newcomers:
        free = [each for each in greeters if _is_free(each) and each.member_id != newcomer.pk]
        # Best in their own language; then whoever has the fewest, then whoever has waited longest.
        speaking = [each for each in free if each.member.language == newcomer.language]
        chosen = min(speaking or free, key=_turn, default=None)
        if chosen is None:
            continue
        chosen.open_now += 1
        chosen.last_assigned_at = now
        pairs.append((newcomer, chosen))
    return pairs


def _is_free(greeter: Greeter) -> bool:
    is_there = greeter.is_active and greeter.member.status == MemberStatus.ACTIVE
    return is_there and greeter.open_now < greeter.open_max


def _turn(greeter: Greeter) -> tuple[int, datetime, int]:
    return greeter.open_now, greeter.last_assigned_at or _LONG_AGO, greeter.pk


def _close(greeters: Sequence[Greeter], now: datetime) -> None:
    """A greeting is over once the ice is broken, or the first 24 hours are; the places are free again."""
    open_ones = Greeting.objects.filter(closed_at__isnull=True)
    _note_greeted(open_ones.select_related("greeter", "newcomer"))
    is_over = Q(newcomer__newcomer__ice_at__isnull=False) | Q(newcomer__joined_at__lte=now - WITHIN)
    over = list(open_ones.filter(is_over | ~Q(newcomer__status=MemberStatus.ACTIVE)).values_list("pk", "greeter_id"))
    Greeting.objects.filter(pk__in=[pk for pk, _ in over]).update(closed_at=now)
    for greeter in greeters:
        greeter.open_now -= sum(greeter_id == greeter.pk for _, greeter_id in over)


def _note_greeted(open_ones: Iterable[Greeting]) -> None:
    """When the greeter first spoke to the newcomer."""
    waiting = [each for each in open_ones if each.greeted_at is None]
    people = {each.newcomer_id: Arrived(each.newcomer_id, each.newcomer.joined_at) for each in waiting}
    spoken: dict[int, datetime] = {}
    for member_id, _, moment in greeted(people, {each.newcomer_id: each.greeter.member_id for each in waiting}):
        spoken[member_id] = min(moment, spoken.get(member_id, moment))
    for each in waiting:
        each.greeted_at = spoken.get(each.newcomer_id)
    Greeting.objects.bulk_update(waiting, ["greeted_at"])
