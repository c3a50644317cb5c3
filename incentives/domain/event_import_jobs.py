"""Brings a file of events in by a worker, a chunk at a time: what is good is filed, what is refused is kept with why.

Each chunk commits together with how far it has come, so a worker may be killed anywhere and the next one goes on; an
event that came twice is known before.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import IO

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from incentives.domain.importing import CHUNK, BadImport, BadRow, digest_of_parts, filed, items_of, unfinished
from incentives.domain.pump import hints
from members.domain.people.import_steps import AT_WORK, count, take, write_refusals
from members.enums import ImportState
from members.models import EventImport, EventImportFile


def hand_in(
    *,
    file: IO[bytes],
    name: str,
    now: datetime,
    mapping: str = "",
    by: AbstractBaseUser | None = None,
    is_quiet: bool = True,
    is_judged: bool = True,
    is_tried: bool = False,
) -> EventImport:
    """Keep a file for a worker to bring in; see importing.import_events for what that means.

    The same content again, while it is not brought in whole, is the same import, and goes on where that stopped.
    Raises BadImport for a file that cannot be read.
    """
    content = file.read()
    rows = sum(1 for _ in items_of(io.BytesIO(content), name=name, mapping=mapping or None))
    if not rows:
        raise BadImport("There is no event in this file.")
    parts = [content, mapping.encode()] if mapping else [content]
    digest = digest_of_parts(*(hashlib.sha256(part).digest() for part in parts))
    with transaction.atomic():
        made = None if is_tried else unfinished(digest)
        if made is None:
            made = EventImport.objects.create(
                name=name[-200:], digest=digest, made_at=now, made_by_id=by.pk if by is not None else None,
                is_quiet=is_quiet, is_judged=is_judged, is_tried=is_tried, state=ImportState.WAITING,
                checked=0 if is_tried else rows,
            )  # fmt: skip
        elif not EventImportFile.objects.filter(of=made).exists():
            # The command line began it and was broken off.
            EventImport.objects.filter(pk=made.pk).update(state=ImportState.WAITING, checked=rows)
        EventImportFile.objects.get_or_create(of=made, defaults={"content": content, "mapping": mapping})
    return made


def carry_on(*, now: datetime, seconds_max: float = 20.0) -> list[int]:
    """Carry every file on that is at work and return the numbers of those that came to an end.

    Stops after `seconds_max`; the next call goes on where this one stopped.
    """
    deadline = time.monotonic() + seconds_max
    waiting = EventImportFile.objects.filter(of__state__in=AT_WORK, of__undone_at__isnull=True).order_by("of")
    ended = []
    for pk in list(waiting.values_list("pk", flat=True)):
        if time.monotonic() >= deadline:
            break
        if _carry(EventImport.objects.get(pk=pk), now, deadline):
            ended.append(pk)
    return ended


def _carry(made: EventImport, now: datetime, deadline: float) -> bool:
    """Bring in what is left of one file; False where its time is up, or somebody else goes on with it."""
    try:
        for place, chunk in _chunks(made):
            with transaction.atomic():
                if not take(made, _state_of(made), **{_field_of(made): place}):
                    return False
                _bring(made, chunk, now)
            if time.monotonic() >= deadline:
                return False
        return _end(made, ImportState.TRIED if made.is_tried else ImportState.DONE, now)
    except BadImport as error:
        write_refusals(made, {0: str(error)})
        return _end(made, ImportState.REFUSED, now, rejected=1)


def _bring(made: EventImport, chunk: Sequence[tuple[int, bytes | BadRow]], now: datetime) -> None:
    results = iter(filed([raw for _line, raw in chunk if isinstance(raw, bytes)], made, now))
    verdicts = {"accepted": 0, "duplicate": 0}
    refused: dict[int, str] = {}
    for line, raw in chunk:
        if isinstance(raw, BadRow):
            refused[line] = raw.sentence
            continue
        result = next(results)
        if result.verdict in verdicts:
            verdicts[result.verdict] += 1
        else:
            refused[line] = f"{result.pointer}: {result.sentence}"
    write_refusals(made, refused)
    counts = {"accepted": verdicts["accepted"], "duplicates": verdicts["duplicate"], "rejected": len(refused)}
    count(made, **counts, **{_field_of(made): len(chunk)})
    if not made.is_tried:
        hints.wake_on_commit()


def _end(made: EventImport, state: ImportState, now: datetime, **counts: int) -> bool:
    with transaction.atomic():
        if not take(made, _state_of(made), **{_field_of(made): _place_of(made)}):
            return False
        if counts:
            count(made, **counts)
        EventImport.objects.filter(pk=made.pk).update(state=state, finished_at=now)
        EventImportFile.objects.filter(of=made).delete()
    return True


def _chunks(made: EventImport) -> Iterator[tuple[int, Sequence[tuple[int, bytes | BadRow]]]]:
    """The events that are left, in parts, each with how many stand before it."""
    kept = EventImportFile.objects.get(of=made)
    items = items_of(io.BytesIO(bytes(kept.content)), name=made.name, mapping=kept.mapping or None)
    place = _place_of(made)
    left = islice(items, place, None)
    while chunk := list(islice(left, CHUNK)):
        yield place, chunk
        place += len(chunk)


def _state_of(made: EventImport) -> ImportState:
    return ImportState.CHECKING if made.is_tried else ImportState.WRITING


def _field_of(made: EventImport) -> str:
    return "checked" if made.is_tried else "written"


def _place_of(made: EventImport) -> int:
    return made.checked if made.is_tried else made.written
