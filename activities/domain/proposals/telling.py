"""Tells what became of a proposal, to whom it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from activities.models import Proposal
from incentives.domain.pump import hints
from members.domain.events import telling


def tell(
    code: str, proposal: Proposal, member_ids: Iterable[int], *, now: datetime, more: Mapping[str, Any] | None = None
) -> None:
    """Record one event for each of these members."""
    said: dict[str, Any] = {"proposal": str(proposal.public_id), "by_guest": proposal.speaker_id is None}
    if proposal.activity is not None:
        said["activity"] = proposal.activity.code
    if proposal.space is not None:
        said["space"] = proposal.space.ref
    if telling.tell(code, [(member_id, {**said, **(more or {})}) for member_id in member_ids], now=now):
        hints.wake_on_commit()
