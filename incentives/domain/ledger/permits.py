"""Who may spend and receive: asked again where points move, whatever the caller has asked before."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from incentives.domain.ledger.book import LedgerError
from members.domain.conduct.freezes import frozen_until
from members.domain.statuses import rights_of, why_not
from members.enums import Frozen
from members.models import Member


class MayNotSpend(LedgerError):
    """This member may not spend, set aside or give points now."""


class MayNotReceive(LedgerError):
    """This member may not be given points now."""


def check_spender(member_id: int, now: datetime) -> None:
    """Refuse whoever may not spend. Raises MayNotSpend, which says why."""
    status = _status_of(member_id)
    if not rights_of(status).spend:
        raise MayNotSpend(f"{why_not(status)} {_('Nothing can be spent.')}")
    until = frozen_until(member_id, Frozen.SPENDING, now)
    if until is not None:
        raise MayNotSpend(
            _("Spending is frozen for this member until %(until)s.") % {"until": f"{until:%Y-%m-%d %H:%M} UTC"}
        )


def check_receiver(member_id: int) -> None:
    """Refuse a gift to whoever may not earn. Raises MayNotReceive, which says why."""
    status = _status_of(member_id)
    if not rights_of(status).earn:
        raise MayNotReceive(f"{why_not(status)} {_('Nothing can be given to them.')}")


def _status_of(member_id: int) -> str:
    return Member.objects.values_list("status", flat=True).get(pk=member_id)
