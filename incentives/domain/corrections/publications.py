"""Undoes the publication of a rule's version: it ends, and what it has paid since becomes a correction to approve."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from incentives.domain import publishing
from incentives.domain.corrections.making import BadCorrection, Wanted, make
from incentives.domain.notice import NoReason, WithoutNotice
from incentives.domain.publishing import CannotPublish
from incentives.enums import CorrectionAct, CorrectionList, Emergency, RuleState
from incentives.models import Correction, RuleVersion


def undo_publication(*, version: RuleVersion, why: str, now: datetime, by: AbstractBaseUser | None) -> Correction:
    """Retire a version, unless it is, and make the correction that takes back what it has paid.

    Nothing is taken before that correction is approved; the version before does not come back by itself. Raises
    CannotPublish, and BadCorrection without a reason.
    """
    if version.state == RuleState.DRAFT:
        raise CannotPublish(_("It was never published."))
    with transaction.atomic():
        if version.state == RuleState.ANNOUNCED:
            raise CannotPublish(_("It is not in force yet; withdraw it."))
        if version.state != RuleState.RETIRED:
            try:
                skipped = WithoutNotice(Emergency.MISTAKE, why)
            except NoReason as error:
                raise BadCorrection("reason", str(error)) from error
            version = publishing.retire_rule(version=version, now=now, by=by, without_notice=skipped)
        first = version.intervals.order_by("in_force_from").values_list("in_force_from", flat=True).first()
        begins = min(first or now, version.published_at or now)
        return make(
            Wanted(
                found_by=CorrectionList.PAID, act=CorrectionAct.TAKE_BACK, rule=version.rule.code,
                version=version.number, begins_at=begins, ends_at=max(now, begins) + timedelta(seconds=1), reason=why,
                by=by,
            ),
            now=now,
        )  # fmt: skip
