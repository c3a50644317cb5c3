"""Fines in the books, and what an overturned violation gives back: exactly what it took."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from incentives.domain import ledger
from incentives.domain.engine.paying import FROZEN, MAY_NOT_EARN
from incentives.domain.ledger import keys, operations
from incentives.domain.pump import hints
from incentives.domain.reversals import reverse_journal
from incentives.models import Currency, Judgement
from members.domain.conduct import violations
from members.domain.conduct.ladder import NotAllowed
from members.enums import Consequence, ViolationState
from members.lanes import lane_of
from members.models import Event, Violation, ViolationKind, Work


def record_violation(*, member_id: int, kind: ViolationKind, now: datetime, **given: Any) -> Violation:
    """Record a violation and take its fine; see members.domain.conduct.violations, whose errors this raises.

    A fine larger than what is there takes what is there.
    """
    with transaction.atomic():
        made = violations.record_violation(member_id=member_id, kind=kind, now=now, **given)
        if made.consequence == Consequence.FINE:
            _fine(made, now=now)
        hints.wake_on_commit()
    return made


def decide(*, violation_id: int, is_upheld: bool, now: datetime, by: str, note: str) -> Violation:
    """Uphold or overturn. Overturned, the fine is given back, the freeze or the ban is lifted, and what went unpaid
    because of it is judged again. Raises CannotDecide.
    """
    with transaction.atomic():
        found = violations.decide(violation_id=violation_id, is_upheld=is_upheld, now=now, by=by, note=note)
        if found.state == ViolationState.OVERTURNED:
            if found.journal_id is not None:
                reverse_journal(
                    journal_id=found.journal_id, cause=f"violation {found.pk} overturned", now=now, actor=by[:60]
                )
            _pay_what_was_kept_back(found, now=now)
        hints.wake_on_commit()
    return found


def _fine(made: Violation, *, now: datetime) -> None:
    currency = Currency.objects.filter(code=settings.FINE_CURRENCY).first()
    if currency is None:
        raise NotAllowed(_("There is no currency that fines are taken in; see FINE_CURRENCY."))
    assert made.fine is not None, "it was checked"
    book = ledger.open_book(member_ids=[made.member_id], currency_ids=[currency.pk])
    account = book.account(made.member_id, currency.pk)
    book.expire_due(account, now)
    ledger.write(book)
    amount = min(int(Decimal(made.fine).scaleb(currency.scale)), max(0, account.balance))
    if not amount:
        return
    moved = operations.adjust(
        member_id=made.member_id, currency=currency, amount=-amount, now=now,
        key=keys.of_request(f"violation {made.pk}", "fine"), actor=made.operator[:60],
        reason=_("Fine: %(kind)s") % {"kind": made.kind.code},
    )  # fmt: skip
    made.journal_id = moved.journal_id
    made.save(update_fields=["journal_id"])


# What had happened so long before, and was judged after, is looked at as well.
LATE = timedelta(days=7)
_KEPT_BACK: Mapping[str, str] = {Consequence.FREEZE_EARNING: FROZEN, Consequence.BAN: MAY_NOT_EARN}


def _pay_what_was_kept_back(found: Violation, *, now: datetime) -> None:
    """Put the events that this violation kept from paying back to work, in another run."""
    reason = _KEPT_BACK.get(found.consequence)
    if reason is None:
        return
    since = found.recorded_at - LATE
    events = Event.objects.filter(member_id=found.member_id, occurred_at__gte=since, occurred_at__lt=now)
    newest: dict[int, tuple[int, str]] = {}
    judged = Judgement.objects.filter(
        event_id__in=list(events.values_list("pk", flat=True)), judged_at__gte=found.recorded_at
    ).order_by("run")
    for event_id, run, verdicts in judged.values_list("event_id", "run", "verdicts"):
        newest[event_id] = (run, verdicts)
    Work.objects.bulk_create(
        [
            Work(event_id=event_id, lane=lane_of(found.member_id), available_at=now, run=run + 1)
            for event_id, (run, verdicts) in newest.items()
            if any(verdict[2] == reason for verdict in msgspec.json.decode(verdicts))
        ],
        ignore_conflicts=True,
    )
