"""Lets a newcomer in with a code: a member is made, their lineage recorded, the referral opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from members.domain.events.telling import tell
from members.domain.invitations.checks import BANNED_EMAIL, Newcomer, suspicions
from members.domain.joining import Arrival, tell_joined
from members.domain.outcomes import REFERRAL_JOINED
from members.domain.spaces import joining as entering
from members.domain.statuses import rights_of, why_not
from members.enums import MemberStatus, ReferralState
from members.models import Invitation, Member, Referral, SpaceMember

OTHERS_MAX = 200


class CannotJoin(Exception):
    """A code that lets nobody in, or not this person; `kind` names the reason, the message says it."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind, self.sentence = kind, sentence


@dataclass(frozen=True, slots=True)
class Joined:
    member: Member
    referral: Referral
    is_new: bool
    # Where the code opens a space: they are in, or wait in its line.
    membership: SpaceMember | None = None


def accept(*, code: str, ref: str, now: datetime, email: str = "", **attributes: Any) -> Joined:
    """Make the member whom a code brings. Called again for the same code and ref it returns the first answer.

    Raises CannotJoin.
    """
    with transaction.atomic():
        # Whoever accepts a code holds it: the last use is given once.
        invitation = Invitation.objects.select_for_update().filter(code=code.strip().upper()).first()
        if invitation is None:
            raise CannotJoin("unknown_code", "There is no invitation with this code; check that it was copied whole.")
        existing = Member.objects.filter(ref=ref).first()
        if existing is not None:
            return _again(existing, invitation)
        _check(invitation, email, now)
        _check_inviter(invitation.inviter)
        Invitation.objects.filter(pk=invitation.pk).update(uses=F("uses") + 1)
        inviter = invitation.inviter
        member = Member.objects.create(ref=ref, email=email, joined_at=now, invited_by=inviter, **attributes)
        referral = _refer(member, inviter, invitation, now)
        is_open = referral.state == ReferralState.OPEN
        # Under review nobody new may have come: rules hear of the joining once somebody has looked at it.
        tell_joined([Arrival(member.pk, now, invitation.channel)], now=now, is_quiet=not is_open)
        membership = None
        if is_open:
            tell_stage(REFERRAL_JOINED, referral, now=now)
            membership = open_space(referral, now=now)
    return Joined(member, referral, is_new=True, membership=membership)


def open_space(referral: Referral, *, now: datetime) -> SpaceMember | None:
    """Let a newcomer into the space that their code opens, or into its line; one that has closed since opens to nobody.

    Under review they come in once somebody has looked.
    """
    space = referral.invitation.space
    if space is None:
        return None
    try:
        return entering.enter(space=space, member=referral.member, now=now)[0]
    except entering.CannotEnter:
        return None


def tell_stage(code: str, referral: Referral, *, now: datetime) -> None:
    """Record a stage on the newcomer's timeline, where rules pay newcomer and inviter for it."""
    invitation = referral.invitation
    said = {"channel": invitation.channel, "campaign": invitation.campaign}
    filled = {name: text for name, text in said.items() if text}
    tell(code, [(referral.member_id, {**filled, "depth": referral.depth})], now=now)


def _again(member: Member, invitation: Invitation) -> Joined:
    referral = Referral.objects.filter(member=member, invitation=invitation).first()
    if referral is None and not rights_of(member.status).invite:
        raise CannotJoin("may_not_join", f"{why_not(member.status)} An invitation does not change that.")
    if referral is None:
        raise CannotJoin("already_member", "This member is in already; an invitation is for somebody new.")
    membership = SpaceMember.objects.filter(member=member, space=invitation.space_id).first()
    return Joined(member, referral, is_new=False, membership=membership)


def _check(invitation: Invitation, email: str, now: datetime) -> None:
    if invitation.revoked_at is not None:
        raise CannotJoin("revoked", "This invitation was taken back; ask for another.")
    if invitation.opens_at is not None and invitation.opens_at > now:
        raise CannotJoin("not_open_yet", f"This invitation opens on {invitation.opens_at:%Y-%m-%d}; come back then.")
    if invitation.expires_at is not None and invitation.expires_at <= now:
        raise CannotJoin(
            "expired", f"This invitation was good until {invitation.expires_at:%Y-%m-%d}; ask for another."
        )
    if invitation.partner is not None and not invitation.partner.is_in_force(timezone.localdate(now)):
        raise CannotJoin("contract_over", "This invitation is of a partner whose contract is over; ask for another.")
    if invitation.uses_max is not None and invitation.uses >= invitation.uses_max:
        raise CannotJoin("used", "This invitation has been used; ask for another.")
    if invitation.email and email.lower() != invitation.email:
        raise CannotJoin("other_person", "This invitation is for another email address.")
    if invitation.email_domain and not email.lower().endswith(f"@{invitation.email_domain}"):
        raise CannotJoin("other_domain", f"This invitation is for addresses at {invitation.email_domain}.")


def _check_inviter(inviter: Member | None) -> None:
    if inviter is not None and not rights_of(inviter.status).invite:
        raise CannotJoin(
            "inviter_not_active", "Whoever gave this invitation away may not invite now; ask somebody else."
        )


def _refer(member: Member, inviter: Member | None, invitation: Invitation, now: datetime) -> Referral:
    reasons: list[str] = []
    depth = 1
    if inviter is not None:
        above = Referral.objects.filter(member=inviter).values_list("depth", flat=True).first()
        depth = (above or 0) + 1
        earlier = Referral.objects.filter(inviter=inviter).order_by("-joined_at")[:OTHERS_MAX]
        others = [Newcomer(email, at) for email, at in earlier.values_list("member__email", "joined_at")]
        reasons = suspicions(Newcomer(member.email, now), inviter.email, others)
    if member.email and Member.objects.filter(status=MemberStatus.BANNED, email__iexact=member.email).exists():
        reasons.append(BANNED_EMAIL)
    return Referral.objects.create(
        member=member, inviter=inviter, invitation=invitation, depth=depth, joined_at=now, reasons=reasons,
        state=ReferralState.REVIEW if reasons else ReferralState.OPEN,
    )  # fmt: skip
