"""The invite task: so many friends who break the ice, of those who came within so many days of the first of them."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, F, OuterRef, QuerySet, Subquery

from incentives.domain.campaigns.people import sure
from members.enums import MemberStatus
from members.models import Referral


def finished(guests: QuerySet[Referral], *, friends: int, days: int) -> dict[int, int]:
    """Inviters among whose guests are enough, and how many: one query. The house and whoever left have no task."""
    doing = sure(_in_time(guests, days)).filter(inviter__is_house=False, inviter__status=MemberStatus.ACTIVE)
    counted = doing.filter(broke_ice_at__isnull=False).order_by()
    rows = counted.values("inviter_id").annotate(count=Count("pk")).filter(count__gte=friends)
    return {row["inviter_id"]: row["count"] for row in rows}


def progress_of(guests: QuerySet[Referral], member_id: int, *, days: int) -> int:
    """How many friends of a member count for the task so far."""
    return sure(_in_time(guests.filter(inviter=member_id), days)).filter(broke_ice_at__isnull=False).count()


def _in_time(guests: QuerySet[Referral], days: int) -> QuerySet[Referral]:
    first = guests.filter(inviter=OuterRef("inviter")).order_by("joined_at").values("joined_at")[:1]
    return (
        guests.filter(inviter__isnull=False)
        .annotate(first_at=Subquery(first))
        .filter(joined_at__lt=F("first_at") + timedelta(days=days))
    )
