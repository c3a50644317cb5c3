"""Plans this month's activity for members: date, place and size from the last one, and whom to invite first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from activities.domain.series.recurring import instant
from activities.enums import ActivityKind, ActivityState, InvitedFor, Part
from activities.models import Activity, ActivityInvitation, ActivityPerson
from incentives.domain.ledger.queries import major
from incentives.enums import CurrencyKind
from incentives.models import Currency
from members.domain.counters.periods import midnight, zone_named
from members.domain.ladders import measures
from members.domain.ladders.windows import Span
from members.domain.sql import Some
from members.enums import MemberStatus
from members.models import Connection, Member, Standing

# One seat in so many is for people whom nobody there knows yet.
NEW_ONE_IN = 5
RESTS = timedelta(days=61)
INVITED_HOURS = 48
LOOKED_AT_MAX = 2_000
SEATS_DEFAULT, HOUR_DEFAULT, HOURS_DEFAULT = 12, 19, 2
SOONEST = timedelta(days=10)


class CannotPlan(Exception):
    """A plan that cannot be drafted; the message says why."""


class PlannedAlready(CannotPlan):
    """The month has its activity for members, of this code."""

    def __init__(self, code: str) -> None:
        super().__init__(_("This month's activity is planned already: %(code)s.") % {"code": code})
        self.code = code


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member on the list, how much they grew last month, and why they are on it."""

    member: Member
    growth: Decimal
    reason: InvitedFor
    words: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is proposed. `last` is the activity that it follows, if there was one."""

    code: str
    last: Activity | None
    starts_at: datetime
    ends_at: datetime
    zone: str
    place: str
    capacity: int
    invited: tuple[Candidate, ...]


def plan_of(*, now: datetime, capacity: int | None = None) -> Plan:
    """Propose this month's activity: the same weekday, place and size as the last, and who comes first."""
    told = Activity.objects.filter(kind=ActivityKind.MEMBER).exclude(
        state__in=(ActivityState.DRAFT, ActivityState.CANCELLED)
    )
    last = told.select_related("tier").order_by("-starts_at", "-pk").first()
    zone = last.zone if last is not None else settings.TIME_ZONE
    seats = capacity or (last.capacity if last is not None and last.capacity else SEATS_DEFAULT)
    seats = min(max(seats, 1), settings.MEMBER_ACTIVITY_SEATS_MAX)
    starts_at = _next(last, zone, now)
    length = last.ends_at - last.starts_at if last is not None else timedelta(hours=HOURS_DEFAULT)
    return Plan(
        code=f"members-{starts_at.astimezone(zone_named(zone)):%Y-%m}", last=last, starts_at=starts_at,
        ends_at=starts_at + length, zone=zone, place=last.place if last is not None else "", capacity=seats,
        invited=tuple(candidates(last, seats, now=now)),
    )  # fmt: skip


def candidates(last: Activity | None, seats: int, *, now: datetime) -> list[Candidate]:
    """Top by last month's growth, nobody who was invited lately, one seat in five for whom nobody there knows."""
    people = _eligible(last, now)
    growth = _growth(now)
    ranked = sorted(people, key=lambda each: (-growth.get(each.pk, Decimal(0)), each.pk))
    for_new = math.ceil(seats / NEW_ONE_IN)
    # Without growth nobody is at the top; they may still be a new face.
    top = [each for each in ranked if growth.get(each.pk, Decimal(0)) > 0][: max(0, seats - for_new)]
    there = {each.pk for each in top}
    rest = [each for each in ranked if each.pk not in there][:LOOKED_AT_MAX]
    known = _known(there | {each.pk for each in rest})
    chosen = [_grown(each, growth[each.pk], place) for place, each in enumerate(top, start=1)]
    for each in rest:
        if len(chosen) - len(top) == for_new:
            break
        if not known.get(each.pk, set()) & there:
            there.add(each.pk)
            words = _("Nobody on this list knows them yet.")
            chosen.append(Candidate(each, growth.get(each.pk, Decimal(0)), InvitedFor.NEW, words))
    return chosen


def draft(
    *, plan: Plan, starts_at: datetime, place: str, capacity: int, members: Sequence[Member], now: datetime
) -> Activity:
    """Draft what was planned, with its invitations; a second time for the month is refused. Raises CannotPlan."""
    if starts_at <= now:
        raise CannotPlan(_("It would begin in the past."))
    if not 1 <= capacity <= settings.MEMBER_ACTIVITY_SEATS_MAX:
        raise CannotPlan(
            _("An activity for members is small: give it at most %(most)d seats.")
            % {"most": settings.MEMBER_ACTIVITY_SEATS_MAX}
        )
    last = plan.last
    code = f"members-{starts_at.astimezone(zone_named(plan.zone)):%Y-%m}"
    made = Activity(
        code=code, kind=ActivityKind.MEMBER, starts_at=starts_at, ends_at=starts_at + (plan.ends_at - plan.starts_at),
        zone=plan.zone, place=place.strip()[:300], capacity=capacity, invited_hours=INVITED_HOURS,
        names=last.names if last is not None else {"en": "A table for members", "zh-hans": "会员小聚"},
        summaries=last.summaries if last is not None else {}, texts=last.texts if last is not None else {},
        tier=last.tier if last is not None else None, segment_id=last.segment_id if last is not None else None,
        space_id=last.space_id if last is not None else None,
        only_space=last.only_space if last is not None else False,
        questions=last.questions if last is not None else [], language=last.language if last is not None else "",
    )  # fmt: skip
    known = {each.member.pk: each for each in plan.invited}
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            if last is not None:
                hosts = last.people.filter(part=Part.HOST).values_list("member_id", flat=True)
                ActivityPerson.objects.bulk_create(ActivityPerson(activity=made, member_id=pk) for pk in hosts)
            ActivityInvitation.objects.bulk_create(
                ActivityInvitation(
                    activity=made, member=each, reason=known[each.pk].reason if each.pk in known else InvitedFor.HAND,
                    words=known[each.pk].words if each.pk in known else "",
                )
                for each in dict.fromkeys(members)
            )  # fmt: skip
    except IntegrityError as error:
        raise PlannedAlready(code) from error
    return made


def _next(last: Activity | None, zone: str, now: datetime) -> datetime:
    """Four weeks after the last one at the same hour there, or as many more as it takes to have time to come."""
    there = zone_named(zone)
    if last is None:
        day = (now + timedelta(weeks=3)).astimezone(there).date()
        return instant(datetime.combine(day, time(HOUR_DEFAULT)), there)
    local = last.starts_at.astimezone(there).replace(tzinfo=None) + timedelta(weeks=4)
    while instant(local, there) < now + SOONEST:
        local += timedelta(weeks=1)
    return instant(local, there)


def _eligible(last: Activity | None, now: datetime) -> list[Member]:
    """Active members who were not invited lately, and may come to something like the last one."""
    lately = ActivityInvitation.objects.filter(
        Q(invited_at__gt=now - RESTS) | Q(invited_at__isnull=True, activity__state=ActivityState.DRAFT)
    )
    found = Member.objects.filter(status=MemberStatus.ACTIVE, is_house=False).exclude(pk__in=lately.values("member_id"))
    if last is not None and last.tier is not None:
        high = Standing.objects.filter(ladder_id=last.tier.ladder_id, tier__threshold__gte=last.tier.threshold)
        found = found.filter(pk__in=high.values("member_id"))
    if last is not None:
        found = found.exclude(pk__in=last.people.filter(part=Part.HOST).values("member_id"))
    return list(found)


def _growth(now: datetime) -> dict[int, Decimal]:
    """What each member grew by in the calendar month before this one."""
    zone = zone_named(settings.TIME_ZONE)
    first = now.astimezone(zone).date().replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    month = measures.Spans(all=Span(midnight(before, zone), midnight(first, zone)))
    found: dict[int, Decimal] = {}
    for currency in Currency.objects.filter(kind=CurrencyKind.QUALIFYING):
        for member_id, value in measures.values(f"earned:{currency.code}", Some(), month, now).items():
            found[member_id] = found.get(member_id, Decimal(0)) + major(value, currency.scale)
    return found


def _known(people: Iterable[int]) -> dict[int, set[int]]:
    """Who of these knows whom."""
    wanted = list(people)
    found: dict[int, set[int]] = {}
    pairs = Connection.objects.shown().filter(low__in=wanted, high__in=wanted).values_list("low_id", "high_id")
    for low, high in pairs:
        found.setdefault(low, set()).add(high)
        found.setdefault(high, set()).add(low)
    return found


def _grown(member: Member, growth: Decimal, place: int) -> Candidate:
    words = _("Number %(place)d by last month's growth: %(growth)s.") % {"place": place, "growth": f"{growth:f}"}
    return Candidate(member, growth, InvitedFor.GROWTH, words)
