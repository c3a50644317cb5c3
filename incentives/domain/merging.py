"""Makes two members who are one person one member, with everything they have and everything they did."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import F

from incentives.domain import followers
from incentives.domain.campaigns import people as campaign_people
from incentives.domain.ledger.merging import Brought, move_everything
from incentives.domain.pump import hints
from incentives.domain.quests import leaving
from incentives.models import BadgeGrant, Case, LimitUse, PrivilegeGrant, PrivilegeTally, PrivilegeUse
from members.domain.people.merging import check_pair, hold_pair, merge_people
from members.models import Member


@dataclass(frozen=True, slots=True)
class Merged:
    """The survivor, and what came over now; `is_new` is False where it had been done before."""

    survivor: Member
    brought: list[Brought] = field(default_factory=list)
    is_new: bool = True


def merge(
    *, survivor_id: int, merged_id: int, now: datetime, reason: str, by: object | None = None, actor: str = ""
) -> Merged:
    """Merge one member into another, once; a second call for the same two changes nothing.

    Balances are moved by journals, lots keep their expiry, holds and waiting awards go along. What was used of limits
    adds up. Raises CannotMerge, TooManyPoints.
    """
    with transaction.atomic():
        survivor, merged = hold_pair(survivor_id, merged_id) if survivor_id != merged_id else _alone(survivor_id)
        if merged.merged_into_id == survivor.pk:
            return Merged(survivor, is_new=False)
        check_pair(survivor, merged)
        brought = move_everything(payer_id=merged.pk, payee_id=survivor.pk, now=now, actor=actor)
        _join_uses(survivor.pk, merged.pk)
        _join_badges(survivor.pk, merged.pk)
        _join_rights(survivor.pk, merged.pk)
        Case.objects.filter(member_id=merged.pk).update(member_id=survivor.pk)
        leaving.join(survivor.pk, merged.pk)
        campaign_people.join(survivor.pk, merged.pk)
        followers.join(survivor.pk, merged.pk, now=now)
        merge_people(survivor, merged, now=now, reason=reason, by=by)
        hints.wake_on_commit()
    return Merged(survivor, brought)


def _alone(member_id: int) -> tuple[Member, Member]:
    member = Member.objects.get(pk=member_id)
    return member, member


def _join_uses(survivor_id: int, merged_id: int) -> None:
    """Two memberships never have a limit twice."""
    for use in LimitUse.objects.filter(member_id=merged_id).order_by("id"):
        own, _ = LimitUse.objects.get_or_create(member_id=survivor_id, limit_id=use.limit_id, period=use.period)
        LimitUse.objects.filter(pk=own.pk).update(times=F("times") + use.times, amount=F("amount") + use.amount)


def _join_badges(survivor_id: int, merged_id: int) -> None:
    held = set(BadgeGrant.objects.filter(member_id=survivor_id).values_list("badge_id", "key"))
    grants = BadgeGrant.objects.filter(member_id=merged_id).values_list("pk", "badge_id", "key")
    new = [pk for pk, badge_id, key in grants if (badge_id, key) not in held]
    BadgeGrant.objects.filter(pk__in=new).update(member_id=survivor_id)


def _join_rights(survivor_id: int, merged_id: int) -> None:
    """Grants and uses go along; what both have used of a quota adds up, to no more than there is."""
    granted = set(PrivilegeGrant.objects.filter(member_id=survivor_id).values_list("privilege_id", "key"))
    twins = PrivilegeGrant.objects.filter(member_id=merged_id).values_list("pk", "privilege_id", "key")
    moving = [pk for pk, *what in twins if tuple(what) not in granted]
    PrivilegeGrant.objects.filter(pk__in=moving).update(member_id=survivor_id)
    PrivilegeUse.objects.filter(member_id=merged_id).update(member_id=survivor_id)
    for tally in PrivilegeTally.objects.filter(member_id=merged_id).order_by("id"):
        own, _ = PrivilegeTally.objects.get_or_create(
            member_id=survivor_id, privilege_id=tally.privilege_id, ground=tally.ground, period=tally.period,
            defaults={"most": tally.most},
        )  # fmt: skip
        own.used += tally.used
        own.used = own.used if own.most is None else min(own.used, own.most)
        own.save(update_fields=["used"])
        tally.delete()
