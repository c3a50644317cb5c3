"""What an activity's end means for the proposals that it delivers: pay is for what was delivered and looked at."""

from __future__ import annotations

from datetime import datetime

from activities.domain.proposals.telling import tell
from activities.enums import ProposalState
from activities.models import Activity, Proposal, ProposalStep
from members.domain.outcomes import PROPOSAL_DELIVERED

PROPOSER, SPEAKER, BOTH = "proposer", "speaker", "both"


def deliver(activity: Activity, *, now: datetime, by: str) -> None:
    """Its books are closed: what was scheduled for it is delivered, and rules pay who proposed and who spoke."""
    for each in _scheduled(activity):
        _step(each, ProposalState.DELIVERED, now, by)
        each.state, each.delivered_at, each.moved_at = ProposalState.DELIVERED, now, now
        each.save(update_fields=["state", "delivered_at", "moved_at"])
        if each.speaker_id == each.proposer_id:
            tell(PROPOSAL_DELIVERED, each, [each.proposer_id], now=now, more={"part": BOTH})
            continue
        tell(PROPOSAL_DELIVERED, each, [each.proposer_id], now=now, more={"part": PROPOSER})
        if each.speaker_id is not None:
            tell(PROPOSAL_DELIVERED, each, [each.speaker_id], now=now, more={"part": SPEAKER})


def release(activity: Activity, *, now: datetime, by: str) -> None:
    """It was called off: what was scheduled for it is accepted still, and wants another date."""
    for each in _scheduled(activity):
        _step(each, ProposalState.ACCEPTED, now, by)
        each.state, each.activity, each.moved_at = ProposalState.ACCEPTED, None, now
        each.save(update_fields=["state", "activity", "moved_at"])


def _scheduled(activity: Activity) -> list[Proposal]:
    found = Proposal.objects.select_for_update(of=("self",)).filter(activity=activity, state=ProposalState.SCHEDULED)
    return list(found.order_by("pk"))


def _step(proposal: Proposal, to: ProposalState, now: datetime, by: str) -> None:
    ProposalStep.objects.create(proposal=proposal, from_state=proposal.state, to_state=to, at=now, by=by[:80])
