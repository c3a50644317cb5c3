"""What becomes of a member's spaces and responsibilities when the member is erased, or is another member."""

from __future__ import annotations

from datetime import datetime

from members.domain.roles import appointing
from members.enums import MembershipState
from members.models import Appointment, Cultivation, Intention, Member, SpaceMember

_ORDER = (MembershipState.LEFT, MembershipState.WAITING, MembershipState.IN)


def forget(member: Member, *, now: datetime) -> None:
    """Nobody is in any space or serves any more; how long they did stays as numbers. The team's notes go."""
    for appointment in Appointment.objects.filter(member=member, ended_at__isnull=True):
        appointing.end(appointment_id=appointment.pk, now=now)
    Appointment.objects.filter(member=member).update(reason="")
    SpaceMember.objects.filter(member=member).exclude(state=MembershipState.LEFT).update(
        state=MembershipState.LEFT, left_at=now
    )
    Intention.objects.filter(member=member).delete()
    Cultivation.objects.filter(member=member).delete()
    # Deleting is remembered as well, so what is remembered goes last.
    Cultivation.history.filter(member_id=member.pk).delete()


def join(survivor: Member, merged: Member, *, now: datetime) -> None:
    """The survivor is wherever either was, since when the first of them was, and serves for both."""
    own = {each.space_id: each for each in SpaceMember.objects.filter(member=survivor)}
    for other in SpaceMember.objects.filter(member=merged):
        mine = own.get(other.space_id)
        if mine is None:
            other.member = survivor
            other.save(update_fields=["member"])
            continue
        better = max(mine, other, key=lambda each: _ORDER.index(MembershipState(each.state)))
        came = [each.joined_at for each in (mine, other) if each.state == better.state and each.joined_at is not None]
        mine.state, mine.left_at = better.state, better.left_at
        mine.asked_at = min(mine.asked_at, other.asked_at)
        mine.joined_at = min(came, default=better.joined_at)
        other.delete()
        mine.save()
    # What both did stands on one timeline now, and is weighed anew.
    Intention.objects.filter(member=merged).delete()
    _join_roles(survivor, merged, now)
    if Cultivation.objects.filter(member=survivor).exists():
        Cultivation.objects.filter(member=merged).delete()
    Cultivation.objects.filter(member=merged).update(member=survivor)


def _join_roles(survivor: Member, merged: Member, now: datetime) -> None:
    """Of two terms in the same role and place the survivor's goes on, as long as the longer one."""
    own = {
        (each.role_id, each.space_id): each
        for each in Appointment.objects.filter(member=survivor, ended_at__isnull=True)
    }
    for other in Appointment.objects.filter(member=merged, ended_at__isnull=True):
        mine = own.get((other.role_id, other.space_id))
        if mine is not None:
            ends = [mine.ends_at, other.ends_at]
            mine.ends_at = None if None in ends else max(each for each in ends if each is not None)
            mine.starts_at = min(mine.starts_at, other.starts_at)
            mine.begun_at = min((each for each in (mine.begun_at, other.begun_at) if each is not None), default=None)
            mine.save(update_fields=["ends_at", "starts_at", "begun_at"])
            other.ended_at, other.reason = now, "merged"
            other.save(update_fields=["ended_at", "reason"])
    Appointment.objects.filter(member=merged).update(member=survivor)
