"""Grants birthday gifts at each member's local midnight; a missed day is made up for while it can be claimed."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from incentives.domain.privileges.telling import tell
from incentives.enums import PrivilegeKind
from incentives.models import Privilege, PrivilegeGrant
from members.domain.counters.periods import midnight
from members.domain.outcomes import PRIVILEGE_GRANTED
from members.enums import MemberStatus
from members.models import Member

# Once a year, whatever becomes of the birthday or the time zone meanwhile: days since the last gift, at least.
APART = timedelta(days=360)
KEY = "birthday:"
LEAP_DAY = "02-29"
COUNT_MAX = 1_000


def grant_birthday_gifts(*, now: datetime) -> int:
    """Grant what is due, tell it, and return how many gifts. Running it twice grants once."""
    gifts = Privilege.objects.filter(kind=PrivilegeKind.BIRTHDAY, is_active=True).values_list("pk", flat=True)
    return sum(_grant_all(pk, now) for pk in list(gifts))


def birthday_in(birthday: str, year: int) -> date:
    """The day on which a birthday (month and day) is kept in a year: the 29th of February on the last of the month."""
    month, day = (int(part) for part in birthday.split("-"))
    return date(year, month, 28 if birthday == LEAP_DAY and not isleap(year) else day)


def _grant_all(privilege_id: int, now: datetime) -> int:
    count = 0
    after = 0
    while True:
        with transaction.atomic():
            # Whoever grants gifts holds the privilege, so that two jobs at once grant one.
            gift = Privilege.objects.select_for_update(no_key=True).get(pk=privilege_id)
            members = list(_candidates(gift, now).filter(pk__gt=after).order_by("pk")[:COUNT_MAX])
            made = list(_gifts(gift, members, now))
            PrivilegeGrant.objects.bulk_create(made)
            tell(PRIVILEGE_GRANTED, [(grant.member_id, {"privilege": gift.code}) for grant in made], now=now)
        count += len(made)
        if len(members) < COUNT_MAX:
            return count
        after = members[-1].pk


def _candidates(gift: Privilege, now: datetime) -> QuerySet[Member]:
    """Members whose birthday may lie within the days on which a gift can be claimed, wherever they live."""
    assert gift.grant_days is not None, "a_birthday_gift_can_be_claimed_for_days"
    first = now.date() - timedelta(days=gift.grant_days + 1)
    days = {f"{first + timedelta(days=n):%m-%d}" for n in range(min(gift.grant_days + 3, 366))}
    if "02-28" in days:
        days.add(LEAP_DAY)
    lately = PrivilegeGrant.objects.filter(
        privilege=gift, member=OuterRef("pk"), key__startswith=KEY, granted_at__gt=now - APART
    )
    return Member.objects.filter(~Exists(lately), status=MemberStatus.ACTIVE, birthday__in=days)


def _gifts(gift: Privilege, members: list[Member], now: datetime) -> Iterator[PrivilegeGrant]:
    assert gift.grant_days is not None, "a_birthday_gift_can_be_claimed_for_days"
    for member in members:
        today = member.local(now).date()
        passed = (birthday_in(member.birthday, year) for year in (today.year, today.year - 1))
        day = next(each for each in passed if each <= today)
        until = midnight(day + timedelta(days=gift.grant_days), member.zone())
        # Who joined after the day has had it elsewhere.
        if now < until and member.local(member.joined_at).date() <= day:
            yield PrivilegeGrant(
                privilege=gift, member=member, key=f"{KEY}{day.year}", uses_max=1, granted_at=now, until=until
            )
