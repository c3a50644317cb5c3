"""What the fold knows of members, loaded once for a batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

from incentives.domain.catalogues import NO_TIER
from incentives.domain.engine.rulebook import RuleBook
from members.domain.events.intake import may_earn
from members.models import Member, Standing


@dataclass(slots=True)
class MemberFacts:
    """A member as compiled rules read it; `tier` moves while the batch is folded."""

    id: int
    joined_at: datetime
    verified: bool
    house: bool
    language: str
    age_band: str
    status: str
    zone: tzinfo
    earns: bool
    inviter_id: int | None = None
    connections: int = 0
    tier: str = NO_TIER
    tiers: dict[int, int] = field(default_factory=dict)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> tzinfo:
    """A zone by name; UTC as the constant that skips conversion."""
    name = name or settings.TIME_ZONE
    return UTC if name == "UTC" else ZoneInfo(name)


def load_members(member_ids: Iterable[int], book: RuleBook) -> dict[int, MemberFacts]:
    """Read members and where they stand: two queries."""
    ids = set(member_ids)
    members = {
        row[0]: MemberFacts(
            *row[:7], zone=zone_named(row[7]), earns=may_earn(row[6]), inviter_id=row[8], connections=row[9] or 0
        )
        for row in Member.objects.filter(id__in=ids).values_list(
            "id",
            "joined_at",
            "is_verified",
            "is_house",
            "language",
            "age_band",
            "status",
            "time_zone",
            "invited_by_id",
            "acquaintance__known",
        )
    }
    if book.ladders:
        first = book.ladders[0]
        names = {step.id: step.code for step in first.steps}
        for member_id, ladder_id, tier_id in Standing.objects.filter(member_id__in=ids).values_list(
            "member_id", "ladder_id", "tier_id"
        ):
            member = members.get(member_id)
            if member is None:
                continue
            member.tiers[ladder_id] = tier_id
            if ladder_id == first.id:
                member.tier = names.get(tier_id, NO_TIER)
    return members
