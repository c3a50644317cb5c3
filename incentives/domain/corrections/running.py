"""Carries corrections on: gathers, does and undoes, one member and one transaction at a time.

Any number of workers may be at it, and any may be killed: a member's line is locked while it is worked on, and is
done, or not, together with everything that it moved.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from incentives.domain.corrections import acts, steps
from incentives.domain.corrections.gathering import gather
from incentives.domain.ledger import LedgerError
from incentives.domain.pump import hints
from incentives.enums import CorrectionLineState, CorrectionState
from incentives.models import Correction, CorrectionLine, Currency
from members.domain.events import telling
from members.domain.outcomes import CORRECTION_MADE, CORRECTION_UNDONE

logger = logging.getLogger(__name__)

LINES_AT_ONCE = 200
AT_WORK = (CorrectionState.GATHERING, CorrectionState.RUNNING, CorrectionState.UNDOING)
UNEXPECTED = "unexpected"


def carry_on(*, now: datetime | None = None, seconds_max: float = 20.0) -> int:
    """Carry every correction on that is at work, and return how many members were worked on.

    Stops after `seconds_max`; the next call goes on. `now` is for tests; else each member has their own moment.
    """
    deadline = time.monotonic() + seconds_max
    count = 0
    for pk, state in list(Correction.objects.filter(state__in=AT_WORK).order_by("pk").values_list("pk", "state")):
        if state == CorrectionState.GATHERING:
            gather(pk, now=now or timezone.now())
        else:
            count += _run(pk, now, deadline)
        if time.monotonic() >= deadline:
            break
    return count


def _run(correction_id: int, now: datetime | None, deadline: float) -> int:
    correction = Correction.objects.get(pk=correction_id)
    order = acts.Order.of(correction)
    wanted = CorrectionLineState.DONE if order.is_undo else CorrectionLineState.WAITING
    count = last = 0
    while True:
        lines = correction.lines.filter(state=wanted, pk__gt=last).order_by("pk")
        ids = list(lines.values_list("pk", flat=True)[:LINES_AT_ONCE])
        for line_id in ids:
            count += _one(correction, order, line_id, wanted, now or timezone.now())
            if time.monotonic() >= deadline:
                return count
        if not ids:
            break
        last = ids[-1]
    if steps.finish(correction_id, now or timezone.now()):
        logger.info("Correction %d is over members=%d", correction_id, count)
    return count


def _one(correction: Correction, order: acts.Order, line_id: int, wanted: str, now: datetime) -> bool:
    with transaction.atomic():
        mine = CorrectionLine.objects.select_for_update(of=("self",), skip_locked=True)
        line = mine.select_related("member").filter(pk=line_id, state=wanted).first()
        if line is None:
            return False
        try:
            with transaction.atomic():
                (acts.undo if order.is_undo else acts.do)(order, line, now=now)
        except (OperationalError, InterfaceError):
            raise
        except LedgerError as error:
            _fail(line, str(error))
        except Exception:
            logger.exception("Correction %d could not be done for member %d", correction.pk, line.member_id)
            _fail(line, UNEXPECTED)
        line.save()
        if line.state in (CorrectionLineState.DONE, CorrectionLineState.UNDONE):
            _tell(correction, order, line, now)
    return True


def _fail(line: CorrectionLine, note: str) -> None:
    """The savepoint has taken back whatever was moved; the line says why."""
    line.refresh_from_db(fields=["moved", "lost", "did"])
    line.state, line.note = CorrectionLineState.FAILED, note[:300]


def _tell(correction: Correction, order: acts.Order, line: CorrectionLine, now: datetime) -> None:
    """One message each, unless it is quiet; it stands on the timeline all the same."""
    said = {"correction": str(correction.pk), "reason": order.reason, **_amount(line.moved)}
    code = CORRECTION_UNDONE if order.is_undo else CORRECTION_MADE
    telling.tell(code, [(line.member_id, said)], now=now, is_quiet=correction.is_quiet)
    hints.wake_on_commit()


def _amount(moved: Mapping[str, int]) -> dict[str, str]:
    if len(moved) != 1:
        return {}
    code, amount = next(iter(moved.items()))
    scale = Currency.objects.values_list("scale", flat=True).get(code=code)
    return {"currency": code, "amount": f"{Decimal(amount).scaleb(-scale):f}"}
