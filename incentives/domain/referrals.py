"""Decides about referrals: confirmed ones pay from here on, rejected ones give back what they paid."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from incentives.domain.pump import hints
from incentives.domain.withdrawing import Withdrawn, withdraw
from members.domain.invitations.accepting import open_space, tell_stage
from members.domain.joining import hear_of_joining
from members.domain.outcomes import (
    MEMBER_JOINED,
    REFERRAL_ACTIVE,
    REFERRAL_BROKE_ICE,
    REFERRAL_JOINED,
    REFERRAL_REJECTED,
    REFERRAL_RETAINED,
)
from members.enums import ReferralState
from members.models import Event, Referral

# What a referral may have paid: the newcomer's welcome is one of them, since nobody new has come after all.
STAGES = (MEMBER_JOINED, REFERRAL_JOINED, REFERRAL_BROKE_ICE, REFERRAL_ACTIVE, REFERRAL_RETAINED)


class CannotDecide(Exception):
    """A referral that this decision cannot be taken about any more."""


def confirm_referral(*, referral_id: int, by: AbstractBaseUser | None, now: datetime, note: str = "") -> Referral:
    """Let a referral under review count: rules hear of its joining now, and of later stages as they come.

    One that was open before it was doubted has told its joining already, and tells it once.
    """
    with transaction.atomic():
        referral = _decide(referral_id, (ReferralState.REVIEW,), ReferralState.CONFIRMED, by=by, now=now, note=note)
        if not Event.objects.filter(member_id=referral.pk, type__code=REFERRAL_JOINED).exists():
            hear_of_joining(referral.pk, now=now)
            tell_stage(REFERRAL_JOINED, referral, now=now)
        open_space(referral, now=now)
        hints.wake_on_commit()
    return referral


def reject_referral(*, referral_id: int, by: AbstractBaseUser | None, now: datetime, note: str) -> Withdrawn:
    """Find that a referral is none: whatever its stages and the newcomer's welcome paid, to anybody, is taken back.

    The member stays; what happens to them is a matter of conduct. Raises CannotDecide.
    """
    if not note.strip():
        raise CannotDecide("Say why; whoever looks at this later will want to know.")
    states = (ReferralState.OPEN, ReferralState.REVIEW, ReferralState.CONFIRMED)
    with transaction.atomic():
        referral = _decide(referral_id, states, ReferralState.REJECTED, by=by, now=now, note=note)
        stages = Event.objects.filter(member_id=referral.pk, type__code__in=STAGES).values_list("pk", flat=True)
        taken = withdraw(event_ids=list(stages), cause=f"referral {referral.pk}", now=now, actor=str(by or ""))
        tell_stage(REFERRAL_REJECTED, referral, now=now)
        hints.wake_on_commit()
    return taken


def _decide(
    referral_id: int,
    before: tuple[ReferralState, ...],
    after: ReferralState,
    *,
    by: AbstractBaseUser | None,
    now: datetime,
    note: str,
) -> Referral:
    referral = Referral.objects.select_for_update(of=("self",)).select_related("invitation").get(pk=referral_id)
    if referral.state not in before:
        raise CannotDecide(f"This referral is {referral.get_state_display()} already.")
    referral.state, referral.decided_at, referral.note = after, now, note
    referral.decided_by_id = by.pk if by is not None else None
    referral.save(update_fields=["state", "decided_at", "note", "decided_by"])
    return referral
