"""What deciding about privileges needs to know of a member, read in a number of queries that never grows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from incentives.domain.privileges.definitions import Definition
from incentives.enums import Bucket, GroundKind, PrivilegeKind
from incentives.models import NEVER, PrivilegeGrant
from members.domain.counters.periods import local_day, midnight, next_period, period_of
from members.domain.invitations.making import Quota, quota_of
from members.domain.sql import moment
from members.enums import Frozen
from members.models import Freeze, Member

# Whoever asks about a grant that ended this lately is told so; of older ones that there is none.
LATELY = timedelta(days=60)
EVERYBODY = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """A member at a moment. `used` counts by (privilege, member or 0, ground or 0, period).

    `now` is the moment of the use, which may lie ahead; `asked_at` is when it is asked.
    """

    member: Member
    now: datetime
    asked_at: datetime
    today: int
    thresholds: dict[int, int]
    badges: frozenset[int]
    segments: frozenset[int]
    roles: frozenset[int]
    grants: dict[int, list[PrivilegeGrant]]
    used: dict[tuple[int, int, int, int], int]
    balances: dict[int, int]
    freeze: Freeze | None
    invitations: Quota | None

    def period(self, every: str) -> int:
        return period_of(every, self.today)

    def period_ends_at(self, every: str) -> datetime:
        """When the running period of the member's own calendar ends; NEVER for ever."""
        following = next_period(every, self.today)
        return midnight(following, self.member.zone()) if following is not None else NEVER


def facts_of(member: Member, definitions: Iterable[Definition], *, now: datetime, at: datetime | None = None) -> Facts:
    """Read what these privileges hang on for a member, for a use now, or `at` a moment ahead.

    One statement looks at everything that is numbers; grants and freezes are read only where it has seen some.
    """
    asked_at, now = now, at or now
    definitions = list(definitions)
    kinds = {ground.kind for each in definitions for ground in each.grounds}
    today = local_day(now, member.zone())
    ids = sorted(each.id for each in definitions)
    look = _Look()
    look.at(_FREEZES, member.pk)
    if ids:
        periods = sorted({period_of(each.every, today) for each in definitions})
        look.at(_GRANTS.format(ids=_marks(ids)), member.pk, *ids)
        look.at(_USED.format(ids=_marks(ids), periods=_marks(periods)), member.pk, EVERYBODY, *ids, *periods)
    for kind, statement in _BY_KIND.items():
        if kind in kinds:
            look.at(statement, member.pk)
    if GroundKind.ROLE in kinds:
        look.at(_ROLES, member.pk, *[moment(now)] * 3)
    seen = look.all()
    holding = Freeze.objects.holding(Frozen.PRIVILEGES, now).filter(member=member).select_related("violation__kind")
    return Facts(
        member=member,
        now=now,
        asked_at=asked_at,
        today=today,
        thresholds={row[1]: row[2] for row in seen.get(_STANDING, ())},
        badges=frozenset(row[1] for row in seen.get(_BADGE, ())),
        segments=frozenset(row[1] for row in seen.get(_SEGMENT, ())),
        roles=frozenset(row[1] for row in seen.get(_ROLE, ())),
        grants=_grants(member, ids, now) if any(row[1] for row in seen.get(_GRANT, ())) else {},
        used={(row[1], row[2], row[3], row[4]): row[5] for row in seen.get(_TALLY, ())},
        balances={row[1]: row[2] for row in seen.get(_ACCOUNT, ())},
        freeze=holding.order_by("-ends_at").first() if any(row[1] for row in seen[_FREEZE]) else None,
        invitations=quota_of(member, now) if any(e.kind == PrivilegeKind.INVITATIONS for e in definitions) else None,
    )


_FREEZE, _GRANT, _TALLY, _STANDING, _BADGE, _SEGMENT, _ACCOUNT, _ROLE = range(8)
_FREEZES = (
    f"SELECT {_FREEZE}, count(*), 0, 0, 0, 0 FROM members_freeze"
    f" WHERE member_id = %s AND what = '{Frozen.PRIVILEGES}' AND lifted_at IS NULL"
)
_GRANTS = (
    f"SELECT {_GRANT}, count(*), 0, 0, 0, 0 FROM incentives_privilegegrant"
    " WHERE member_id = %s AND privilege_id IN ({ids})"
)
_USED = (
    f"SELECT {_TALLY}, privilege_id, member_id, ground, period, used FROM incentives_privilegetally"
    " WHERE member_id IN (%s, %s) AND privilege_id IN ({ids}) AND period IN ({periods})"
)
# A term counts by the clock, also before the job has ended it.
_ROLES = (
    f"SELECT {_ROLE}, role_id, 0, 0, 0, 0 FROM members_appointment WHERE member_id = %s AND starts_at <= %s"
    " AND (ends_at IS NULL OR ends_at > %s) AND (ended_at IS NULL OR ended_at > %s)"
)
_BY_KIND = {
    # How high a member stands on each ladder: the threshold of the tier held.
    GroundKind.TIER: (
        f"SELECT {_STANDING}, s.ladder_id, t.threshold, 0, 0, 0 FROM members_standing s"
        " JOIN members_tier t ON t.id = s.tier_id WHERE s.member_id = %s"
    ),
    GroundKind.BADGE: f"SELECT {_BADGE}, badge_id, 0, 0, 0, 0 FROM incentives_badgegrant WHERE member_id = %s",
    GroundKind.SEGMENT: f"SELECT {_SEGMENT}, segment_id, 0, 0, 0, 0 FROM members_segmentmember WHERE member_id = %s",
    GroundKind.PURCHASE: (
        f"SELECT {_ACCOUNT}, currency_id, balance, 0, 0, 0 FROM incentives_account"
        f" WHERE member_id = %s AND bucket = {Bucket.AVAILABLE.value}"
    ),
}


class _Look:
    """Several questions to the database in one statement; each row begins with the number of its question."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._values: list[Any] = []

    def at(self, statement: str, *values: Any) -> None:
        self._parts.append(statement)
        self._values += values

    def all(self) -> dict[int, list[tuple[int, ...]]]:
        found: dict[int, list[tuple[int, ...]]] = {}
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(self._parts), self._values)
            for row in cursor.fetchall():
                found.setdefault(row[0], []).append(row)
        return found


def _marks(values: list[int]) -> str:
    return ", ".join(["%s"] * len(values))


def _grants(member: Member, ids: list[int], now: datetime) -> dict[int, list[PrivilegeGrant]]:
    found: dict[int, list[PrivilegeGrant]] = {}
    lately = Q(until__isnull=True) | Q(until__gt=now - LATELY)
    for grant in PrivilegeGrant.objects.filter(lately, member=member, privilege_id__in=ids).order_by("pk"):
        found.setdefault(grant.privilege_id, []).append(grant)
    return found
