"""What the fold knows of members, loaded once for a batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from incentives.domain.catalogues import IN_SEGMENT, NO_TIER
from incentives.domain.engine.rulebook import RuleBook
from members.domain.attributes import READ_AS, as_fact
from members.domain.counters.periods import zone_named
from members.domain.statuses import rights_of
from members.enums import Frozen
from members.models import Freeze, Member, SegmentMember, Standing


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
    # What is held on each ladder: a tier's rank there, and whether it was lost for a duty that is still owed.
    ranks: dict[int, int] = field(default_factory=dict)
    owing: set[int] = field(default_factory=set)
    attributes: dict[str, Any] = field(default_factory=dict)
    # When earning was or is frozen: from, and until (exclusive).
    freezes: list[tuple[datetime, datetime]] = field(default_factory=list)

    segments: set[str] = field(default_factory=set)

    def __getattr__(self, name: str) -> Any:
        """What operators defined, as compiled rules read it: an attribute (None if there is none), or `in_devoted`."""
        if name.startswith(READ_AS):
            return self.attributes.get(name.removeprefix(READ_AS))
        if name.startswith(IN_SEGMENT):
            return name.removeprefix(IN_SEGMENT) in self.segments
        raise AttributeError(name)

    def fact(self, name: str) -> Any:
        """A fact by its name in rules, after `member.`."""
        group, dot, code = name.partition(".")
        return self.attributes.get(code) if dot and group == "attributes" else getattr(self, name)


def load_members(member_ids: Iterable[int], book: RuleBook) -> dict[int, MemberFacts]:
    """Read members, what is frozen for them, and where they stand: a fixed number of queries."""
    ids = set(member_ids)
    members = {
        row[0]: MemberFacts(
            *row[:7], zone=zone_named(row[7]), earns=rights_of(row[6]).earn, inviter_id=row[8], connections=row[9] or 0
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
        plans = {ladder.plan.id: ladder.plan for ladder in book.ladders}
        for member_id, ladder_id, tier_id, owes in Standing.objects.filter(member_id__in=ids).values_list(
            "member_id", "ladder_id", "tier_id", "owes_duty"
        ):
            if member_id not in members or ladder_id not in plans:
                continue
            member = members[member_id]
            plan = plans[ladder_id]
            rank = member.ranks[ladder_id] = plan.rank_of(tier_id)
            if owes:
                member.owing.add(ladder_id)
            if ladder_id == first.plan.id:
                member.tier = plan.tiers[rank].code if rank >= 0 else NO_TIER
    if book.has_segments:
        found = SegmentMember.objects.filter(member_id__in=ids).values_list("member_id", "segment__code")
        for member_id, code in found:
            if member_id in members:
                members[member_id].segments.add(code)
    return members
