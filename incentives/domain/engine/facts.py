"""What the fold knows of members, loaded once for a batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from incentives.domain.catalogues import HAS_ROLE, IN_SEGMENT, NO_TIER
from incentives.domain.engine.rulebook import RuleBook
from members.domain.attributes import READ_AS, as_fact
from members.domain.counters.periods import zone_named
from members.domain.sql import among, aware, rows_of
from members.domain.statuses import rights_of
from members.enums import Frozen
from members.models import Appointment, Member, SegmentMember, Standing


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
    # The roles held now, anywhere.
    roles: set[str] = field(default_factory=set)

    def __getattr__(self, name: str) -> Any:
        """What operators defined, as compiled rules read it: an attribute (None if there is none), `in_devoted`,
        `role_host`."""
        if name.startswith(READ_AS):
            return self.attributes.get(name.removeprefix(READ_AS))
        if name.startswith(IN_SEGMENT):
            return name.removeprefix(IN_SEGMENT) in self.segments
        if name.startswith(HAS_ROLE):
            return name.removeprefix(HAS_ROLE) in self.roles
        raise AttributeError(name)

    def fact(self, name: str) -> Any:
        """A fact by its name in rules, after `member.`."""
        group, dot, code = name.partition(".")
        return self.attributes.get(code) if dot and group == "attributes" else getattr(self, name)


_MEMBERS = (
    "SELECT m.id, m.joined_at, m.is_verified, m.is_house, m.language, m.age_band, m.status, m.time_zone,"
    " m.invited_by_id, a.known FROM members_member m LEFT JOIN members_acquaintance a ON a.member_id = m.id"
)
_FROZEN = "SELECT member_id, begins_at, ends_at FROM members_freeze WHERE what = %s AND lifted_at IS NULL"


def _moment(value: datetime) -> datetime:
    read = aware(value)
    assert read is not None, "the column is never empty"
    return read


def load_members(member_ids: Iterable[int], book: RuleBook) -> dict[int, MemberFacts]:
    """Read members, what is frozen for them, and where they stand: a fixed number of queries."""
    ids = sorted(set(member_ids))
    members = _read(ids)
    _freeze(members, ids)
    if book.known.attributes:
        for member_id, stored in Member.objects.filter(id__in=ids).values_list("id", "attributes"):
            member = members[member_id]
            member.attributes = {
                code: as_fact(kind, stored.get(code), member.zone) for code, kind in book.known.attributes.items()
            }
    if book.ladders:
        _stand(members, ids, book)
    if book.has_segments:
        found = SegmentMember.objects.filter(member_id__in=ids).values_list("member_id", "segment__code")
        for member_id, code in found:
            if member_id in members:
                members[member_id].segments.add(code)
    if book.has_roles:
        # Begun and not ended: the clock's part is the job's, which looks every minute.
        held = Appointment.objects.filter(member_id__in=ids, begun_at__isnull=False, ended_at__isnull=True)
        for member_id, code in held.values_list("member_id", "role__code"):
            if member_id in members:
                members[member_id].roles.add(code)
    return members


# By hand: the ORM would take as long to write down some hundred numbers as the database to find them.
def _read(ids: list[int]) -> dict[int, MemberFacts]:
    members: dict[int, MemberFacts] = {}
    clause, numbers = among("m.id", ids)
    for row in rows_of(f"{_MEMBERS} WHERE {clause}", numbers):
        member_id, joined_at, verified, house, language, age_band, status, zone, inviter_id, known = row
        members[member_id] = MemberFacts(
            member_id, _moment(joined_at), verified, house, language, age_band, status, zone_named(zone),
            earns=rights_of(status).earn, inviter_id=inviter_id, connections=known or 0,
        )  # fmt: skip
    return members


def _freeze(members: dict[int, MemberFacts], ids: list[int]) -> None:
    clause, numbers = among("member_id", ids)
    for member_id, begins_at, ends_at in rows_of(f"{_FROZEN} AND {clause}", [Frozen.EARNING.value, *numbers]):
        members[member_id].freezes.append((_moment(begins_at), _moment(ends_at)))


def _stand(members: dict[int, MemberFacts], ids: list[int], book: RuleBook) -> None:
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
