"""The badges a member holds, and those within reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from config.site import drawing
from config.site.queries.words import language_now
from incentives.domain.earnings import Way
from incentives.models import BadgeGrant
from members.domain.texts import text_in
from members.models import Member

BADGES_SHOWN_MAX = 12


@dataclass(frozen=True, slots=True)
class BadgeLine:
    """A badge held (`granted_at`), or one within reach, with how far the member has come."""

    name: str
    icon: str
    granted_at: datetime | None
    times: int = 1
    reached: int = 0
    wanted: int = 0
    share: int = 0


def badges_of(member: Member, ways: list[Way]) -> list[BadgeLine]:
    """Badges held, the newest first, then those within reach."""
    held: dict[str, BadgeLine] = {}
    grants = BadgeGrant.objects.filter(member_id=member.pk).select_related("badge").order_by("granted_at", "id")
    for grant in grants:
        code = grant.badge.code
        times = held[code].times + 1 if code in held else 1
        name = text_in(grant.badge.names, language_now(), code)
        held[code] = BadgeLine(name, drawing.glyph(code), grant.granted_at, times=times)
    within_reach = [
        BadgeLine(
            pay.name,
            drawing.glyph(pay.badge),
            None,
            reached=min(way.goal.reached, way.goal.wanted) if way.goal else 0,
            wanted=way.goal.wanted if way.goal else 0,
            share=way.goal.share if way.goal else 0,
        )
        for way in ways
        for pay in way.pays
        if pay.badge and pay.badge not in held
    ]
    newest = sorted(held.values(), key=lambda line: line.granted_at or member.joined_at, reverse=True)
    return (newest + within_reach)[:BADGES_SHOWN_MAX]
