"""What becomes of needs when somebody is erased, or turns out to be another member."""

from __future__ import annotations

from datetime import datetime

from members.domain.needs.ending import close
from members.domain.needs.serving import reopen
from members.domain.outcomes import NEED_WITHDRAWN
from members.enums import NeedState
from members.models import Member, Need, NeedCandidate
from members.models.needs import OPEN_STATES

ERASED = "erased"


def forget(member: Member, *, now: datetime) -> None:
    """End what the member asked for and remove its words; who was to help others helps no more. In the caller's
    transaction."""
    _withdraw(member, now)
    Need.objects.filter(asker=member).update(words=ERASED)
    _leave(list(NeedCandidate.objects.filter(member=member).select_related("need")))


def join(survivor: Member, merged: Member) -> None:
    """Give the survivor what the merged one asked for and promised. Where the survivor asks, or was proposed as well,
    one of the two places ends: nobody helps themselves, and nobody helps twice."""
    own = Need.objects.filter(asker=survivor).values_list("pk", flat=True)
    promised = NeedCandidate.objects.filter(member=survivor).values_list("need_id", flat=True)
    twins = NeedCandidate.objects.filter(member=merged, need_id__in={*own, *promised})
    _leave(list(twins.select_related("need")))
    asked = Need.objects.filter(asker=merged).values_list("pk", flat=True)
    _leave(list(NeedCandidate.objects.filter(member=survivor, need_id__in=list(asked)).select_related("need")))
    Need.objects.filter(asker=merged).update(asker=survivor)
    NeedCandidate.objects.filter(member=merged).update(member=survivor)


def _withdraw(member: Member, now: datetime) -> None:
    for need in Need.objects.select_for_update().filter(asker=member, state__in=OPEN_STATES).order_by("pk"):
        close(need, NeedState.WITHDRAWN, NEED_WITHDRAWN, now=now)


def _leave(candidates: list[NeedCandidate]) -> None:
    """Remove places; a need that one of them served is open again, and one that was confirmed stays so."""
    for each in candidates:
        was_matched = each.state == "matched" and each.need.state == NeedState.MATCHED
        each.delete()
        if was_matched:
            reopen(each.need)
