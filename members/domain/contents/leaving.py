"""What becomes of contents when their author is erased, or turns out to be another member."""

from __future__ import annotations

from django.db.models import F, Value
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Concat

from members.domain.contents.recording import state_of
from members.models import Content, ContentMark, Member

_FIRST = ("submitted_at", "approved_at", "published_at", "featured_at", "accepted_at", "removed_at", "quality_at")


def forget(member: Member) -> None:
    """Leave numbers: what the app calls a content may lead back to its author. Runs in the caller's transaction."""
    nameless = Concat(Value("erased-"), Cast(F("pk"), CharField()))
    Content.objects.filter(author=member).update(external_id=nameless, reason="", topic="")
    ContentMark.objects.filter(by=member).update(is_open=False)


def join(survivor: Member, merged: Member) -> None:
    """Give the survivor what the merged one made, and what they appreciated. What both had registered becomes one."""
    mine = {(each.source_id, each.external_id): each for each in Content.objects.filter(author=survivor)}
    for each in Content.objects.filter(author=merged).order_by("pk"):
        own = mine.get((each.source_id, each.external_id))
        if own is not None:
            _join(own, each)
    Content.objects.filter(author=merged).update(author=survivor)
    ContentMark.objects.filter(author_id=merged.pk).update(author_id=survivor.pk)
    ContentMark.objects.filter(by=merged).update(by=survivor)


def _join(own: Content, twin: Content) -> None:
    for name in _FIRST:
        moments = [at for at in (getattr(own, name), getattr(twin, name)) if at is not None]
        setattr(own, name, min(moments, default=None))
    own.weight = max(own.weight, twin.weight)
    own.decided_at = own.decided_at or twin.decided_at
    own.quality_lost_at = own.quality_lost_at or twin.quality_lost_at
    own.withdrawn_at = None
    own.state = state_of(own)
    known = ContentMark.objects.filter(content=own).values_list("event_id", flat=True)
    ContentMark.objects.filter(content=twin).exclude(event_id__in=list(known)).update(content=own)
    ContentMark.objects.filter(content=twin).delete()
    twin.delete()
    own.save()
