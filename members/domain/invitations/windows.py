"""The K-factor week by week, and the standing alarm: a fifth below what has been usual here for twelve weeks.

Definitions: B = members, not of the house, who had joined 28 days before a window of 28 days began and were active in
the 28 days before it; K = joins within 14 days by what B sent in the window / |B|.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Sum
from django.db.models.functions import Greatest
from django.utils import timezone

from members.domain.counters.periods import midnight, week_of
from members.domain.invitations.growth import ACCEPTED_WITHIN, PLACES
from members.enums import ReferralState
from members.models import Event, EventType, GrowthWindow, Invitation, Member, Referral

WINDOW, SETTLED = timedelta(days=28), timedelta(days=28)
USUAL_WEEKS, USUAL_WEEKS_MIN = 12, 6
BASE_MIN, ALARM_SHARE = 50, Decimal("0.8")


@dataclass(frozen=True, slots=True)
class Watch:
    """The newest window beside what has been usual: the median of up to twelve weeks before it, None for too few."""

    newest: GrowthWindow | None
    usual: Decimal | None

    @property
    def rings(self) -> bool:
        """Whether K is 20 % or more below the usual; a base below 50 says nothing."""
        if self.newest is None or self.usual is None or self.newest.base < BASE_MIN:
            return False
        k = self.newest.k
        return k is not None and self.usual > 0 and k <= self.usual * ALARM_SHARE


def measure_windows(*, now: datetime) -> int:
    """Measure every week of the last thirteen whose answers have all come, and return how many; twice measures once."""
    last = last_end(now)
    wanted = {last - timedelta(weeks=week) for week in range(USUAL_WEEKS + 1)}
    missing = wanted - set(GrowthWindow.objects.filter(ends_on__in=wanted).values_list("ends_on", flat=True))
    made = [_measured(end, now) for end in sorted(missing)]
    GrowthWindow.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def watch() -> Watch:
    """Compare the newest window with the weeks before it: one query."""
    windows = list(GrowthWindow.objects.order_by("-ends_on")[: USUAL_WEEKS + 1])
    if not windows:
        return Watch(None, None)
    newest, *earlier = windows
    since = newest.ends_on - timedelta(weeks=USUAL_WEEKS)
    usual = [each.k for each in earlier if each.k is not None and each.base >= BASE_MIN and each.ends_on >= since]
    if len(usual) < USUAL_WEEKS_MIN:
        return Watch(newest, None)
    return Watch(newest, statistics.median(usual).quantize(PLACES))


def last_end(now: datetime) -> date:
    """The end of the newest window whose invitations can bring nobody in time any more: a Monday of the programme."""
    today = timezone.localtime(now - ACCEPTED_WITHIN, timezone.get_default_timezone()).date()
    return date.fromordinal(week_of(today.toordinal()))


def active_base(begins: datetime) -> QuerySet[Member]:
    """B: who could have been asked to invite at a moment."""
    took_part = Event.objects.filter(
        member=OuterRef("pk"),
        type__in=EventType.objects.taking_part(),
        occurred_at__gte=begins - WINDOW,
        occurred_at__lt=begins,
    )
    return Member.objects.filter(Exists(took_part), is_house=False, joined_at__lte=begins - SETTLED)


def _measured(end: date, now: datetime) -> GrowthWindow:
    begins, ends = (midnight(day, timezone.get_default_timezone()) for day in (end - WINDOW, end))
    base = active_base(begins)
    sent = Invitation.objects.filter(inviter__in=base, sent_at__gte=begins, sent_at__lt=ends)
    numbers = sent.aggregate(sent=Sum(Greatest("uses", 1)), senders=Count("inviter", distinct=True))
    came = Referral.objects.filter(invitation__in=sent, joined_at__lte=F("invitation__sent_at") + ACCEPTED_WITHIN)
    return GrowthWindow(
        ends_on=end,
        base=base.count(),
        senders=numbers["senders"],
        sent=numbers["sent"] or 0,
        joined=came.exclude(state=ReferralState.REJECTED).count(),
        measured_at=now,
    )
