"""Brings a large table in by a worker: first all of it is looked through, then it is stored, a chunk at a time.

Each chunk commits together with how many rows are behind it, so a worker may be killed anywhere and the next one goes
on with the very next row, whatever its own chunks are, and two at the same table do nothing twice.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import IO

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F

from members.domain.attributes import definitions
from members.domain.people.import_steps import AT_WORK, SENTENCE_LENGTH_MAX, count, take, write_refusals
from members.domain.people.importing import CHUNK, drafts_of, remember
from members.domain.people.saving import compared, save_members
from members.domain.people.sheets import BadTable, lines_of
from members.domain.people.tables import MOMENTS, Row, read_table
from members.enums import ImportState
from members.models import AttributeDefinition, Member, MemberImport, MemberImportFile


@dataclass
class Refused:
    """The refused lines of a chunk."""

    lines: dict[int, str] = field(default_factory=dict)

    def refuse(self, line: int, sentence: str) -> None:
        self.lines.setdefault(line, sentence[:SENTENCE_LENGTH_MAX])


def hand_in(
    *,
    file: IO[bytes],
    name: str,
    now: datetime,
    by: AbstractBaseUser | None = None,
    is_quiet: bool = True,
    is_tried: bool = False,
) -> MemberImport:
    """Keep a table for a worker to bring in; see importing.import_members for what that means."""
    content = file.read()
    with transaction.atomic():
        made = MemberImport.objects.create(
            name=name[:200], digest=hashlib.sha256(content).hexdigest(), made_at=now, is_quiet=is_quiet,
            made_by_id=by.pk if by is not None else None, is_tried=is_tried, state=ImportState.WAITING,
        )  # fmt: skip
        MemberImportFile.objects.create(of=made, content=content)
    return made


def carry_on(*, now: datetime, seconds_max: float = 20.0) -> list[int]:
    """Carry every table on that is at work and return the numbers of those that came to an end.

    Stops after `seconds_max`; the next call goes on where this one stopped.
    """
    deadline = time.monotonic() + seconds_max
    ended = []
    for pk in list(MemberImport.objects.filter(state__in=AT_WORK).order_by("pk").values_list("pk", flat=True)):
        if _carry(pk, now, deadline):
            ended.append(pk)
        if time.monotonic() >= deadline:
            break
    return ended


def _carry(pk: int, now: datetime, deadline: float) -> bool:
    made = MemberImport.objects.get(pk=pk)
    kept = MemberImportFile.objects.filter(of=made).first()
    if kept is None:
        return False
    known = definitions()
    try:
        if made.state in (ImportState.WAITING, ImportState.CHECKING):
            _look_through(made, bytes(kept.content), known, deadline)
            made.refresh_from_db()
        if made.state == ImportState.WRITING:
            _store(made, bytes(kept.content), known, now, deadline)
            made.refresh_from_db()
    except BadTable as error:
        _refuse(made, {0: str(error)})
    return made.state not in AT_WORK


def _look_through(made: MemberImport, content: bytes, known: dict[str, AttributeDefinition], deadline: float) -> None:
    seen: set[str] = set()
    for place, chunk in _chunks(content, known, behind=made.checked):
        refused = Refused()
        drafts, _lines = drafts_of(chunk, known, seen, refused)
        if place < made.checked:
            continue  # It was done before; only its refs have to be known.
        existing = {m.ref: m for m in Member.objects.filter(ref__in=[draft.ref for draft in drafts])}
        counts = _counted(saved.verdict for saved in compared(existing, drafts))
        with transaction.atomic():
            if not take(made, ImportState.CHECKING, checked=place):
                return
            write_refusals(made, refused.lines)
            count(made, checked=len(chunk), rejected=len(refused.lines), **counts)
        if time.monotonic() >= deadline:
            return
    with transaction.atomic():
        if not take(made, ImportState.CHECKING, checked=made.checked):
            return
        made.state = ImportState.WRITING
        if made.rejected or made.is_tried:
            made.state = ImportState.REFUSED if made.rejected else ImportState.TRIED
            MemberImportFile.objects.filter(of=made).delete()
        else:
            # What it would come to is known; now it is counted as it comes.
            made.created = made.changed = made.unchanged = 0
        made.save()


def _store(
    made: MemberImport, content: bytes, known: dict[str, AttributeDefinition], now: datetime, deadline: float
) -> None:
    for place, chunk in _chunks(content, known, behind=made.written):
        if place < made.written:
            continue
        refused = Refused()
        with transaction.atomic():
            if not take(made, ImportState.WRITING, written=place):
                return
            drafts, lines = drafts_of(chunk, known, set(), refused)
            if refused.lines:
                # The world has gone on since it was looked through; whoever carries this on takes the rest back.
                _refuse(made, refused.lines)
                return
            saved = save_members(drafts, now=now, is_quiet=made.is_quiet, reason=f"import {made.pk}", by=made.made_by)
            remember(made, saved, lines)
            count(made, written=len(chunk), **_counted(each.verdict for each in saved))
        if time.monotonic() >= deadline:
            return
    with transaction.atomic():
        if take(made, ImportState.WRITING, written=made.written):
            made.state = ImportState.DONE
            made.save(update_fields=["state"])
            MemberImportFile.objects.filter(of=made).delete()


def _chunks(
    content: bytes, known: dict[str, AttributeDefinition], *, behind: int
) -> Iterator[tuple[int, Sequence[Row]]]:
    """The rows in parts, each with how many stand before it; none holds both what is behind us and what is not.

    Whoever began may have had chunks of another length, as a worker of an earlier release has.
    """
    rows = read_table(lines_of(io.BytesIO(content), moments=MOMENTS), known)
    place = 0
    while chunk := list(islice(rows, min(CHUNK, behind - place) if place < behind else CHUNK)):
        yield place, chunk
        place += len(chunk)


def _counted(verdicts: Iterator[str]) -> dict[str, int]:
    counts = {"created": 0, "changed": 0, "unchanged": 0}
    for verdict in verdicts:
        counts[verdict] += 1
    return counts


def _refuse(made: MemberImport, lines: dict[int, str]) -> None:
    with transaction.atomic():
        write_refusals(made, lines)
        MemberImport.objects.filter(pk=made.pk).update(state=ImportState.REFUSED, rejected=F("rejected") + len(lines))
        MemberImportFile.objects.filter(of=made).delete()
