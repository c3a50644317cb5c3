"""How well somebody's proposals turn out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q

from activities.enums import ProposalState
from activities.models import Proposal

PRIOR, SHOWN_FROM = 5, 3


@dataclass(frozen=True, slots=True)
class Reputation:
    """What became of a member's proposals. `kept` is shown from three that came to an end after they were accepted.

    kept = (delivered + 5·p) / (delivered + broken + 5), p the community's share: the inviters' formula of
    docs/invitations.md. Broken is what was accepted and then withdrawn or declined.
    """

    proposed: int
    delivered: int
    broken: int
    kept: Decimal | None

    @property
    def ended(self) -> int:
        return self.delivered + self.broken

    @property
    def kept_words(self) -> str:
        """As a share of a hundred; empty where it is not shown yet."""
        return "" if self.kept is None else f"{self.kept:.0%}"


def reputations_of(member_ids: Iterable[int]) -> dict[int, Reputation]:
    """Of each of these members: two statements, however many they are."""
    wanted = list(member_ids)
    all_delivered, all_broken = _ended(Proposal.objects.all().aggregate(**_COUNTS))
    share = Decimal(all_delivered) / (all_delivered + all_broken) if all_delivered + all_broken else Decimal(1)
    rows = (
        Proposal.objects.filter(proposer__in=wanted)
        .values("proposer")
        .annotate(n=Count("pk", distinct=True), **_COUNTS)
        .order_by()
    )
    found = {member_id: Reputation(0, 0, 0, None) for member_id in wanted}
    for row in rows:
        delivered, broken = _ended(row)
        ended = delivered + broken
        kept = (delivered + PRIOR * share) / (ended + PRIOR) if ended >= SHOWN_FROM else None
        found[row["proposer"]] = Reputation(
            row["n"], delivered, broken, kept.quantize(Decimal("0.01")) if kept else kept
        )
    return found


_COUNTS = {
    "delivered": Count("pk", filter=Q(state=ProposalState.DELIVERED), distinct=True),
    "broken": Count(
        "pk", distinct=True,
        filter=Q(
            state__in=(ProposalState.WITHDRAWN, ProposalState.DECLINED), steps__from_state__in=("accepted", "scheduled")
        ),
    ),
}  # fmt: skip


def _ended(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["delivered"] or 0, row["broken"] or 0
