"""What the team has promised: who does it, that it was done, and what became overdue."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from incentives.domain.privileges.telling import tell
from incentives.domain.privileges.using import said
from incentives.enums import UseState
from incentives.models import WAITING_STATES, PrivilegeUse
from members.domain.outcomes import PRIVILEGE_FULFILLED, PRIVILEGE_OVERDUE

OVERDUE_MAX = 500


class CannotFulfil(Exception):
    """A use that waits for nobody, or words that prove nothing."""


def assign(*, use_ids: Iterable[int], to: AbstractBaseUser | None) -> int:
    """Give what still waits to a colleague (None: to nobody), and return how many."""
    waiting = PrivilegeUse.objects.filter(pk__in=list(use_ids), state__in=WAITING_STATES)
    return waiting.update(assignee_id=to.pk if to is not None else None)


def fulfil(*, use_id: int, now: datetime, actor: str, answer: str = "", proof: str = "") -> PrivilegeUse:
    """Keep a promise, with an answer the member reads, or a proof, or both. Raises CannotFulfil."""
    if not answer.strip() and not proof.strip():
        raise CannotFulfil(_("Write an answer or a proof: it is what the member gets."))
    with transaction.atomic():
        use = PrivilegeUse.objects.select_for_update(of=("self",)).select_related("privilege").get(pk=use_id)
        if use.state not in WAITING_STATES:
            raise CannotFulfil(_("This waits for nobody: it is %(state)s.") % {"state": use.get_state_display()})
        use.state, use.answer, use.proof = UseState.FULFILLED, answer.strip(), proof.strip()
        use.settled_at, use.settled_by = now, actor[:150]
        use.save(update_fields=["state", "answer", "proof", "settled_at", "settled_by"])
        tell(PRIVILEGE_FULFILLED, [(use.member_id, said(use, use.privilege.code))], now=now)
    return use


def tell_overdue(*, now: datetime) -> int:
    """Tell every promise whose time is over, once, and return how many."""
    with transaction.atomic():
        late = PrivilegeUse.objects.select_for_update(of=("self",), skip_locked=True).filter(
            due_at__lte=now, overdue_at__isnull=True, state__in=WAITING_STATES
        )
        found = list(late.select_related("privilege").order_by("due_at", "pk")[:OVERDUE_MAX])
        PrivilegeUse.objects.filter(pk__in=[use.pk for use in found]).update(overdue_at=now)
        tell(PRIVILEGE_OVERDUE, [(use.member_id, said(use, use.privilege.code)) for use in found], now=now)
    return len(found)
