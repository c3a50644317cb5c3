"""Events from files: the same checks and the same promise as the API, with progress and resume."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import yaml
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from incentives.domain.withdrawing import Withdrawn, withdraw
from members.domain import sql
from members.domain.events.intake import Result, record_events
from members.domain.people.importing import AlreadyUndone
from members.domain.registry import registry
from members.enums import ImportState
from members.models import EventImport

CHUNK = 500
SHOWN_MAX = 20
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_YES_OR_NO = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class BadImport(Exception):
    """A file or mapping that cannot be read at all."""


@dataclass
class Imported:
    """What became of the lines; `refused` holds the first of (line, sentence)."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    made: EventImport | None = field(default=None, compare=False)

    def take(self, line: int, result: Result) -> None:
        if result.verdict == "accepted":
            self.accepted += 1
        elif result.verdict == "duplicate":
            self.duplicates += 1
        else:
            self.refuse(line, f"{result.pointer}: {result.sentence}")

    def refuse(self, line: int, sentence: str) -> None:
        self.rejected += 1
        if len(self.refused) < SHOWN_MAX:
            self.refused.append((line, sentence))


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row of a CSV file that no event can be made of; the sentence says why."""

    sentence: str


def import_events(
    *,
    path: Path,
    mapping: Path | None,
    now: datetime,
    dry_run: bool = False,
    after_line: int = 0,
    is_quiet: bool = True,
    is_judged: bool = True,
    progress: Callable[[int, int], object] = lambda _line, _count: None,
) -> Imported:
    """Report every line of a JSONL file of CloudEvents, or of a CSV file by way of a mapping.

    Running it again is safe: what was filed before is counted as duplicate. `after_line` skips lines that are known
    to be done, `progress(line, count)` is told after each chunk. Quietly, nobody gets a message, those whom the events
    bring get no welcome, and no referral moves on; not judged, rules and counters never hear of them. What came in is
    kept, so that it can be undone. Raises BadImport.
    """
    done = Imported()
    if not dry_run:
        done.made = _opened(path, mapping, now=now, is_quiet=is_quiet, is_judged=is_judged)
    chunk: list[tuple[int, bytes | BadRow]] = []

    def file() -> None:
        items = [raw for _, raw in chunk if isinstance(raw, bytes)]
        results = iter(filed(items, done.made, now))
        for line, raw in chunk:
            if isinstance(raw, BadRow):
                done.refuse(line, raw.sentence)
            else:
                done.take(line, next(results))
        progress(chunk[-1][0], len(chunk))
        chunk.clear()

    with path.open("rb") as opened:
        for line, raw in items_of(opened, name=path.name, mapping=_words_of(mapping)):
            if line <= after_line:
                continue
            chunk.append((line, raw))
            if len(chunk) == CHUNK:
                file()
        if chunk:
            file()
    if done.made is not None:
        EventImport.objects.filter(pk=done.made.pk).update(
            finished_at=now, state=ImportState.DONE, accepted=done.accepted, duplicates=done.duplicates,
            rejected=done.rejected,
        )  # fmt: skip
    return done


def _opened(path: Path, mapping: Path | None, *, now: datetime, is_quiet: bool, is_judged: bool) -> EventImport:
    """The import of this content that was broken off, else a new one."""
    digest = digest_of(path, mapping)
    return unfinished(digest) or EventImport.objects.create(
        name=path.name[:200], digest=digest, made_at=now, is_quiet=is_quiet, is_judged=is_judged,
        state=ImportState.WRITING,
    )  # fmt: skip


def unfinished(digest: str) -> EventImport | None:
    """The import of this content that has not come to its end."""
    return EventImport.objects.filter(
        digest=digest, finished_at__isnull=True, undone_at__isnull=True, is_tried=False
    ).first()


def filed(items: list[bytes], made: EventImport | None, now: datetime) -> list[Result]:
    """What became of the items; what came in is kept with it, and nothing where it is only tried."""
    if made is None or made.is_tried:
        return record_events(items=items, allowed_sources=None, now=now, dry_run=True).results
    with transaction.atomic():
        results = record_events(
            items=items, allowed_sources=None, now=now, is_quiet=made.is_quiet, is_judged=made.is_judged
        ).results
        came = [(r.event_id, made.pk) for r in results if r.verdict == "accepted" and r.event_id is not None]
        sql.insert("members_importedevent", {"event_id": "bigint", "of_id": "bigint"}, came)
    return results


def undo_event_import(
    *, import_id: int, now: datetime, actor: str = "", by: AbstractBaseUser | None = None
) -> Withdrawn:
    """Take back everything that the events of an import have paid, to whomever, and keep them from paying more.

    The events stay on the timeline. Broken off, it is taken up again by the next call; raises AlreadyUndone after.
    """
    made = EventImport.objects.get(pk=import_id)
    if made.undone_at is not None:
        raise AlreadyUndone("This import was undone before.")
    total, last = Withdrawn(0, 0, 0), 0
    while ids := list(
        made.events.filter(event_id__gt=last).order_by("event_id").values_list("event_id", flat=True)[:CHUNK]
    ):
        part = withdraw(event_ids=ids, cause=f"import of events {made.pk} undone", now=now, actor=actor)
        total = Withdrawn(total.reversed + part.reversed, total.stopped + part.stopped, total.lost + part.lost)
        last = ids[-1]
    EventImport.objects.filter(pk=made.pk, undone_at__isnull=True).update(
        undone_at=now, undone_by_id=by.pk if by is not None else None
    )
    return total


def digest_of(*paths: Path | None) -> str:
    """What tells one import from another: the content of its file and its mapping, whatever they are called."""
    parts = []
    for path in paths:
        if path is not None:
            with path.open("rb") as file:
                parts.append(hashlib.file_digest(file, "sha256").digest())
    return digest_of_parts(*parts)


def digest_of_parts(*digests: bytes) -> str:
    """One digest of a file's and a mapping's."""
    return hashlib.sha256(b"".join(digests)).hexdigest()


def items_of(file: IO[bytes], *, name: str, mapping: str | None) -> Iterator[tuple[int, bytes | BadRow]]:
    """The events of a file by their lines: JSONL, or CSV (by its name) by way of a mapping. Raises BadImport."""
    if not name.lower().endswith(".csv"):
        for number, raw in enumerate(file, 1):
            if raw.strip():
                yield number, raw.strip()
        return
    if mapping is None:
        raise BadImport("A CSV file needs a mapping: --mapping FILE.yaml says which column is what.")
    try:
        # Spreadsheets begin a file with a mark of its encoding.
        yield from _from_csv((line.decode("utf-8-sig") for line in file), read_mapping(mapping))
    except UnicodeDecodeError as error:
        raise BadImport(f"{name} is not UTF-8; save it as that first.") from error
    except csv.Error as error:
        raise BadImport(f"{name} is no CSV: {error}.") from error


def _words_of(mapping: Path | None) -> str | None:
    try:
        return mapping.read_text(encoding="utf-8") if mapping is not None else None
    except (OSError, UnicodeDecodeError) as error:
        raise BadImport(f"The mapping cannot be read: {error}") from error


def read_mapping(words: str) -> dict[str, Any]:
    """What each part of an event is filled with. Raises BadImport."""
    try:
        mapping = yaml.safe_load(words)
    except yaml.YAMLError as error:
        raise BadImport(f"The mapping cannot be read: {error}") from error
    if not isinstance(mapping, dict) or not isinstance(mapping.get("data") or {}, dict):
        raise BadImport("The mapping says source, id, type, subject, time, space and data, each as name: text.")
    missing = {"source", "id", "type", "subject"} - set(mapping)
    if missing:
        raise BadImport(f"The mapping must say source, id, type and subject; missing: {', '.join(sorted(missing))}.")
    return mapping


def _from_csv(lines: Iterable[str], mapping: dict[str, Any]) -> Iterator[tuple[int, bytes | BadRow]]:
    """Fill the mapping's texts with a row's columns, as in `id: "order-{order_no}"`; data by the type's schema."""
    registry.refresh()
    rows = csv.reader(lines)
    columns = next(rows, [])
    for cells in rows:
        if not cells:
            continue
        if len(cells) != len(columns):
            yield (
                rows.line_num,
                BadRow(f"The row has {len(cells)} columns, but the first row names {len(columns)}."),
            )
            continue
        yield rows.line_num, _filled(mapping, dict(zip(columns, cells, strict=True)))


def _filled(mapping: dict[str, Any], row: dict[str, str]) -> bytes:
    try:
        item = {name: str(mapping[name]).format(**row) for name in ("source", "id", "type", "subject")}
        if "time" in mapping:
            item["time"] = str(mapping["time"]).format(**row)
        # A cell without a space is an event without one.
        if space := str(mapping.get("space", "")).format(**row):
            item["space"] = space
        data = {name: str(text).format(**row) for name, text in (mapping.get("data") or {}).items()}
    except KeyError as error:
        raise BadImport(f"The file has no column {error}; it has {', '.join(row)}.") from error
    except (AttributeError, IndexError, ValueError) as error:
        raise BadImport(f"A text of the mapping cannot be filled: {error}; name columns as {{this}}.") from error
    return json.dumps({**item, "data": _typed(item["type"], data)}).encode()


def _typed(type_code: str, data: dict[str, str]) -> dict[str, Any]:
    """Columns are texts; numbers and yes/no become what the schema expects, empty ones are left out."""
    schema = registry.schemas.get(type_code)
    typed: dict[str, Any] = {}
    for name, text in data.items():
        kind = schema.fields[name].type if schema is not None and name in schema.fields else "string"
        if not text and kind != "string":
            continue
        if kind == "int" and _WHOLE.fullmatch(text):
            typed[name] = int(text)
        elif kind == "bool" and text.strip().lower() in _YES_OR_NO:
            typed[name] = _YES_OR_NO[text.strip().lower()]
        elif kind == "strings":
            typed[name] = [part for part in text.split("|") if part]
        else:
            typed[name] = text
    return typed
