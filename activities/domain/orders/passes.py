"""Passes: a privilege that pays for a ticket. Its uses are taken with the place and given back with it.

A use is of the moment at which the activity begins: a grant has to hold then, and the quota is that of its month.
One is taken for each seat. Whoever calls this holds the activity's row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from activities.domain.orders import placing
from activities.enums import EndedBy
from activities.models import Activity, Registration, Ticket
from incentives.domain.ledger import LedgerError
from incentives.domain.ledger.permits import MayNotSpend
from incentives.domain.privileges import using
from incentives.domain.privileges.deciding import Answer, answers_of
from incentives.domain.privileges.definitions import remembered
from incentives.domain.requests import Refused
from incentives.enums import UseState
from incentives.models import PrivilegeGrant, PrivilegeUse
from members.models import Member


class CannotTake(Refused):
    """A pass that does not open this ticket to this member; `kind` and the sentence are the privilege's own."""


def answers(tickets: Iterable[Ticket], member: Member, activity: Activity, *, now: datetime) -> dict[int, Answer]:
    """What a member may do with the passes of these tickets when the activity begins, by privilege.

    A fixed number of queries, and none where no ticket has a pass.
    """
    wanted = {each.privilege_id for each in tickets if each.privilege_id is not None}
    if not wanted:
        return {}
    definitions = [each for each in remembered().values() if each.id in wanted]
    found = answers_of(member, definitions, now=now, at=activity.starts_at)
    return {each.definition.id: each for each in found}


def take(registration: Registration, *, now: datetime, is_asked_for: bool) -> bool:
    """Take a use of the ticket's pass for each seat, all or none, and say whether that was done.

    Where the pass does not open the ticket, whoever asked for it hears why: CannotTake. For anybody else it is left,
    and nobody's points are spent on it.
    """
    ticket = registration.ticket
    if ticket is None or ticket.privilege is None or registration.with_pass is False:
        return False
    try:
        with transaction.atomic():
            _hold_grants(registration.member_id, ticket.privilege.pk)
            for number in range(registration.seats):
                _use(registration, ticket, number, now, may_buy=is_asked_for)
    except (using.CannotUse, LedgerError) as error:
        if is_asked_for:
            raise _refused(error) from error
        return False
    registration.pass_uses = registration.seats
    return True


def give_back(registration: Registration, *, by: EndedBy, now: datetime) -> None:
    """Give the uses of a place that is given up back, as many as of what is paid: a late one keeps a share."""
    if not registration.pass_uses:
        return
    back = registration.pass_uses * placing.percent_back(registration, by) // 100
    uses = PrivilegeUse.objects.filter(held_for=registration.pass_name).exclude(state=UseState.GIVEN_BACK)
    found = list(uses.order_by("pk")[:back])
    assert len(found) == back, "a place with a pass has its uses"
    for each in found:
        _hold_grants(each.member_id, each.privilege_id)
        using.give_back(
            use_id=each.pk, member_id=each.member_id, now=now, actor=_actor(registration),
            held_for=registration.pass_name,
        )  # fmt: skip
    registration.pass_uses -= back
    registration.save(update_fields=["pass_uses"])


def _use(registration: Registration, ticket: Ticket, number: int, now: datetime, *, may_buy: bool) -> None:
    assert ticket.privilege is not None, "it was asked for"
    activity = registration.activity
    using.use_privilege(
        member_id=registration.member_id, code=ticket.privilege.code, now=now, at=activity.starts_at,
        key=hashlib.sha256(f"{registration.pass_name} {number}".encode()).digest(), actor=_actor(registration),
        target=activity.code, text=activity.code, wanted_at=activity.starts_at, held_for=registration.pass_name,
        may_buy=may_buy,
    )  # fmt: skip


def _hold_grants(member_id: int, privilege_id: int) -> None:
    """Hold what a member was granted, in one order, before it is counted: two places never wait for each other."""
    found = PrivilegeGrant.objects.select_for_update(no_key=True).filter(member_id=member_id, privilege_id=privilege_id)
    list(found.order_by("pk").values_list("pk", flat=True))


def _actor(registration: Registration) -> str:
    return f"registration {registration.public_id}"


def _refused(error: using.CannotUse | LedgerError) -> CannotTake:
    if isinstance(error, using.CannotUse):
        return CannotTake(error.kind, error.sentence)
    return CannotTake("may_not_spend" if isinstance(error, MayNotSpend) else "insufficient_points", str(error))
