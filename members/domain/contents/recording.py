"""Registers what a batch of events says of contents. A content is its author's, so only the author's lane writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from members.domain.sql import insert
from members.enums import ContentState, ContentStep
from members.models import Content, Event, Member

ID_LENGTH_MAX = KIND_LENGTH_MAX = TOPIC_LENGTH_MAX = 128
# How long a content has to prove good.
PROVING = timedelta(days=7)
WRITTEN = (
    "kind", "topic", "state", "submitted_at", "approved_at", "published_at", "featured_at", "accepted_at", "removed_at",
    "decided_at", "withdrawn_at",
)  # fmt: skip
_CONTENT = {
    "author_id": "bigint", "source_id": "bigint", "external_id": "text", "kind": "text", "topic": "text",
    "state": "text", **dict.fromkeys(WRITTEN[3:], "timestamptz"), "operator": "text", "reason": "text",
    "weight": "smallint", "appreciators": "int",
}  # fmt: skip
_MARK = {
    "content_id": "bigint", "author_id": "bigint", "event_id": "bigint", "step": "text", "by_id": "bigint",
    "at": "timestamptz", "is_open": "boolean",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """An event of an author says something of a content; `by` is a ref."""

    event_id: int
    author_id: int
    step: str
    external_id: str
    kind: str
    topic: str
    by: str
    at: datetime


Key = tuple[int, int, str]


def record(told: Sequence[Said]) -> None:
    """Keep what a batch says, in its transaction: a fixed number of statements, none where it says nothing.

    Saying it again changes nothing.
    """
    if not told:
        return
    sources = dict(Event.objects.filter(pk__in=[each.event_id for each in told]).values_list("pk", "source_id"))
    keyed = [((each.author_id, sources[each.event_id], each.external_id[:ID_LENGTH_MAX]), each) for each in told]
    known = _known({key for key, _ in keyed})
    for key, each in keyed:
        if key not in known:
            known[key] = Content(author_id=key[0], source_id=key[1], external_id=key[2])
        apply(known[key], each.step, each.at, kind=each.kind, topic=each.topic)
    _write(known)
    ids = {key: content.pk for key, content in _known(set(known)).items()}
    people = Member.objects.ids_by_ref({each.by for _, each in keyed if each.by})
    rows = [
        (
            ids[key], key[0], each.event_id, each.step, people.get(each.by), each.at,
            each.step == ContentStep.REPORTED and each.by in people,
        )
        for key, each in keyed
    ]  # fmt: skip
    insert("members_contentmark", _MARK, rows, "ON CONFLICT (content_id, event_id) DO NOTHING")


def _write(contents: Mapping[Key, Content]) -> None:
    rows = [
        (*key, *(getattr(content, name) for name in WRITTEN), "", "", 0, 0)
        for key, content in sorted(contents.items(), key=lambda pair: pair[0])
    ]
    changes = ", ".join(f"{name} = excluded.{name}" for name in WRITTEN)
    insert(
        "members_content", _CONTENT, rows, f"ON CONFLICT (author_id, source_id, external_id) DO UPDATE SET {changes}"
    )


def apply(content: Content, step: str, at: datetime, *, kind: str = "", topic: str = "") -> None:
    """Let a step change a content; the first time that something happened counts, and what was removed stays so."""
    content.kind = content.kind or kind[:64]
    content.topic = content.topic or topic[:TOPIC_LENGTH_MAX]
    if step in (ContentStep.SUBMITTED, ContentStep.PUBLISHED):
        content.submitted_at = _earlier(content.submitted_at, at)
    if step == ContentStep.REMOVED:
        content.removed_at = content.removed_at or at
    elif step == ContentStep.ACCEPTED:
        content.accepted_at = _earlier(content.accepted_at, at)
    elif step in (ContentStep.PUBLISHED, ContentStep.APPROVED, ContentStep.FEATURED):
        content.approved_at = _earlier(content.approved_at, at)
        content.published_at = _earlier(content.published_at, at)
        if step == ContentStep.FEATURED:
            content.featured_at = _earlier(content.featured_at, at)
    if content.removed_at is not None:
        # Whatever was paid for it since is taken back as well.
        content.withdrawn_at = None
    elif content.quality_at is None and content.published_at is not None and at < content.published_at + PROVING:
        # It was told late; the seven days are looked at again.
        content.decided_at = None
    content.state = state_of(content).value


def state_of(content: Content) -> ContentState:
    if content.removed_at is not None:
        return ContentState.REMOVED
    if content.featured_at is not None:
        return ContentState.FEATURED
    if content.approved_at is not None:
        return ContentState.APPROVED
    return ContentState.SUBMITTED if content.submitted_at is not None else ContentState.MENTIONED


def _earlier(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else min(known, at)


def _known(keys: Iterable[Key]) -> dict[Key, Content]:
    wanted = set(keys)
    found = Content.objects.filter(
        author_id__in={key[0] for key in wanted}, source_id__in={key[1] for key in wanted},
        external_id__in={key[2] for key in wanted},
    )  # fmt: skip
    by_key = {(each.author_id, each.source_id, each.external_id): each for each in found.order_by("pk")}
    return {key: content for key, content in by_key.items() if key in wanted}
