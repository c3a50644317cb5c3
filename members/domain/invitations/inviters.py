"""How good inviters are: how many of those they brought have stayed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet

from members.domain.invitations.growth import PLACES
from members.enums import ReferralState
from members.models import Referral

MATURE = timedelta(days=37)
SHOWN_FROM, WEIGHT = 3, 5


@dataclass(frozen=True, slots=True)
class Quality:
    """(retained + 5·p) / (mature + 5), p the community's own share; shown from three mature invitees."""

    member_id: int
    mature: int
    retained: int
    value: Decimal


def community_share(*, now: datetime) -> Decimal:
    """p: the share of all mature referrals that were retained; 0 while there is none."""
    found = _mature(now).aggregate(mature=Count("pk"), retained=Count("retained_at"))
    return Decimal(found["retained"]) / found["mature"] if found["mature"] else Decimal(0)


def best_inviters(*, now: datetime, count: int) -> list[Quality]:
    """The inviters who have brought the most who stayed, best quality first: two queries."""
    share = community_share(now=now)
    rows = _by_inviter(now).filter(mature__gte=SHOWN_FROM).order_by("-retained", "inviter_id")[:count]
    found = [_quality(row["inviter_id"], row["mature"], row["retained"], share) for row in rows]
    return sorted(found, key=lambda each: (-each.value, each.member_id))


def qualities_of(member_ids: Iterable[int], *, now: datetime) -> dict[int, Quality]:
    """The quality of some inviters; whoever has fewer than three mature invitees is left out."""
    share = community_share(now=now)
    rows = _by_inviter(now).filter(inviter_id__in=list(member_ids), mature__gte=SHOWN_FROM)
    return {row["inviter_id"]: _quality(row["inviter_id"], row["mature"], row["retained"], share) for row in rows}


def _quality(member_id: int, mature: int, retained: int, share: Decimal) -> Quality:
    value = ((retained + WEIGHT * share) / (mature + WEIGHT)).quantize(PLACES)
    return Quality(member_id, mature, retained, value)


def _mature(now: datetime) -> QuerySet[Referral]:
    return Referral.objects.filter(joined_at__lte=now - MATURE).exclude(state=ReferralState.REJECTED)


def _by_inviter(now: datetime) -> QuerySet[Any, Any]:
    found = _mature(now).filter(inviter__isnull=False, inviter__is_house=False).order_by()
    return found.values("inviter_id").annotate(mature=Count("pk"), retained=Count("retained_at"))
