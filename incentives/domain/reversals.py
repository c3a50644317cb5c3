"""Takes back what a rule did, and gives its use and its amount back to the limits that counted it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from incentives.domain.giving_back import give_back, take_again
from incentives.domain.ledger import operations
from incentives.domain.ledger.operations import Moved
from incentives.models import Journal
from members.lanes import lane_of
from members.models import Lane


def reverse_journal(
    *, journal_id: int, cause: str, now: datetime, amount: int | None = None, actor: str = "", is_quiet: bool = False
) -> Moved:
    """Take back a journal, or an amount of it; see ledger.operations.reverse, whose errors this raises.

    Where a rule had made it, its limits and budgets get back what was recovered, and the turn once everything that
    the rule did for the event has been taken back.
    """
    original = Journal.objects.filter(pk=journal_id).first()
    with transaction.atomic():
        if original is not None and original.rule_code:
            # A member's limits belong to whoever holds the lane; without it a running batch would write over this.
            Lane.objects.select_for_update().get(number=lane_of(original.member_id))
        moved = operations.reverse(
            journal_id=journal_id, cause=cause, now=now, amount=amount, actor=actor, is_quiet=is_quiet
        )
        if original is not None and original.rule_code and moved.is_new:
            give_back(original, -moved.amount)
    return moved


def restore_journal(*, journal_id: int, cause: str, now: datetime, actor: str = "", is_quiet: bool = False) -> Moved:
    """Undo the reversal `journal_id`; see ledger.operations.restore, whose errors this raises.

    Where a rule had made what was taken back, its limits and budgets count it again.
    """
    taken = Journal.objects.filter(pk=journal_id).first()
    of = taken.reverses_id if taken is not None else None
    original = Journal.objects.filter(pk=of).first() if of is not None else None
    with transaction.atomic():
        if original is not None and original.rule_code:
            Lane.objects.select_for_update().get(number=lane_of(original.member_id))
        moved = operations.restore(journal_id=journal_id, cause=cause, now=now, actor=actor, is_quiet=is_quiet)
        if original is not None and original.rule_code and moved.is_new:
            take_again(original, moved.amount)
    return moved
