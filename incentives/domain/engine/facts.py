"""What the fold knows of members, loaded once for a batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from incentives.domain.catalogues import NO_TIER
from incentives.domain.engine.rulebook import RuleBook
from members.domain.attributes import READ_AS, as_fact
from members.domain.statuses import rights_of
from members.enums import Frozen
from members.models import Freeze, Member, Standing


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
    tier: str = NO_TIER
    tiers: dict[int, int] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    # When earning was or is frozen: from, and until (exclusive).
    freezes: list[tuple[datetime, datetime]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        """An attribute that operators defined, as compiled rules read it; None where the member has none."""
        if not name.startswith(READ_AS):
            raise AttributeError(name)
        return self.attributes.get(name.removeprefix(READ_AS))

    def fact(self, name: str) -> Any:
        """A fact by its name in rules, after `member.`."""
        group, dot, code = name.partition(".")
        return self.attributes.get(code) if dot and group == "attributes" else getattr(self, name)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> tzinfo:
    """A zone by name; UTC as the constant that skips conversion."""
    name = name or settings.TIME_ZONE
    return UTC if name == "UTC" else ZoneInfo(name)


def load_members(member_ids: Iterable[int], book: RuleBook) -> dict[int, MemberFacts]:
    """Read members, what is frozen for them, and where they stand: three queries, and a fourth for attributes."""
    ids = set(member_ids)
    members = {
        row[0]: MemberFacts(*row[:7], zone=zone_named(row[7]), earns=rights_of(row[6]).earn, inviter_id=row[8])
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
        )
    }
    frozen = Freeze.objects.filter(member_id__in=ids, what=Frozen.EARNING, lifted_at=None)
    for member_id, begins_at, ends_at in frozen.values_list("member_id", "begins_at", "ends_at"):
        members[member_id].freezes.append((begins_at, ends_at))
    if book.known.attributes:
        for member_id, stored in Member.objects.filter(id__in=ids).values_list("id", "attributes"):
            member = members[member_id]
            member.attributes = {
                code: as_fact(kind, stored.get(code), member.zone) for code, kind in book.known.attributes.items()
            }
    if book.ladders:
        first = book.ladders[0]
        names = {step.id: step.code for step in first.steps}
        for member_id, ladder_id, tier_id in Standing.objects.filter(member_id__in=ids).values_list(
            "member_id", "ladder_id", "tier_id"
        ):
            if member_id not in members:
                continue
            member = members[member_id]
            member.tiers[ladder_id] = tier_id
            if ladder_id == first.id:
                member.tier = names.get(tier_id, NO_TIER)
    return members
