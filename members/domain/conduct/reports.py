"""What members report of others: a queue that people decide. Nobody is ever paid for a report."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from members.domain.events.telling import tell
from members.domain.outcomes import CONDUCT_REPORT_DECIDED, CONDUCT_REPORTED
from members.domain.statuses import rights_of, why_not
from members.enums import ReportState
from members.models import Member, Report, Violation

# A protection of whoever looks at them.
WAITING_MAX = 20


class CannotReport(Exception):
    """A report that is not taken; the message says why."""


def report(*, reporter: Member, subject: Member, text: str, about: str, now: datetime) -> tuple[Report, bool]:
    """File a report, once for the same content; the second value says whether it was now. Raises CannotReport."""
    if reporter.pk == subject.pk:
        raise CannotReport(_("Nobody reports themselves."))
    if not rights_of(reporter.status).enter:
        raise CannotReport(why_not(reporter.status))
    with transaction.atomic():
        Member.objects.select_for_update().get(pk=reporter.pk)
        earlier = Report.objects.filter(reporter=reporter, subject=subject, about=about).first()
        if earlier is not None:
            return earlier, False
        if Report.objects.filter(reporter=reporter, state=ReportState.WAITING).count() >= WAITING_MAX:
            raise CannotReport(_("Many reports of this member wait; those are looked at first."))
        made = Report.objects.create(reporter=reporter, subject=subject, text=text, about=about, reported_at=now)
        tell(CONDUCT_REPORTED, [(reporter.pk, {})], now=now)
    return made, True


def decide_report(
    *, report_id: int, now: datetime, by: AbstractBaseUser | None, violation: Violation | None = None
) -> bool:
    """Close a report: as acted on, with the violation it brought, or as none. False if it was decided before."""
    state = ReportState.ACTED if violation is not None else ReportState.DISMISSED
    with transaction.atomic():
        found = Report.objects.select_for_update().get(pk=report_id)
        if found.state != ReportState.WAITING:
            return False
        found.state, found.decided_at, found.violation = state, now, violation
        found.decided_by_id = by.pk if by is not None else None
        found.save(update_fields=["state", "decided_at", "decided_by", "violation"])
        tell(CONDUCT_REPORT_DECIDED, [(found.reporter_id, {"outcome": str(state)})], now=now)
    return True
