"""What the fold knows of members, loaded once for a batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from incentives.domain.catalogues import IN_SEGMENT, NO_TIER
from incentives.domain.engine.rulebook import RuleBook
from members.domain.counters.periods import zone_named
from members.domain.events.intake import may_earn
from members.models import Member, SegmentMember, Standing


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
    # What is held on each ladder: a tier's rank there, and whether it was lost for a duty that is still owed.
    ranks: dict[int, int] = field(default_factory=dict)
    owing: set[int] = field(default_factory=set)
    segments: set[str] = field(default_factory=set)

    def __getattr__(self, name: str) -> bool:
        """`in_devoted` and the like: whether the member is in a segment."""
        if not name.startswith(IN_SEGMENT):
            raise AttributeError(name)
        return name.removeprefix(IN_SEGMENT) in self.segments


def load_members(member_ids: Iterable[int], book: RuleBook) -> dict[int, MemberFacts]:
    """Read members, where they stand and which segments they are in: three queries at most."""
    ids = set(member_ids)
    members = {
        row[0]: MemberFacts(*row[:7], zone=zone_named(row[7]), earns=may_earn(row[6]), inviter_id=row[8])
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
    if book.ladders:
        first = book.ladders[0]
        plans = {ladder.plan.id: ladder.plan for ladder in book.ladders}
        for member_id, ladder_id, tier_id, owes in Standing.objects.filter(member_id__in=ids).values_list(
            "member_id", "ladder_id", "tier_id", "owes_duty"
        ):
            member = members.get(member_id)
            if member is None or ladder_id not in plans:
                continue
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
