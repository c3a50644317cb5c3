"""Closes needs: withdrawn, or expired because nobody came in time or two did not say whether it worked out."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from members.domain.needs.telling import tell_asker, tell_helpers
from members.domain.outcomes import NEED_EXPIRED
from members.enums import CandidateState, NeedState
from members.models import Need
from members.models.needs import OPEN_STATES

EXPIRED_MAX = 500
LIVE_STATES = (CandidateState.ASKED, CandidateState.WILLING, CandidateState.MATCHED)


def close(need: Need, state: NeedState, code: str, *, now: datetime) -> None:
    """Close a need whose row is held, with its live candidates, and tell everybody who waits for something."""
    assert need.state in OPEN_STATES, "what is closed stays so"
    live = list(need.candidates.filter(state__in=LIVE_STATES))
    need.state, need.closed_at = state, now
    need.save(update_fields=["state", "closed_at"])
    need.candidates.filter(pk__in=[each.pk for each in live]).update(state=CandidateState.CLOSED)
    tell_asker(code, need, now=now)
    tell_helpers(code, need, live, now=now)


def expire_needs(*, now: datetime) -> int:
    """Close what is past its time and return how many; running it twice closes once."""
    over = Q(state=NeedState.OPEN, until__lte=now) | Q(state=NeedState.MATCHED, confirm_until__lte=now)
    count = 0
    for need_id in list(Need.objects.filter(over).order_by("pk").values_list("pk", flat=True)[:EXPIRED_MAX]):
        with transaction.atomic():
            need = Need.objects.select_for_update().filter(over, pk=need_id).first()
            if need is not None:
                close(need, NeedState.EXPIRED, NEED_EXPIRED, now=now)
                count += 1
    return count
