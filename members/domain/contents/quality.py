"""Finds out which contents were good once their seven days are over, and tells it, so that rules can pay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from members.domain.contents.deciding import Proof, proof_of
from members.domain.contents.recording import PROVING
from members.domain.events.telling import tell_each
from members.domain.outcomes import CONTENT_QUALITY_REACHED
from members.enums import ContentStep, MemberStatus, ReportState, ViolationState
from members.lanes import lane_of
from members.models import Connection, Content, ContentMark, Lane, Report

BATCH_MAX = 200


def decide_due(*, now: datetime, batches_max: int = 50) -> int:
    """Decide what is due in bounded batches; return how many contents were good. Running it twice decides once.

    A content about which a report waits is left until that is decided.
    """
    good = 0
    for _ in range(batches_max):
        due = _due(now).order_by("published_at", "pk").values_list("pk", "author_id")
        found = list(due[:BATCH_MAX])
        if not found:
            break
        with transaction.atomic():
            hold_authors(author_id for _, author_id in found)
            # Whoever holds the authors' lanes is alone with their contents; some may have been decided meanwhile.
            good += _decide(list(_due(now).filter(pk__in=[pk for pk, _ in found]).order_by("pk")), now)
        if len(found) < BATCH_MAX:
            break
    return good


def hold_authors(author_ids: Iterable[int]) -> None:
    """Hold the lanes of these authors, in one order."""
    lanes = sorted({lane_of(author_id) for author_id in author_ids})
    list(Lane.objects.select_for_update().filter(number__in=lanes).order_by("number"))


def _due(now: datetime) -> QuerySet[Content]:
    reports = Report.objects.filter(
        state=ReportState.WAITING, subject_id=OuterRef("author_id"), about=OuterRef("external_id")
    )
    unfiled = ContentMark.objects.filter(is_open=True, content_id=OuterRef("pk"))
    due = Content.objects.filter(decided_at__isnull=True, removed_at__isnull=True, published_at__lte=now - PROVING)
    return due.filter(~Exists(reports), ~Exists(unfiled))


def upheld() -> Exists:
    """Whether a report about the content was found to be right."""
    return Exists(
        Report.objects.filter(
            state=ReportState.ACTED, subject_id=OuterRef("author_id"), about=OuterRef("external_id")
        ).exclude(violation__state=ViolationState.OVERTURNED)
    )


def _decide(contents: Sequence[Content], now: datetime) -> int:
    near = _appreciators(contents)
    guilty = set(Content.objects.filter(upheld(), pk__in=[c.pk for c in contents]).values_list("pk", flat=True))
    good: list[tuple[Content, Proof]] = []
    for content in contents:
        assert content.published_at is not None, "only what was published is due"
        until = content.published_at + PROVING
        proof = proof_of(
            featured_at=content.featured_at, accepted_at=content.accepted_at, until=until,
            appreciators=near.get(content.pk, {}).values(),
        )  # fmt: skip
        content.decided_at, content.appreciators = now, proof.appreciators
        if proof.weight and content.pk not in guilty:
            content.quality_at, content.weight = until, proof.weight
            good.append((content, proof))
    Content.objects.bulk_update(contents, ["decided_at", "appreciators", "quality_at", "weight"])
    _tell(good, now)
    return len(good)


def _appreciators(contents: Sequence[Content]) -> Mapping[int, Mapping[int, bool]]:
    """For each content who appreciated it in time, and whether they and the author know each other mutually.

    House accounts rate nobody, and whoever may not be here any more counts for nothing.
    """
    marks = ContentMark.objects.filter(
        content__in=[content.pk for content in contents], step=ContentStep.APPRECIATED, by__is_house=False,
        by__status=MemberStatus.ACTIVE, at__lt=F("content__published_at") + PROVING,
    )  # fmt: skip
    found = [row for row in marks.values_list("content_id", "author_id", "by_id") if row[1] != row[2]]
    mutual = _mutual({author for _, author, _ in found}, {by for _, _, by in found})
    near: dict[int, dict[int, bool]] = defaultdict(dict)
    for content_id, author_id, by_id in found:
        near[content_id][by_id] = (min(author_id, by_id), max(author_id, by_id)) in mutual
    return near


def _mutual(authors: set[int], others: set[int]) -> set[tuple[int, int]]:
    """Hidden ones count here as well: hiding a friend makes nobody a stranger."""
    pairs = Q(low__in=authors, high__in=others) | Q(low__in=others, high__in=authors)
    return set(Connection.objects.filter(pairs, is_mutual=True).values_list("low_id", "high_id"))


def _tell(good: Sequence[tuple[Content, Proof]], now: datetime) -> None:
    told = [
        (
            content.author_id,
            about(content)
            | {
                "weight": proof.weight, "appreciators": proof.appreciators, "featured": proof.featured,
                "accepted": proof.accepted,
            },
        )
        for content, proof in good
    ]  # fmt: skip
    events = tell_each(CONTENT_QUALITY_REACHED, told, now=now)
    ContentMark.objects.bulk_create(
        [
            ContentMark(content=content, author_id=content.author_id, event_id=event, step=ContentStep.QUALITY, at=now)
            for (content, _), event in zip(good, events, strict=True)
        ]
    )


def about(content: Content) -> dict[str, object]:
    """A content in the data of our own events."""
    said = {"content_id": content.external_id, "kind": content.kind, "topic": content.topic}
    return {name: value for name, value in said.items() if value}
