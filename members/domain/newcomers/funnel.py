"""How far newcomers get, by the week in which they joined: one query, whatever the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncWeek
from django.utils import timezone

from members.domain.newcomers.shares import Share
from members.enums import MemberStatus
from members.models import Newcomer

WEEKS = 12
STAYING = Q(member__status__in=(MemberStatus.ACTIVE, MemberStatus.SUSPENDED))
# What each stage asks, and how long after joining it is known of everybody.
STAGES: dict[str, tuple[Q, timedelta]] = {
    "rules": (Q(rules_at__isnull=False), timedelta(0)),
    "page": (Q(member__page_opened_at__isnull=False), timedelta(0)),
    "hello": (Q(hello_at__isnull=False), timedelta(days=1)),
    "ice": (Q(ice_at__isnull=False), timedelta(days=1)),
    "connection": (Q(connected_at__isnull=False), timedelta(0)),
    "d7": (Q(active_at__isnull=False) & STAYING, timedelta(days=14)),
    "d30": (Q(retained_at__isnull=False) & STAYING, timedelta(days=37)),
}


@dataclass(frozen=True, slots=True)
class Week:
    """Newcomers of one week, from its Monday, and how many reached each stage; None while that is not known yet."""

    monday: datetime
    joined: int
    stages: dict[str, Share | None]


def funnel(*, now: datetime, weeks: int = WEEKS) -> list[Week]:
    """The newest weeks first; house accounts, quiet imports and merged memberships are left out."""
    zone = timezone.get_default_timezone()
    since = now - timedelta(weeks=weeks)
    found = (
        Newcomer.objects.filter(joined_at__gte=since, member__is_house=False, member__merged_into__isnull=True)
        .annotate(week=TruncWeek("joined_at", tzinfo=zone))
        .values("week")
        .annotate(joined=Count("pk"), **{name: Count("pk", filter=asked) for name, (asked, _) in STAGES.items()})
        .order_by("-week")
    )
    return [_week(dict(row), now) for row in found]


def _week(row: dict[str, Any], now: datetime) -> Week:
    monday, joined = row["week"], row["joined"]
    ends = monday + timedelta(weeks=1)
    stages = {
        name: Share(row[name], joined) if ends + known_after <= now or not known_after else None
        for name, (_, known_after) in STAGES.items()
    }
    return Week(monday, joined, stages)
