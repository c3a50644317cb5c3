"""What a member sees of their invitations: the codes that still open the door, and how far their guests have come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from members.domain.conduct.freezes import frozen_until
from members.domain.invitations.making import QUOTA_WINDOW, Quota, quota_of
from members.domain.statuses import rights_of
from members.enums import Frozen, ReferralState
from members.models import Invitation, Member, Referral

CODES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Guests:
    """How many came by a member's invitations, and how many of them reached each stage; without names."""

    joined: int
    spoke: int
    active: int
    stayed: int


@dataclass(frozen=True, slots=True)
class Inviting:
    """What a member may still give away, what they gave, and what became of it. `again_at` if all is used up."""

    may: bool
    quota: Quota
    again_at: datetime | None
    codes: list[Invitation]
    guests: Guests


def inviting_of(member: Member, *, now: datetime) -> Inviting:
    """Read a member's side of inviting; referrals that were found to be none are left out."""
    quota = quota_of(member, now)
    mine = Invitation.objects.filter(inviter=member)
    again_at = None
    if quota.left == 0:
        lately = mine.filter(sent_at__gt=now - QUOTA_WINDOW, revoked_at__isnull=True).order_by("sent_at")
        first = lately.values_list("sent_at", flat=True).first()
        again_at = first + QUOTA_WINDOW if first is not None else None
    count = Referral.objects.filter(inviter=member).exclude(state=ReferralState.REJECTED).aggregate(
        joined=Count("pk"), spoke=Count("broke_ice_at"), active=Count("active_at"), stayed=Count("retained_at")
    )  # fmt: skip
    is_free = rights_of(member.status).invite and frozen_until(member.pk, Frozen.PRIVILEGES, now) is None
    return Inviting(
        may=is_free and quota.left != 0,
        quota=quota,
        again_at=again_at,
        codes=list(mine.open_at(now).order_by("-sent_at")[:CODES_SHOWN]),
        guests=Guests(**count),
    )
