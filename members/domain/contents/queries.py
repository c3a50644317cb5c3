"""What a member made, ready to show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from members.domain.contents.recording import PROVING
from members.enums import ContentState
from members.models import Content

SHOWN_MAX = 8


@dataclass(frozen=True, slots=True)
class Made:
    """A content of the member's. `proves_until` is while it can still show that it is good."""

    external_id: str
    kind: str
    topic: str
    state: str
    state_name: str
    moment: datetime | None
    is_good: bool
    proves_until: datetime | None
    reason: str


def made_by(member_id: int, *, now: datetime) -> list[Made]:
    """The newest contents of a member: one query."""
    found = Content.objects.filter(author_id=member_id).exclude(state=ContentState.MENTIONED)
    return [_made(each, now) for each in found.order_by(F("submitted_at").desc(nulls_last=True), "-pk")[:SHOWN_MAX]]


def _made(content: Content, now: datetime) -> Made:
    until = content.published_at + PROVING if content.published_at is not None else None
    is_gone = content.removed_at is not None
    return Made(
        external_id=content.external_id, kind=content.kind, topic=content.topic, state=content.state,
        state_name=content.get_state_display(), moment=content.published_at or content.submitted_at,
        is_good=content.quality_at is not None and content.quality_lost_at is None and not is_gone,
        proves_until=until if until is not None and until > now and not is_gone else None, reason=content.reason,
    )  # fmt: skip
