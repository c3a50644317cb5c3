"""The growth face: K by what it can be told apart by, who invites well, and who only sends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from members.domain.invitations.growth import GroupBy, Growth, Inviter, growth, power_inviters, spam_suspects
from members.domain.invitations.inviters import Quality, best_inviters, community_share, qualities_of
from members.domain.invitations.windows import Watch, watch
from members.models import GrowthWindow, Member

SINCE = timedelta(days=180)
WEEKS_SHOWN, LINES_MAX, INVITERS_MAX = 26, 12, 12
GROUPS: tuple[GroupBy, ...] = ("cohort", "campaign", "space", "channel", "depth")


@dataclass(frozen=True, slots=True)
class Person:
    """An inviter as the page shows them; quality only from three mature invitees."""

    member: Member
    sent: int
    joined: int
    quality: Quality | None


@dataclass(frozen=True, slots=True)
class Face:
    """Everything on the page. `windows` are the oldest first."""

    watch: Watch
    windows: list[GrowthWindow]
    whole: Growth
    groups: dict[str, list[Growth]]
    share: Decimal
    best: list[tuple[Member, Quality]]
    power: list[Person]
    suspects: list[Person]


def face(*, now: datetime) -> Face:
    """Gather the page over the last 180 days of invitations; a fixed number of queries."""
    since = now - SINCE
    power = power_inviters(sent_from=since)[:INVITERS_MAX]
    suspects = spam_suspects(sent_from=since)[:INVITERS_MAX]
    best = best_inviters(now=now, count=INVITERS_MAX)
    ids = [*(each.member_id for each in (*power, *suspects)), *(each.member_id for each in best)]
    members = Member.objects.in_bulk(ids)
    qualities = qualities_of(ids, now=now)
    return Face(
        watch=watch(),
        windows=list(GrowthWindow.objects.filter(base__gt=0).order_by("-ends_on")[:WEEKS_SHOWN])[::-1],
        whole=growth(sent_from=since)[0],
        groups={group: _lines(group, since) for group in GROUPS},
        share=community_share(now=now),
        best=[(members[each.member_id], each) for each in best],
        power=_people(power, members, qualities),
        suspects=_people(suspects, members, qualities),
    )


def _lines(group: GroupBy, since: datetime) -> list[Growth]:
    found = [line for line in growth(sent_from=since, group_by=group) if group != "campaign" or line.group]
    return found[-LINES_MAX:] if group == "cohort" else found[:LINES_MAX]


def _people(found: list[Inviter], members: dict[int, Member], qualities: dict[int, Quality]) -> list[Person]:
    return [Person(members[each.member_id], each.sent, each.joined, qualities.get(each.member_id)) for each in found]
