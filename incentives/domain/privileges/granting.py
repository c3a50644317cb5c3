"""Gives privileges to members and takes them back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from incentives.domain.privileges import windows
from incentives.domain.privileges.telling import tell
from incentives.domain.privileges.windows import Window
from incentives.domain.requests import Refused
from incentives.enums import PrivilegeKind
from incentives.models import Privilege, PrivilegeGrant
from members.domain.outcomes import PRIVILEGE_EXPIRED, PRIVILEGE_GRANTED, PRIVILEGE_REVOKED
from members.models import Member

ENDING_MAX = 1_000


class NotGrantable(Exception):
    """A privilege that nobody grants: it comes with a tier."""


class CannotGrant(Refused):
    """A time for which nothing can be granted; `kind` and the sentence say why."""


def grant_privilege(
    *,
    member_id: int,
    privilege: Privilege,
    key: str,
    now: datetime,
    until: datetime | None = None,
    days: int | None = None,
    like: str = "",
    uses_max: int | None = None,
    reason: str = "",
    actor: str = "",
    is_quiet: bool = False,
) -> tuple[PrivilegeGrant, bool]:
    """Give a member a privilege, once for this key, and say whether that happened now.

    It holds `until` a moment, so many whole `days` of the member's own calendar with today, or exactly as long as what
    it is `like`, such as an activity by its code; else as long as the privilege's grants do. Quietly, no message is
    written about it. Raises NotGrantable and CannotGrant.
    """
    check_grantable(privilege)
    known = {"member_id": member_id, "privilege": privilege, "key": key}
    with transaction.atomic():
        earlier = PrivilegeGrant.objects.filter(**known).first()
        if earlier is not None:
            return earlier, False
        window = check_window(member_id=member_id, privilege=privilege, now=now, until=until, days=days, like=like)
        try:
            with transaction.atomic():
                made = PrivilegeGrant.objects.create(
                    **known, granted_at=now, starts_at=window.starts_at, until=window.until, uses_max=uses_max,
                    reason=reason, actor=actor[:80],
                )  # fmt: skip
        except IntegrityError:
            return PrivilegeGrant.objects.get(**known), False
        tell(PRIVILEGE_GRANTED, [(member_id, {"privilege": privilege.code})], now=now, is_quiet=is_quiet)
    return made, True


def check_window(
    *, member_id: int, privilege: Privilege, now: datetime, until: datetime | None, days: int | None, like: str
) -> Window:
    """How long such a grant would hold. Raises CannotGrant."""
    if sum((until is not None, days is not None, bool(like))) > 1:
        raise CannotGrant("two_ends", _("Say one of until, days and like."))
    if days is not None:
        return windows.whole_days(days, Member.objects.get(pk=member_id).zone(), now=now)
    if like:
        found = windows.like(like)
        if found is None:
            raise CannotGrant("unknown_activity", _("There is no activity %(code)s.") % {"code": like})
        if found.until is not None and found.until <= now:
            raise CannotGrant("over", _("%(code)s is over.") % {"code": like})
        return found
    if until is None and privilege.grant_days is not None:
        until = now + timedelta(days=privilege.grant_days)
    return Window(None, until)


def check_grantable(privilege: Privilege) -> None:
    """Raise NotGrantable for what comes with a tier."""
    if privilege.kind == PrivilegeKind.INVITATIONS:
        raise NotGrantable("How many invitations a member has is said by their tier.")


def revoke_grant(*, grant_id: int, now: datetime, is_quiet: bool = False) -> bool:
    """Take a grant back; what was used of it stays used. False if it was taken back or had ended before."""
    with transaction.atomic():
        changed = PrivilegeGrant.objects.filter(pk=grant_id, revoked_at__isnull=True, expired_at__isnull=True)
        if not changed.update(revoked_at=now):
            return False
        grant = PrivilegeGrant.objects.select_related("privilege").get(pk=grant_id)
        told = [(grant.member_id, {"privilege": grant.privilege.code})]
        tell(PRIVILEGE_REVOKED, told, now=now, is_quiet=is_quiet)
    return True


def end_grants(*, now: datetime) -> int:
    """Mark the grants whose time is over, tell each, and return how many. Running it twice tells once."""
    count = 0
    while True:
        with transaction.atomic():
            due = PrivilegeGrant.objects.select_for_update(of=("self",), skip_locked=True).filter(
                until__lte=now, revoked_at__isnull=True, expired_at__isnull=True
            )
            ended = list(due.select_related("privilege").order_by("until", "pk")[:ENDING_MAX])
            PrivilegeGrant.objects.filter(pk__in=[grant.pk for grant in ended]).update(expired_at=now)
            tell(PRIVILEGE_EXPIRED, [(each.member_id, {"privilege": each.privilege.code}) for each in ended], now=now)
        count += len(ended)
        if len(ended) < ENDING_MAX:
            return count
