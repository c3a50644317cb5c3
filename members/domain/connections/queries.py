"""What a member's connections look like to the member, to apps and to operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from members.domain.connections.deciding import band
from members.enums import IntroductionState
from members.models import Acquaintance, Connection, Introduction, Member

SHOWN_MAX = 200


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody a member knows, the strongest first."""

    member: str
    display_name: str
    since: datetime
    first_at: datetime
    last_at: datetime
    days: int
    is_mutual: bool


@dataclass(frozen=True, slots=True)
class Circle:
    """How many others a member knows, and who (the strongest 200)."""

    count: int
    is_off: bool
    lines: list[Line]

    @property
    def band(self) -> str:
        return band(self.count)


def circle_of(member_id: int) -> Circle:
    """A member's connections as both let them be seen: two queries."""
    mine = Acquaintance.objects.filter(member_id=member_id).first()
    found = Connection.objects.of(member_id).shown().select_related("low", "high")
    lines = []
    for row in found.order_by("-days", "-last_at", "pk")[:SHOWN_MAX]:
        other = row.high if row.low_id == member_id else row.low
        lines.append(Line(other.ref, other.display_name, row.since, row.first_at, row.last_at, row.days, row.is_mutual))
    return Circle(mine.known if mine else 0, mine.is_off if mine else False, lines)


@dataclass(frozen=True, slots=True)
class Proposal:
    """An introduction that waits for this member's answer."""

    id: int
    other: Member
    words: str


def proposals_of(member_id: int) -> list[Proposal]:
    """What a member has been asked and has not answered yet."""
    unanswered = Q(first_id=member_id, first_agreed_at__isnull=True) | Q(
        second_id=member_id, second_agreed_at__isnull=True
    )
    found = Introduction.objects.filter(unanswered, state=IntroductionState.PROPOSED).select_related("first", "second")
    return [
        Proposal(row.pk, row.second if row.first_id == member_id else row.first, row.words)
        for row in found.order_by(F("proposed_at").desc(), "pk")[:SHOWN_MAX]
    ]
