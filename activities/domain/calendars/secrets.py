"""The secret address of a member's feed: made, renewed, read."""

from __future__ import annotations

import secrets
from datetime import datetime

from activities.models import MemberCalendar
from members.domain.statuses import rights_of
from members.models import Member

SECRET_BYTES = 32


class NoCalendar(Exception):
    """Nobody's feed is there, or not any more."""


def secret_of(member: Member) -> str:
    """The secret of a member's feed; empty where they have none."""
    return MemberCalendar.objects.filter(member=member).values_list("secret", flat=True).first() or ""


def renew(*, member: Member, now: datetime) -> str:
    """Give a member's feed a new secret and return it; the one before is nobody's from now on."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    MemberCalendar.objects.update_or_create(member=member, defaults={"secret": secret, "made_at": now})
    return secret


def forget(member_id: int) -> None:
    MemberCalendar.objects.filter(member_id=member_id).delete()


def member_with(secret: str) -> Member:
    """Whose feed this is. Raises NoCalendar."""
    found = MemberCalendar.objects.select_related("member").filter(secret=secret).first() if secret else None
    if found is None or not rights_of(found.member.status).enter:
        raise NoCalendar("There is no such calendar.")
    return found.member
