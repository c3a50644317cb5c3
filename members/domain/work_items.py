"""Who does what: an assignee, a due time, a note and a rest for anything that waits for the team."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from members.models import Member, WorkItem

NOTE_LENGTH_MAX = 500
# What nobody has touched for so long is about something that is done, or that nobody does.
KEPT_FOR = timedelta(days=90)
HAND_OVER_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Thing:
    """What waits, by its kind and number, and whom it is about."""

    kind: str
    object_id: int
    member_id: int | None = None


def items_of(kinds: Iterable[str]) -> dict[tuple[str, int], WorkItem]:
    """Everything that was said about things of these kinds, by kind and number: one query."""
    found = WorkItem.objects.filter(kind__in=list(kinds)).select_related("assignee").order_by("-touched_at")
    return {(item.kind, item.object_id): item for item in found}


def assign(*, thing: Thing, to: AbstractBaseUser | None, now: datetime, by: object | None = None) -> WorkItem:
    """Give something to a colleague (None: to nobody)."""
    return _change(thing, now, by, assignee_id=to.pk if to is not None else None)


def describe(*, thing: Thing, note: str, due_at: datetime | None, now: datetime, by: object | None = None) -> WorkItem:
    """Keep a note and until when it should be done (None: whatever the thing itself says)."""
    return _change(thing, now, by, note=note.strip()[:NOTE_LENGTH_MAX], due_at=due_at)


def snooze(*, thing: Thing, until: datetime | None, now: datetime, by: object | None = None) -> WorkItem:
    """Let it rest until a moment (None: wake it)."""
    return _change(thing, now, by, snoozed_until=until)


def hand_over(
    *, kinds: Iterable[str], giver_id: int, to: AbstractBaseUser, note: str, now: datetime, by: object | None = None
) -> int:
    """Move whatever somebody has of these kinds to a colleague, with a note before each one's own; return how many."""
    with transaction.atomic():
        held = WorkItem.objects.select_for_update(of=("self",)).filter(assignee_id=giver_id, kind__in=list(kinds))
        items = list(held.order_by("pk")[:HAND_OVER_MAX])
        for item in items:
            words = " · ".join(part for part in (note.strip(), item.note) if part)
            item.assignee_id, item.note, item.touched_at = to.pk, words[:NOTE_LENGTH_MAX], now
            _save(item, by)
    return len(items)


def forget_old(*, now: datetime) -> int:
    """Delete what nobody has touched for KEPT_FOR, with its history, and return how many."""
    old = list(WorkItem.objects.filter(touched_at__lt=now - KEPT_FOR).values_list("pk", flat=True)[:5_000])
    WorkItem.objects.filter(pk__in=old).delete()
    # Last: a deletion is kept as well.
    WorkItem.history.filter(id__in=old).delete()
    return len(old)


def forget(member: Member) -> None:
    """Remove what the team noted about a member, and the history of it."""
    WorkItem.objects.filter(member=member).delete()
    # Last: a deletion is kept as well.
    WorkItem.history.filter(member_id=member.pk).delete()


def join(survivor: Member, merged: Member) -> None:
    """What was noted about the merged one is about the survivor."""
    WorkItem.objects.filter(member=merged).update(member=survivor)
    WorkItem.history.filter(member_id=merged.pk).update(member_id=survivor.pk)


def _change(thing: Thing, now: datetime, by: object | None, **values: object) -> WorkItem:
    with transaction.atomic():
        WorkItem.objects.bulk_create(
            [WorkItem(kind=thing.kind, object_id=thing.object_id, member_id=thing.member_id, touched_at=now)],
            ignore_conflicts=True,
        )
        item = WorkItem.objects.select_for_update(of=("self",)).get(kind=thing.kind, object_id=thing.object_id)
        for name, value in {**values, "touched_at": now}.items():
            setattr(item, name, value)
        _save(item, by)
    return item


def _save(item: WorkItem, by: object | None) -> None:
    item._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001
    item.save()
