"""Tells timelines what became of needs, and of whom only to whom it concerns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from members.domain.events.telling import tell
from members.enums import NeedRole
from members.models import Need, NeedCandidate


def tell_asker(code: str, need: Need, *, now: datetime) -> None:
    tell(code, [(need.asker_id, _about(need, NeedRole.ASKER))], now=now)


def tell_helpers(code: str, need: Need, helpers: Iterable[NeedCandidate], *, now: datetime) -> None:
    tell(code, [(each.member_id, _about(need, NeedRole.HELPER)) for each in helpers], now=now)


def tell_both(code: str, need: Need, helper: NeedCandidate, *, now: datetime) -> None:
    """Each hears of the other."""
    told = [
        (need.asker_id, {**_about(need, NeedRole.ASKER), "other": helper.member.ref}),
        (helper.member_id, {**_about(need, NeedRole.HELPER), "other": need.asker.ref}),
    ]
    tell(code, told, now=now)


def _about(need: Need, role: NeedRole) -> dict[str, str]:
    return {"need": str(need.pk), "kind": need.kind, "role": role.value}
