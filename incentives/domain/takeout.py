"""Everything that is kept about a member, for handing to them. Other people are named nowhere in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Q

from incentives.domain import followers
from incentives.domain.campaigns.people import MOMENTS, OVER
from incentives.domain.ledger import queries
from incentives.enums import JournalKind
from incentives.models import BadgeGrant, CampaignMember, Case, QuestRun
from members.domain.segments import layers
from members.domain.standing import standing_of
from members.enums import SegmentKind
from members.models import (
    Appointment,
    Content,
    Event,
    Intention,
    Invitation,
    Member,
    Need,
    NeedCandidate,
    Notification,
    SegmentMember,
    SpaceMember,
    Violation,
)

PAGE = 500
COLUMNS = ("ref", "display_name", "email", "language", "time_zone", "age_band", "status", "joined_at")


def data_of(member: Member, *, now: datetime, sources: Collection[str] | None = None) -> dict[str, Any]:
    """A document that JSON can hold: moments as text, amounts as decimal texts in major units.

    `sources` limits whose events are told beside our own (None: everybody's).
    """
    return {
        **followers.data_of(member),
        "made_at": now.isoformat(),
        "member": {**{name: _text(getattr(member, name)) for name in COLUMNS}, "attributes": member.attributes},
        "standing": [
            {"ladder": line.ladder, "tier": line.tier.code if line.tier is not None else None, "value": str(line.value)}
            for line in standing_of(member.pk, now=now)
        ],
        "balances": [
            {"currency": line.currency, **{name: str(getattr(line, name)) for name in ("available", "pending", "held")}}
            for line in queries.balances(member.pk)
        ],
        "statement": list(_statement(member.pk)),
        "badges": [
            {"badge": code, "granted_at": moment.isoformat()}
            for code, moment in BadgeGrant.objects.filter(member_id=member.pk)
            .order_by("id")
            .values_list("badge__code", "granted_at")
        ],
        "quests": list(_quests(member)),
        "invitations": [
            {"code": code, "sent_at": moment.isoformat(), "uses": uses}
            for code, moment, uses in Invitation.objects.filter(inviter=member)
            .order_by("id")
            .values_list("code", "sent_at", "uses")
        ],
        "conduct": list(_conduct(member)),
        "notifications": [
            {"at": moment.isoformat(), "title": titles, "text": texts}
            for moment, titles, texts in Notification.objects.shown_to(member, now)
            .order_by("id")
            .values_list("shown_at", "titles", "texts")
        ],
        "campaigns": [
            {
                "campaign": code,
                **{name: _text(moment) for name, moment in zip(MOMENTS, moments, strict=True)},
                # A comparison is over when its campaign is; until then nobody is told.
                **({"held_out_at": _text(held_out_at)} if state in OVER and held_out_at is not None else {}),
            }
            for code, state, held_out_at, *moments in CampaignMember.objects.filter(member=member)
            .order_by("id")
            .values_list("campaign__code", "campaign__state", "held_out_at", *MOMENTS)
        ],
        "cases": [
            {"at": moment.isoformat(), "state": state, "text": text, "found": said, "answer": answer}
            for moment, state, text, said, answer in Case.objects.filter(member=member)
            .order_by("id")
            .values_list("opened_at", "state", "text", "said", "answer")
        ],
        "intention": [
            {"layer": each.layer, "score": str(each.score), "since": each.since.isoformat(), "reasons": each.reasons}
            for each in Intention.objects.filter(member=member)
        ],
        "layers": [
            {"layer": each.segment.code, "since": each.since.isoformat(), **layers.figures_of(member.pk, now)}
            for each in SegmentMember.objects.filter(member=member, segment__kind=SegmentKind.LAYER)
            .select_related("segment")
            .order_by("since")
        ],
        "spaces": [
            {
                "space": each.space.ref,
                "state": each.state,
                "joined_at": _text(each.joined_at),
                "left_at": _text(each.left_at),
            }
            for each in SpaceMember.objects.filter(member=member).select_related("space").order_by("pk")
        ],
        "roles": [
            {
                "role": each.role.code,
                "space": each.space.ref if each.space is not None else None,
                "starts_at": each.starts_at.isoformat(),
                "ends_at": _text(each.ended_at or each.ends_at),
            }
            for each in Appointment.objects.filter(member=member).select_related("role", "space").order_by("pk")
        ],
        "contents": list(_contents(member)),
        "needs": [
            {"kind": each.kind, "words": each.words, "state": each.state, "posted_at": each.posted_at.isoformat()}
            for each in Need.objects.filter(asker=member).order_by("pk")
        ],
        "helped": [
            {"kind": kind, "state": state, "proposed_at": moment.isoformat()}
            for kind, state, moment in NeedCandidate.objects.filter(member=member)
            .order_by("pk")
            .values_list("need__kind", "state", "proposed_at")
        ],
        "changes": list(_changes(member)),
        "timeline": list(_timeline(member.pk, sources)),
    }


def _statement(member_id: int) -> Iterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        page = queries.statement(member_id=member_id, cursor=cursor, count=PAGE)
        for line in page.lines:
            yield {
                "currency": line.currency,
                "kind": JournalKind(line.kind).name.lower(),
                "amount": str(line.amount),
                "balance_after": str(line.balance_after),
                "posted_at": line.posted_at.isoformat(),
                "rule": line.rule_code,
                "note": line.note,
            }
        cursor = page.following


def _quests(member: Member) -> Iterator[dict[str, Any]]:
    for run in QuestRun.objects.filter(member=member).select_related("version__quest").order_by("pk"):
        yield {
            "quest": run.version.quest.code,
            "version": run.version.number,
            "state": run.state,
            "started_at": run.started_at.isoformat(),
            "due_at": _text(run.due_at),
            "closed_at": _text(run.closed_at),
            "progress": run.progress,
        }


def _conduct(member: Member) -> Iterator[dict[str, Any]]:
    """What was held against them and what became of it; who reported it is not told."""
    for each in Violation.objects.filter(member=member).select_related("kind").order_by("pk"):
        yield {
            "kind": each.kind.code,
            "state": each.state,
            "at": each.recorded_at.isoformat(),
            "consequence": each.consequence,
            "evidence": each.evidence,
            "reason": each.reason,
            "appeal": each.appeal,
            "note": each.note,
        }


def _contents(member: Member) -> Iterator[dict[str, Any]]:
    """What they made and what became of it; who appreciated it is told as a number."""
    for each in Content.objects.filter(author=member).select_related("source").order_by("pk"):
        yield {
            "source": each.source.code,
            "id": each.external_id,
            "kind": each.kind,
            "topic": each.topic,
            "state": each.state,
            "submitted_at": _text(each.submitted_at),
            "published_at": _text(each.published_at),
            "quality_at": _text(each.quality_at),
            "appreciators": each.appreciators,
            "reason": each.reason,
        }


def _changes(member: Member) -> Iterator[dict[str, Any]]:
    for row in Member.history.filter(id=member.pk).order_by("history_date", "history_id"):
        yield {
            "at": row.history_date.isoformat(),
            "display_name": row.display_name,
            "email": row.email,
            "status": row.status,
            "why": row.history_change_reason or "",
        }


def _timeline(member_id: int, sources: Collection[str] | None) -> Iterator[dict[str, Any]]:
    events = Event.objects.filter(member_id=member_id).order_by("occurred_at", "id")
    if sources is not None:
        events = events.filter(Q(source__code__in=sources) | Q(source__is_internal=True))
    columns = ("type__code", "source__code", "key__external_id", "occurred_at", "payload__data")
    for kind, source, external_id, moment, data in events.values_list(*columns).iterator(chunk_size=PAGE):
        said = msgspec.json.decode(data) if data is not None else None
        yield {"type": kind, "source": source, "id": external_id, "time": moment.isoformat(), "data": said}


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
