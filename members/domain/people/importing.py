"""Brings members from a table: all of it or nothing, quietly unless told otherwise, and undone as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

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
    GameRound,
    Greeter,
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
# Why somebody stays when the import that made them is undone.
EVENTS, REFERRAL, INVITED, LOGIN, REPORTED, ROLE = "events", "referral", "invited", "login", "reported", "role"


class Refusing(Protocol):
    """Whoever hears of lines that no member can be made of."""

    def refuse(self, line: int, sentence: str) -> None: ...


class AlreadyUndone(Exception):
    """An import that was taken back before, or that is not over yet."""


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
            drafts, lines = drafts_of(chunk, known, seen, done)
            saved = save_members(drafts, now=now, is_quiet=is_quiet, reason=f"import {made.pk}", by=by)
            done.count(saved)
            remember(made, saved, lines)
            progress(len(chunk))
        if done.rejected or dry_run:
            transaction.set_rollback(True)
        else:
            made.created, made.changed, made.unchanged = done.created, done.changed, done.unchanged
            made.checked = made.written = done.created + done.changed + done.unchanged
            made.save()
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
        if not made.is_over:
            raise AlreadyUndone(_("This import is still at work."))
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


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an undo would do now: how many would go, would be put back, and why others would stay, by line."""

    removed: int
    restored: int
    staying: list[tuple[MemberImportLine, str]]
    changed_since: int


def outlook_of(made: MemberImport) -> Outlook:
    """Look ahead at an undo; nothing is changed. After a loud import everybody it made stays, as one who has left."""
    new = list(made.lines.filter(is_new=True).select_related("member").order_by("pk"))
    lives = lives_of([line.member_id for line in new])
    if not made.is_quiet:
        lives = {line.member_id: lives.get(line.member_id, EVENTS) for line in new}
    restored = since = 0
    for line in made.lines.filter(is_new=False).select_related("member").iterator(chunk_size=CHUNK):
        ours = [name for name in line.before if _is_ours(line, name)]
        restored += bool(ours)
        since += len(ours) < len(line.before)
    staying = [(line, lives[line.member_id]) for line in new if line.member_id in lives]
    return Outlook(len(new) - len(staying), restored, staying, since)


def drafts_of(
    chunk: Sequence[Row], known: dict[str, AttributeDefinition], seen: set[str], done: Refusing
) -> tuple[list[Draft], list[int]]:
    """What the rows of a chunk say, with their lines; what is wrong is told to `done`. `seen` grows by their refs."""
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


def remember(made: MemberImport, saved: Sequence[Saved], lines: Sequence[int]) -> None:
    """Keep what each line did, so that it can be undone."""
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
    return set(lives_of(member_ids))


def lives_of(member_ids: Sequence[int]) -> dict[int, str]:
    """Why somebody whom an import has made stays when it is undone, in a word; whoever is missing would go."""
    living: dict[int, str] = {}
    for part in _parts(member_ids):
        events = Event.objects.filter(member_id__in=part).exclude(type__code=MEMBER_JOINED)
        referrals = Referral.objects.filter(Q(member_id__in=part) | Q(inviter_id__in=part))
        known = Member.objects.filter(Q(user__isnull=False) | Q(merged_into__isnull=False), pk__in=part)
        reasons: tuple[tuple[str, Iterable[int | None]], ...] = (
            (EVENTS, events.values_list("member_id", flat=True).distinct()),
            (REFERRAL, (pk for pair in referrals.values_list("member_id", "inviter_id") for pk in pair)),
            (INVITED, Invitation.objects.filter(inviter_id__in=part).values_list("inviter_id", flat=True)),
            (INVITED, Member.objects.filter(invited_by__in=part).values_list("invited_by_id", flat=True)),
            (LOGIN, known.values_list("pk", flat=True)),
            (REPORTED, Report.objects.filter(subject_id__in=part).values_list("subject_id", flat=True)),
            (ROLE, Greeter.objects.filter(member_id__in=part).values_list("member_id", flat=True)),
            (ROLE, GameRound.objects.filter(host__in=part).values_list("host_id", flat=True)),
        )
        ours = set(part)
        for reason, ids in reasons:
            for pk in ids:
                if pk is not None and pk in ours:
                    living.setdefault(pk, reason)
    return living


def _restore(made: MemberImport, *, now: datetime, by: AbstractBaseUser | None) -> int:
    count = 0
    lines = made.lines.filter(is_new=False).select_related("member").order_by("pk")
    changes: list[tuple[Member, dict[str, Any]]] = []
    for line in lines.iterator(chunk_size=CHUNK):
        member = line.member
        before = {name: _as_was(name, value) for name, value in line.before.items() if _is_ours(line, name)}
        if before:
            changes.append((member, before))
        if len(changes) == CHUNK:
            put_back(changes, now=now, reason=f"import {made.pk} undone", by=by)
            count, changes = count + len(changes), []
    put_back(changes, now=now, reason=f"import {made.pk} undone", by=by)
    return count + len(changes)


def _is_ours(line: MemberImportLine, name: str) -> bool:
    """Whether a column still is what the line had made of it."""
    return bool(_kept({name: getattr(line.member, name)})[name] == line.after.get(name))


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
