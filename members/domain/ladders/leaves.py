"""Leaves of absence, at most sixty days of any year: what a tier asks for each month is forgiven meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from members.domain.counters.periods import local_day, month_of
from members.domain.statuses import rights_of, why_not
from members.models import Leave, Member

DAYS_MAX = 60
YEAR = timedelta(days=365)
# So far back a leave may begin: whoever fell ill did not ask before.
BACK = timedelta(days=31)


class CannotLeave(Exception):
    """A leave that cannot be taken so; the message says what to do."""


def take_leave(
    *, member: Member, until: datetime, now: datetime, begins_at: datetime | None = None, reason: str = "", by: str = ""
) -> Leave:
    """Let a member be away until a moment. While a leave runs, taking it again moves its end. Raises CannotLeave."""
    if not rights_of(member.status).enter:
        raise CannotLeave(why_not(member.status))
    with transaction.atomic():
        Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        own = Leave.objects.filter(member=member)
        running = own.at(now).first()
        begins_at = running.begins_at if running is not None else begins_at or now
        if begins_at < now - BACK and running is None:
            raise CannotLeave(_("A leave begins at most 31 days ago."))
        if until <= max(begins_at, now):
            raise CannotLeave(_("The end must lie in the future."))
        others = own.exclude(pk=running.pk) if running is not None else own
        if others.filter(begins_at__lt=until, ends_at__gt=begins_at).exists():
            raise CannotLeave(_("Another leave of this member lies in that time; end it first."))
        if _taken(others, until) + (until - begins_at) > timedelta(days=DAYS_MAX):
            raise CannotLeave(_("A leave of absence is at most 60 days of any year."))
        if running is None:
            return Leave.objects.create(
                member=member, begins_at=begins_at, ends_at=until, reason=reason, set_by=by[:150], set_at=now
            )
        running.ends_at, running.reason, running.set_by = until, reason or running.reason, by[:150]
        running.save(update_fields=["ends_at", "reason", "set_by"])
    return running


def end_leave(*, member: Member, now: datetime) -> Leave | None:
    """The member is back. None where they were not away."""
    with transaction.atomic():
        Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        running = Leave.objects.filter(member=member, begins_at__lt=now).at(now).first()
        if running is not None:
            running.ends_at = now
            running.save(update_fields=["ends_at"])
    return running


def forgiven_months(since: datetime, member_ids: Sequence[int] | None = None) -> dict[int, set[int]]:
    """The months (first days, in the programme's zone) that leaves have touched since a moment, by member."""
    found = Leave.objects.filter(ends_at__gt=since)
    if member_ids is not None:
        found = found.filter(member__in=member_ids)
    zone = timezone.get_default_timezone()
    months: dict[int, set[int]] = {}
    for member_id, begins_at, ends_at in found.values_list("member_id", "begins_at", "ends_at"):
        first, last = local_day(begins_at, zone), local_day(ends_at - timedelta(microseconds=1), zone)
        months.setdefault(member_id, set()).update(month_of(day) for day in range(first, last + 1))
    return months


def _taken(others: QuerySet[Leave], until: datetime) -> timedelta:
    """How long the member was away already in the year that ends then."""
    since = until - YEAR
    spans = others.filter(Q(ends_at__gt=since), begins_at__lt=until).values_list("begins_at", "ends_at")
    return sum((ends - max(begins, since) for begins, ends in spans), timedelta())
