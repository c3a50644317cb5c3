"""Tells timelines what became of an activity for their members, and wakes whoever judges it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from activities.models import Activity, Registration
from incentives.domain.pump import hints
from members.domain.events import telling


def tell(
    code: str, activity: Activity, member_ids: Iterable[int], *, now: datetime, more: Mapping[str, Any] | None = None
) -> None:
    """Record one event for each of these members: which activity, of which kind, and what more there is to say."""
    said = {**said_of(activity), **(more or {})}
    if telling.tell(code, [(member_id, said) for member_id in member_ids], now=now):
        hints.wake_on_commit()


def tell_one(code: str, registration: Registration, *, now: datetime, **more: Any) -> None:
    """Do so for the member of a registration, whose activity is at hand."""
    tell(code, registration.activity, [registration.member_id], now=now, more=more)


def tell_at(
    code: str, registration: Registration, *, at: datetime, now: datetime, more: Mapping[str, Any] | None = None
) -> int:
    """Do so of something that happened before now, and return the event's number."""
    said = {**said_of(registration.activity), **(more or {})}
    (event_id,) = telling.tell_each_of(code, [(registration.member_id, said, at)], now=now)
    hints.wake_on_commit()
    return event_id


def said_of(activity: Activity) -> dict[str, Any]:
    said = {"activity": activity.code, "kind": activity.kind}
    said |= {"space": activity.space.ref} if activity.space is not None else {}
    return said | ({"campaign": activity.campaign.code} if activity.campaign is not None else {})
