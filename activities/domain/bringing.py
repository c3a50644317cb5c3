"""Who brought whom to what is paid for. One level, grown-ups only, never oneself."""

from __future__ import annotations

from datetime import datetime

from activities.domain.telling import tell
from activities.enums import OrderState, RegistrationState
from activities.models import Activity, Order
from members.domain.outcomes import ACTIVITY_BROUGHT
from members.enums import AgeBand, MemberStatus
from members.models import Invitation, Member


def bringer_of(member: Member, link: str) -> int | None:
    """Who brought a member to register: whose link they came by, else who invited them into the community.

    The newest link counts, whoever invited them once: it is that recommendation which was acted upon.
    """
    found: int | None = None
    if link:
        # A code that is used up or over still says whose it was.
        rows = Invitation.objects.filter(code=link.strip().upper(), inviter__isnull=False)
        found = rows.values_list("inviter_id", flat=True).first()
    found = found or member.invited_by_id
    return found if found != member.pk else None


def paid_for(order: Order) -> str:
    """The ref of whoever may be paid for a paid order of somebody else; empty if nobody."""
    bringer = order.registration.brought_by
    if bringer is None or bringer.pk == order.member_id:
        return ""
    is_fit = bringer.age_band == AgeBand.ADULT and bringer.status == MemberStatus.ACTIVE and not bringer.is_house
    return bringer.ref if is_fit else ""


def thank(activity: Activity, *, now: datetime) -> None:
    """Tell whoever brought a paying member that the activity is over: what waited for that is sure."""
    paid = activity.orders.filter(state=OrderState.PAID, registration__state=RegistrationState.CONFIRMED)
    brought = paid.filter(registration__brought_by__isnull=False).order_by("registration__brought_by")
    found = brought.values_list("registration__brought_by", flat=True).distinct()
    tell(ACTIVITY_BROUGHT, activity, list(found), now=now)
