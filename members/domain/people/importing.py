"""Brings members from a table: all of it or nothing, quietly unless told otherwise, and undone as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from members.domain.attributes import definitions
from members.domain.outcomes import MEMBER_JOINED
from members.domain.people.saving import Draft, Saved, put_back, save_members
from members.domain.people.sheets import lines_of
from members.domain.people.tables import MOMENTS, BadRow, Row, read_row, read_table
from members.domain.statuses import tell_statuses
from members.enums import MemberStatus
from members.models import (
    AttributeDefinition,
    Event,
    EventPayload,
    Invitation,
    Lane,
    Member,
    MemberImport,
    MemberImportLine,
    Referral,
    Report,
    Work,
)

CHUNK, SHOWN_MAX = 1_000, 50


class AlreadyUndone(Exception):
    """An import that was taken back before."""


@dataclass
class Imported:
    """What a table did, or would do: the first refused as (line, sentence), `made` None if nothing was kept."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    made: MemberImport | None = None

    def refuse(self, line: int, sentence: str) -> None:
        self.rejected += 1
        if len(self.refused) < SHOWN_MAX:
            self.refused.append((line, sentence))

    def count(self, saved: Iterable[Saved]) -> None:
        for each in saved:
            setattr(self, each.verdict, getattr(self, each.verdict) + 1)


@dataclass(frozen=True, slots=True)
class Undone:
    """Members removed, put back, and kept because something has happened with them since (they have left now)."""

    removed: int
    restored: int
    kept: int


def import_members(
    *,
    file: Any,
    name: str,
    now: datetime,
    by: AbstractBaseUser | None = None,
    is_quiet: bool = True,
    dry_run: bool = False,
    progress: Callable[[int], object] = lambda _count: None,
) -> Imported:
    """Make or change a member for each row of a CSV or XLSX file, open for reading bytes, in one transaction.

    One bad row, and nothing is kept: the answer lists what is wrong with which line. `progress(count)` hears of each
    chunk of rows. Raises BadTable.
    """
    known, done, seen = definitions(), Imported(), set[str]()
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    with transaction.atomic():
        made = MemberImport.objects.create(
            name=name[:200], digest=digest, made_at=now, made_by_id=_pk(by), is_quiet=is_quiet
        )
        rows = read_table(lines_of(file, moments=MOMENTS), known)
        while chunk := list(islice(rows, CHUNK)):
            drafts, lines = _drafts(chunk, known, seen, done)
            saved = save_members(drafts, now=now, is_quiet=is_quiet, reason=f"import {made.pk}", by=by)
            done.count(saved)
            _remember(made, saved, lines)
            progress(len(chunk))
        if done.rejected or dry_run:
            transaction.set_rollback(True)
        else:
            made.created, made.changed, made.unchanged = done.created, done.changed, done.unchanged
            made.save(update_fields=["created", "changed", "unchanged"])
            done.made = made
    return done


def undo(*, import_id: int, now: datetime, by: AbstractBaseUser | None = None) -> Undone:
    """Take an import back: whom it made goes, whom it changed is as before.

    Somebody with whom something has happened since stays, as one who has left; a value that was changed again since
    stays too. Raises AlreadyUndone.
    """
    with transaction.atomic():
        made = MemberImport.objects.select_for_update().get(pk=import_id)
        if made.undone_at is not None:
            raise AlreadyUndone(_("This import was undone before."))
        new = list(made.lines.filter(is_new=True).values_list("member_id", flat=True))
        # Nothing is judged meanwhile: who has left has left for a whole batch.
        list(Lane.objects.select_for_update().order_by("number").values_list("number"))
        kept = _with_a_life(new) if made.is_quiet else set(new)
        restored = _restore(made, now=now, by=by)
        _let_go(kept, now=now)
        _remove([pk for pk in new if pk not in kept])
        made.undone_at, made.undone_by_id = now, _pk(by)
        made.save(update_fields=["undone_at", "undone_by"])
    return Undone(len(new) - len(kept), restored, len(kept))


def _drafts(
    chunk: Sequence[Row], known: dict[str, AttributeDefinition], seen: set[str], done: Imported
) -> tuple[list[Draft], list[int]]:
    refs = [row.cells.get("ref", "") for row in chunk]
    existing = {member.ref: member for member in Member.objects.filter(ref__in=refs)}
    drafts, lines = [], []
    for row in chunk:
        ref = row.cells.get("ref", "")
        try:
            draft = read_row(row, existing.get(ref), known)
        except BadRow as error:
            done.refuse(row.line, str(error))
            continue
        if ref in seen:
            done.refuse(row.line, _("ref: %(ref)s stands further up already.") % {"ref": ref})
            continue
        seen.add(ref)
        drafts.append(draft)
        lines.append(row.line)
    return drafts, lines


def _remember(made: MemberImport, saved: Sequence[Saved], lines: Sequence[int]) -> None:
    MemberImportLine.objects.bulk_create(
        [
            MemberImportLine(
                of=made, member=each.member, line=line, is_new=each.verdict == "created",
                before=_kept(each.before), after=_kept(each.after),
            )
            for each, line in zip(saved, lines, strict=True)
            if each.verdict != "unchanged"
        ],
        batch_size=CHUNK,
    )  # fmt: skip


def _with_a_life(member_ids: Sequence[int]) -> set[int]:
    """Of these, those with whom more has happened than that they were brought here."""
    living: set[int] = set()
    for part in _parts(member_ids):
        living.update(
            Event.objects.filter(member_id__in=part)
            .exclude(type__code=MEMBER_JOINED)
            .values_list("member_id", flat=True)
        )
        referrals = Referral.objects.filter(Q(member_id__in=part) | Q(inviter_id__in=part))
        living.update(pk for pair in referrals.values_list("member_id", "inviter_id") for pk in pair if pk is not None)
        living.update(
            pk for pk in Invitation.objects.filter(inviter_id__in=part).values_list("inviter_id", flat=True) if pk
        )
        known = Member.objects.filter(Q(user__isnull=False) | Q(merged_into__isnull=False), pk__in=part)
        living.update(known.values_list("pk", flat=True))
        living.update(Report.objects.filter(subject_id__in=part).values_list("subject_id", flat=True))
        living.update(
            pk for pk in Member.objects.filter(invited_by__in=part).values_list("invited_by_id", flat=True) if pk
        )
    return living & set(member_ids)


def _restore(made: MemberImport, *, now: datetime, by: AbstractBaseUser | None) -> int:
    count = 0
    lines = made.lines.filter(is_new=False).select_related("member").order_by("pk")
    changes: list[tuple[Member, dict[str, Any]]] = []
    for line in lines.iterator(chunk_size=CHUNK):
        member = line.member
        before = {
            name: _as_was(name, value)
            for name, value in line.before.items()
            if _kept({name: getattr(member, name)})[name] == line.after.get(name)
        }
        if before:
            changes.append((member, before))
        if len(changes) == CHUNK:
            put_back(changes, now=now, reason=f"import {made.pk} undone", by=by)
            count, changes = count + len(changes), []
    put_back(changes, now=now, reason=f"import {made.pk} undone", by=by)
    return count + len(changes)


def _as_was(name: str, value: Any) -> Any:
    field: Any = Member._meta.get_field(name)  # noqa: SLF001  Django's own, public in all but name.
    return field.to_python(value)


def _kept(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Columns as the line of an import keeps them: moments to the last microsecond."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in columns.items()}


def _let_go(member_ids: set[int], *, now: datetime) -> None:
    active = Member.objects.filter(pk__in=member_ids, status=MemberStatus.ACTIVE)
    changes = [(pk, MemberStatus.ACTIVE, MemberStatus.LEFT) for pk in active.values_list("pk", flat=True)]
    tell_statuses(changes, now=now)
    active.update(status=MemberStatus.LEFT)


def _remove(member_ids: Sequence[int]) -> None:
    for part in _parts(member_ids):
        events = list(Event.objects.filter(member_id__in=part).values_list("pk", flat=True))
        Work.objects.filter(event_id__in=events).delete()
        EventPayload.objects.filter(event_id__in=events).delete()
        Event.objects.filter(pk__in=events).delete()
        Member.objects.filter(pk__in=part).delete()
        Member.history.filter(id__in=part).delete()


def _parts(member_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(member_ids), CHUNK):
        yield member_ids[first : first + CHUNK]


def _pk(user: AbstractBaseUser | None) -> int | None:
    return user.pk if user is not None else None
