"""What operators decide about a content: approve, feature, remove. It is told as the app would have told it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from members.domain.contents.quality import hold_authors
from members.domain.contents.recording import WRITTEN, apply
from members.domain.events.telling import tell_each
from members.enums import ContentStep
from members.models import Content, ContentMark, EventType

DECISIONS = (ContentStep.APPROVED, ContentStep.FEATURED, ContentStep.REMOVED)
REASON_LENGTH_MAX = 500


class CannotJudge(Exception):
    """A decision that cannot be taken about this content; the message says why and what to do."""


def judge(
    *, content_id: int, step: ContentStep, now: datetime, operator: str, reason: str = ""
) -> tuple[Content, bool]:
    """Take a decision, once; the second value says whether it changed anything. Raises CannotJudge.

    The author's lane is held: what waits there is judged wholly before or wholly after.
    """
    assert step in DECISIONS, "the others are for members and apps"
    if step == ContentStep.REMOVED and not reason.strip():
        raise CannotJudge(_("Say why; the author reads it."))
    with transaction.atomic():
        hold_authors(Content.objects.filter(pk=content_id).values_list("author_id", flat=True))
        found = Content.objects.select_related("author", "source").get(pk=content_id)
        if _is_so(found, step):
            return found, False
        if found.removed_at is not None:
            raise CannotJudge(_("This content was removed; its author may hand it in anew."))
        apply(found, step, now)
        found.operator, found.reason = operator[:100], reason.strip()[:REASON_LENGTH_MAX]
        found.save(update_fields=[*WRITTEN, "operator", "reason"])
        _tell(found, step, now)
    return found, True


def _is_so(content: Content, step: ContentStep) -> bool:
    if step == ContentStep.REMOVED:
        return content.removed_at is not None
    if content.removed_at is not None:
        return False
    return (content.featured_at if step == ContentStep.FEATURED else content.approved_at) is not None


def _tell(content: Content, step: ContentStep, now: datetime) -> None:
    """Put it on the author's timeline as an event of the type that says so, for rules to hear. Raises CannotJudge."""
    kind = EventType.objects.filter(content__step=step.value).order_by("pk").first()
    if kind is None:
        # No app says such a thing, so no rule listens either.
        return
    words = kind.content
    said = {words["id"]: content.external_id}
    said |= {words[word]: value for word in ("kind", "topic") if words.get(word) and (value := getattr(content, word))}
    for name, spec in kind.schema.items():
        if name not in said and not spec.get("optional"):
            raise CannotJudge(
                _("%(type)s needs %(field)s, which only the app knows. Make the field optional.")
                % {"type": kind.code, "field": name}
            )
    (event_id,) = tell_each(kind.code, [(content.author_id, said)], now=now, source_id=content.source_id)
    ContentMark.objects.create(content=content, author_id=content.author_id, event_id=event_id, step=step, at=now)
