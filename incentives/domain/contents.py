"""Contents and what they were paid: what was good is told, what is gone gives back exactly what it brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from incentives.domain.pump import hints
from incentives.domain.withdrawing import Withdrawn, hold, withdraw
from members.domain.contents import judging, quality, reporting
from members.domain.events.telling import tell
from members.domain.outcomes import CONTENT_QUALITY_LOST
from members.enums import ContentStep
from members.models import Content, ContentMark

EACH_MAX = 200


@dataclass(frozen=True, slots=True)
class Advanced:
    """How many reports were filed, contents found good, and contents whose payments were taken back."""

    filed: int
    good: int
    withdrawn: int

    def __bool__(self) -> bool:
        return bool(self.filed or self.good or self.withdrawn)


def advance_contents(*, now: datetime) -> Advanced:
    """File what was reported, decide what has proved good, take back what was paid for what is gone. Runs often."""
    filed = reporting.file_reports(now=now)
    good = quality.decide_due(now=now)
    gone = [pk for of in (_removed(), _spoiled()) for pk in of.order_by("pk").values_list("pk", flat=True)[:EACH_MAX]]
    withdrawn = sum(withdraw_content(content_id=pk, now=now) is not None for pk in gone)
    done = Advanced(filed, good, withdrawn)
    if done:
        with transaction.atomic():
            hints.wake_on_commit()
    return done


def judge(
    *, content_id: int, step: ContentStep, now: datetime, operator: str, reason: str = ""
) -> tuple[Content, Withdrawn | None]:
    """Approve, feature or remove a content; a removed one gives back at once what it was paid. Doing it again changes
    nothing. Raises members.domain.contents.judging.CannotJudge.
    """
    with transaction.atomic():
        _hold_everybody(content_id)
        found, _ = judging.judge(content_id=content_id, step=step, now=now, operator=operator, reason=reason)
        taken = withdraw_content(content_id=content_id, now=now, actor=operator)
        hints.wake_on_commit()
    found.refresh_from_db()
    return found, taken


def withdraw_content(*, content_id: int, now: datetime, actor: str = "") -> Withdrawn | None:
    """Take back whatever a removed content was paid, to whomever; of one that a report was upheld about, what its
    quality was paid. None where nothing is to be taken back.

    Awards that still wait are taken out of pending. What came meanwhile is taken back the next time.
    """
    with transaction.atomic():
        _hold_everybody(content_id)
        quality.hold_authors(Content.objects.filter(pk=content_id).values_list("author_id", flat=True))
        found = _removed().filter(pk=content_id).first() or _spoiled().filter(pk=content_id).first()
        if found is None:
            return None
        marks = ContentMark.objects.filter(content=found)
        if found.removed_at is None:
            marks = marks.filter(step=ContentStep.QUALITY)
        else:
            # The removal itself may cost something, and that stays.
            marks = marks.exclude(step=ContentStep.REMOVED)
        events = list(marks.values_list("event_id", flat=True))
        taken = withdraw(event_ids=events, cause=f"content {found.pk}", now=now, actor=actor[:60])
        if found.quality_at is not None and found.quality_lost_at is None:
            Content.objects.filter(pk=found.pk).update(quality_lost_at=now)
            tell(CONTENT_QUALITY_LOST, [(found.author_id, quality.about(found))], now=now)
        if found.removed_at is not None:
            Content.objects.filter(pk=found.pk).update(withdrawn_at=now)
    return taken


def _hold_everybody(content_id: int) -> None:
    """Hold the author's lane and the lanes of whoever was paid for the content, in one order."""
    hold(ContentMark.objects.filter(content_id=content_id).values_list("event_id", flat=True))


def _removed() -> QuerySet[Content]:
    return Content.objects.filter(removed_at__isnull=False, withdrawn_at__isnull=True)


def _spoiled() -> QuerySet[Content]:
    """What was good, until a report about it was found to be right."""
    return Content.objects.good().filter(quality.upheld())
