"""Tiers by hand: lent until a day for a reason, or opened by an invitation that the member accepts."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from members.domain.ladders.evaluating import current_plan, evaluate_members, hold_lanes
from members.enums import MemberStatus
from members.lanes import lane_of
from members.models import Member, Standing, Tier, TierInvitation, TierPin


class CannotLend(Exception):
    """A tier cannot be lent or opened so; the message says what to do."""


def lend(*, member: Member, tier: Tier, until: datetime, reason: str, by: str, now: datetime) -> TierPin:
    """Let a member hold at least a tier until a moment. Lending it again only moves the end and the reason.

    What they held before, or earn meanwhile, is theirs afterwards. Raises CannotLend.
    """
    if until <= now:
        raise CannotLend("The end must lie in the future.")
    if not reason.strip():
        raise CannotLend("Say why; whoever looks at this later will want to know.")
    _refuse_the_gone(member)
    with transaction.atomic():
        _lock(member)
        loans = TierPin.objects.filter(member=member, tier__ladder=tier.ladder).in_force_at(now).order_by("pk")
        pin = loans.filter(tier=tier).first()
        if pin is None:
            first = loans.first()
            before = first.before_id if first is not None else _held(member, tier)
            pin = TierPin.objects.create(
                member=member, tier=tier, before_id=before, until=until, reason=reason, set_by=by, set_at=now
            )
        else:
            pin.until, pin.reason, pin.set_by = until, reason, by
            pin.save(update_fields=["until", "reason", "set_by"])
        evaluate_members(plan=current_plan(tier.ladder), member_ids=[member.pk], now=now)
    return pin


def take_back(*, member: Member, tier: Tier, now: datetime) -> TierPin | None:
    """End a loan now; the member keeps what they earn. None where none is in force."""
    with transaction.atomic():
        _lock(member)
        pin = TierPin.objects.filter(member=member, tier=tier, set_at__lt=now).in_force_at(now).first()
        if pin is None:
            return None
        pin.until = now
        pin.save(update_fields=["until"])
        evaluate_members(plan=current_plan(tier.ladder), member_ids=[member.pk], now=now)
    return pin


def invite_into(*, member: Member, tier: Tier, reason: str, by: str, now: datetime) -> TierInvitation:
    """Open a tier that is by invitation only. Inviting again returns the open invitation. Raises CannotLend."""
    if not tier.is_by_invitation:
        raise CannotLend(f"{tier} is open to everybody who earns it.")
    _refuse_the_gone(member)
    made, _ = TierInvitation.objects.get_or_create(
        member=member, tier=tier, ended_at=None, defaults={"reason": reason, "invited_by": by, "invited_at": now}
    )
    return made


def accept(*, member: Member, tier: Tier, now: datetime) -> TierInvitation | None:
    """The member says yes, and holds the tier at once if they have what it asks for. None where nobody asked."""
    with transaction.atomic():
        invitation = TierInvitation.objects.select_for_update().filter(member=member, tier=tier, ended_at=None).first()
        if invitation is not None and invitation.accepted_at is None:
            invitation.accepted_at = now
            invitation.save(update_fields=["accepted_at"])
            evaluate_members(plan=current_plan(tier.ladder), member_ids=[member.pk], now=now)
    return invitation


def end_invitation(*, member: Member, tier: Tier, now: datetime) -> TierInvitation | None:
    """The member declines, or the operators take it back: the tier is closed again. None where none is open."""
    with transaction.atomic():
        invitation = TierInvitation.objects.select_for_update().filter(member=member, tier=tier, ended_at=None).first()
        if invitation is None:
            return None
        invitation.ended_at = now
        invitation.save(update_fields=["ended_at"])
        evaluate_members(plan=current_plan(tier.ladder), member_ids=[member.pk], now=now)
    return invitation


def _lock(member: Member) -> None:
    """Their lane and then their row, as whoever records a violation takes them, so that neither waits for the other."""
    hold_lanes({lane_of(member.pk)})
    Member.objects.select_for_update().get(pk=member.pk)


def _held(member: Member, tier: Tier) -> int | None:
    return Standing.objects.filter(member=member, ladder=tier.ladder).values_list("tier_id", flat=True).first()


def _refuse_the_gone(member: Member) -> None:
    if member.status != MemberStatus.ACTIVE:
        raise CannotLend(f"This member is {member.get_status_display()} and rises nowhere.")
