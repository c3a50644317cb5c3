"""What a member of each status may do, and how a status changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from members.domain.events.telling import tell
from members.domain.outcomes import MEMBER_STATUS_CHANGED
from members.enums import MemberStatus
from members.lanes import lane_of
from members.models import Lane, Member


@dataclass(frozen=True, slots=True)
class Rights:
    """Be paid by rules; spend, set aside and give points; give codes away and bring others in; open their pages."""

    earn: bool = False
    spend: bool = False
    invite: bool = False
    enter: bool = False


# Whoever is suspended or banned still sees their pages: what is held against them, and the way back.
RIGHTS: dict[str, Rights] = {
    MemberStatus.ACTIVE: Rights(earn=True, spend=True, invite=True, enter=True),
    MemberStatus.SUSPENDED: Rights(enter=True),
    MemberStatus.BANNED: Rights(enter=True),
    MemberStatus.LEFT: Rights(),
    MemberStatus.ERASED: Rights(),
}
# What an app may set; a ban needs a person and a written reason, and an erasure is an act of its own.
FOR_APPS = (MemberStatus.ACTIVE, MemberStatus.SUSPENDED, MemberStatus.LEFT)


class StatusFixed(Exception):
    """A status that this change cannot be made from."""


def rights_of(status: str) -> Rights:
    return RIGHTS[status]


def why_not(status: str) -> str:
    """Why somebody who is not active may not do something, in a sentence that follows it."""
    return _("This member is %(status)s.") % {"status": MemberStatus(status).label}


def change_status(
    *, member_id: int, status: MemberStatus, now: datetime, reason: str = "", by: object | None = None
) -> bool:
    """Give a member another status and tell it; False if they have it already.

    The member's lane is held meanwhile: of the events that wait, each is judged wholly before or wholly after.
    Raises StatusFixed for somebody who was erased.
    """
    with transaction.atomic():
        Lane.objects.select_for_update().get(number=lane_of(member_id))
        member = Member.objects.select_for_update().get(pk=member_id)
        before = member.status
        if before == status:
            return False
        if before == MemberStatus.ERASED:
            raise StatusFixed(_("This member was erased; that cannot be undone."))
        member.status = status
        member._change_reason = reason[:100] or None  # type: ignore[attr-defined]  # noqa: SLF001
        member._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001
        member.save(update_fields=["status"])
        tell_statuses([(member_id, before, status)], now=now)
    return True


def tell_statuses(changes: Iterable[tuple[int, str, str]], *, now: datetime) -> None:
    """Record changes of status, each (member, before, after), on the timelines, in the transaction that made them."""
    told = [(member_id, {"from_status": before, "to_status": after}) for member_id, before, after in changes]
    tell(MEMBER_STATUS_CHANGED, told, now=now)
