"""Makes and revokes codes. How many a member may give away is their tier's."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from members.domain.conduct.freezes import frozen_until
from members.domain.partners import giving
from members.domain.statuses import rights_of, why_not
from members.enums import Frozen, MembershipState
from members.models import Invitation, Member, Partner, Space, SpaceMember, Standing

# Without 0 and O, 1 and I and L, so that a code can be read from a poster and said on the telephone.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 10
QUOTA_WINDOW = timedelta(days=30)

# Given a campaign, an inviter (None for the operators) and the moment: until when a code is good, None for as long as
# one likes. Raises CannotInvite.
Door = Callable[[str, Member | None, datetime], datetime | None]


class CannotInvite(Exception):
    """Somebody who may not give a code away now; the message says why, and when again."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How many codes a member may give away in thirty days; None for as many as they like."""

    most: int | None
    used: int

    @property
    def left(self) -> int | None:
        return None if self.most is None else max(0, self.most - self.used)


def invite(
    *,
    inviter: Member | None,
    now: datetime,
    channel: str = "",
    campaign: str = "",
    email: str = "",
    email_domain: str = "",
    uses_max: int | None = 1,
    opens_at: datetime | None = None,
    expires_at: datetime | None = None,
    code: str = "",
    space: Space | None = None,
    partner: Partner | None = None,
) -> Invitation:
    """Make a code: a member's, within their quota, or an operator's (no inviter), or a partner's.

    It may open a space as well. A code of a campaign is good no longer than the campaign. Raises CannotInvite.
    """
    with transaction.atomic():
        if inviter is not None:
            # Two requests at once must not both take the last one.
            inviter = Member.objects.select_for_update().get(pk=inviter.pk)
            _check_inviter(inviter, uses_max, now)
            _check_space(inviter, space)
        for door in doors() if campaign else ():
            ends = door(campaign, inviter, now)
            expires_at = min((each for each in (ends, expires_at) if each is not None), default=None)
        if partner is not None:
            try:
                giving.check_allotment(partner, uses_max, now)
            except giving.BeyondAllotment as error:
                raise CannotInvite(str(error)) from error
        for _ in range(5):
            try:
                with transaction.atomic():
                    return Invitation.objects.create(
                        code=code.upper() or new_code(), inviter=inviter, channel=channel, campaign=campaign,
                        email=email.lower(), email_domain=email_domain.lower().lstrip("@"), uses_max=uses_max,
                        sent_at=now, opens_at=opens_at, expires_at=expires_at, space=space, partner=partner,
                    )  # fmt: skip
            except IntegrityError:
                if code:
                    raise CannotInvite(f"The code {code.upper()} is taken; choose another.") from None
    raise AssertionError("five random codes in a row were taken")


@lru_cache(maxsize=1)
def doors() -> tuple[Door, ...]:
    """Who is asked before a code of a campaign is made; named in settings.INVITATION_DOORS."""
    return tuple(import_string(path) for path in settings.INVITATION_DOORS)


def revoke(*, invitation: Invitation, now: datetime) -> None:
    """Let nobody in with this code any more; whoever came with it stays."""
    Invitation.objects.filter(pk=invitation.pk, revoked_at__isnull=True).update(revoked_at=now)


def quota_of(member: Member, now: datetime) -> Quota:
    """What a member may still give away: the highest of their tiers' quotas, else the programme's."""
    quotas = [
        standing.tier.invitations_max
        for standing in Standing.objects.filter(member=member).select_related("tier")
        if standing.tier is not None and standing.tier.invitations_max is not None
    ]
    most = max(quotas) if quotas else settings.INVITATIONS_PER_MONTH
    used = Invitation.objects.filter(inviter=member, sent_at__gt=now - QUOTA_WINDOW, revoked_at__isnull=True).count()
    return Quota(most, used)


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def _check_space(inviter: Member, space: Space | None) -> None:
    """Nobody opens a door that they are not behind themselves."""
    if space is None:
        return
    if not SpaceMember.objects.filter(space=space, member=inviter, state=MembershipState.IN).exists():
        raise CannotInvite(f"Only who is in {space.ref} may open it to others; leave the space out, or join it first.")


def _check_inviter(inviter: Member, uses_max: int | None, now: datetime) -> None:
    if not rights_of(inviter.status).invite:
        raise CannotInvite(f"{why_not(inviter.status)} They may not invite.")
    until = frozen_until(inviter.pk, Frozen.PRIVILEGES, now)
    if until is not None:
        raise CannotInvite(f"Privileges are frozen for this member until {inviter.local(until):%Y-%m-%d %H:%M}.")
    if uses_max != 1:
        raise CannotInvite("A member's code is for one person; codes for many are the operators'.")
    quota = quota_of(inviter, now)
    if quota.left == 0:
        oldest = Invitation.objects.filter(inviter=inviter, sent_at__gt=now - QUOTA_WINDOW, revoked_at__isnull=True)
        first = oldest.order_by("sent_at").values_list("sent_at", flat=True).first()
        assert first is not None, "a quota of nothing is used by nobody"
        again = inviter.local(first + QUOTA_WINDOW)
        raise CannotInvite(
            f"All {quota.most} invitations of thirty days are used; the next is free on {again:%Y-%m-%d}."
        )
