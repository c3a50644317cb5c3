"""What deciding about privileges needs to know of a member, read in a number of queries that never grows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from incentives.domain.ledger.expiry import midnight
from incentives.domain.privileges.definitions import Definition
from incentives.enums import Bucket, GroundKind, PrivilegeKind
from incentives.models import NEVER, Account, BadgeGrant, PrivilegeFreeze, PrivilegeGrant, PrivilegeTally
from members.domain.counters.periods import local_day, next_period, period_of
from members.domain.invitations.making import Quota, quota_of
from members.models import Member, Standing

# Whoever asks about a grant that ended this lately is told so; of older ones that there is none.
LATELY = timedelta(days=60)
EVERYBODY = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """A member at a moment. `used` counts by (privilege, member or 0, ground or 0, period)."""

    member: Member
    now: datetime
    today: int
    thresholds: dict[int, int]
    badges: frozenset[int]
    grants: dict[int, list[PrivilegeGrant]]
    used: dict[tuple[int, int, int, int], int]
    balances: dict[int, int]
    freeze: PrivilegeFreeze | None
    invitations: Quota | None

    def period(self, every: str) -> int:
        return period_of(every, self.today)

    def period_ends_at(self, every: str) -> datetime:
        """When the running period of the member's own calendar ends; NEVER for ever."""
        following = next_period(every, self.today)
        return midnight(following, self.member.zone()) if following is not None else NEVER


def facts_of(member: Member, definitions: Iterable[Definition], *, now: datetime) -> Facts:
    """Read what these privileges hang on for a member."""
    definitions = list(definitions)
    grounds = [ground for each in definitions for ground in each.grounds]
    kinds = {ground.kind for ground in grounds}
    today = local_day(now, member.zone())
    ids = [each.id for each in definitions]
    periods = {period_of(each.every, today) for each in definitions}
    return Facts(
        member=member,
        now=now,
        today=today,
        thresholds=_thresholds(member) if GroundKind.TIER in kinds else {},
        badges=_badges(member) if GroundKind.BADGE in kinds else frozenset(),
        grants=_grants(member, ids, now),
        used=_used(member, ids, periods),
        balances=_balances(member) if GroundKind.PURCHASE in kinds else {},
        freeze=PrivilegeFreeze.objects.holding(now).filter(member=member).order_by("-until").first(),
        invitations=quota_of(member, now) if any(e.kind == PrivilegeKind.INVITATIONS for e in definitions) else None,
    )


def _thresholds(member: Member) -> dict[int, int]:
    """How high a member stands on each ladder: the threshold of the tier held."""
    return dict(Standing.objects.filter(member=member).values_list("ladder_id", "tier__threshold"))


def _badges(member: Member) -> frozenset[int]:
    return frozenset(BadgeGrant.objects.filter(member_id=member.pk).values_list("badge_id", flat=True))


def _grants(member: Member, ids: list[int], now: datetime) -> dict[int, list[PrivilegeGrant]]:
    found: dict[int, list[PrivilegeGrant]] = {}
    lately = Q(until__isnull=True) | Q(until__gt=now - LATELY)
    for grant in PrivilegeGrant.objects.filter(lately, member=member, privilege_id__in=ids).order_by("pk"):
        found.setdefault(grant.privilege_id, []).append(grant)
    return found


def _used(member: Member, ids: list[int], periods: set[int]) -> dict[tuple[int, int, int, int], int]:
    rows = PrivilegeTally.objects.filter(
        member_id__in=[member.pk, EVERYBODY], privilege_id__in=ids, period__in=periods
    ).values_list("privilege_id", "member_id", "ground", "period", "used")
    return {(row[0], row[1], row[2], row[3]): row[4] for row in rows}


def _balances(member: Member) -> dict[int, int]:
    accounts = Account.objects.filter(member_id=member.pk, bucket=Bucket.AVAILABLE)
    return dict(accounts.values_list("currency_id", "balance"))
