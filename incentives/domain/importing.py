"""Events from files: the same checks and the same promise as the API, with progress and resume."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from members.domain.events.intake import Result, record_events
from members.domain.registry import registry

CHUNK = 500
SHOWN_MAX = 20
_YES_OR_NO = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_WHOLE = re.compile(r"-?[0-9]{1,18}")


class BadImport(Exception):
    """A file or mapping that cannot be read at all."""


@dataclass(frozen=True)
class Ragged:
    """A row that has not as many values as the file has columns."""

    columns: int

    @property
    def result(self) -> Result:
        sentence = f"The row has not as many values as there are columns, {self.columns}."
        return Result(verdict="rejected", code="ragged", sentence=sentence)


@dataclass
class Imported:
    """What became of the lines; `refused` holds the first of (line, sentence)."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    def take(self, line: int, result: Result) -> None:
        if result.verdict == "accepted":
            self.accepted += 1
        elif result.verdict == "duplicate":
            self.duplicates += 1
        else:
            self.rejected += 1
            if len(self.refused) < SHOWN_MAX:
                self.refused.append((line, f"{result.pointer}: {result.sentence}"))


def import_events(
    *,
    path: Path,
    mapping: Path | None,
    now: datetime,
    dry_run: bool = False,
    after_line: int = 0,
    progress: Callable[[int, int], object] = lambda _line, _count: None,
) -> Imported:
    """Report every line of a JSONL file of CloudEvents, or of a CSV file by way of a mapping.

    Running it again is safe: what was filed before is counted as duplicate. `after_line` skips lines that are known
    to be done, `progress(line, count)` is told after each chunk. Raises BadImport.
    """
    done = Imported()
    chunk: list[tuple[int, bytes | Ragged]] = []

    def file() -> None:
        items = [raw for _, raw in chunk if isinstance(raw, bytes)]
        results = iter(record_events(items=items, allowed_sources=None, now=now, dry_run=dry_run).results)
        for line, raw in chunk:
            done.take(line, next(results) if isinstance(raw, bytes) else raw.result)
        progress(chunk[-1][0], len(chunk))
        chunk.clear()

    for line, raw in _items(path, mapping):
        if line <= after_line:
            continue
        chunk.append((line, raw))
        if len(chunk) == CHUNK:
            file()
    if chunk:
        file()
    return done


def digest_of(*paths: Path | None) -> str:
    """What tells one import from another: the content of its file and its mapping, whatever they are called."""
    digest = hashlib.sha256()
    for path in paths:
        if path is not None:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _items(path: Path, mapping: Path | None) -> Iterator[tuple[int, bytes | Ragged]]:
    if path.suffix == ".csv":
        if mapping is None:
            raise BadImport("A CSV file needs a mapping: --mapping FILE.yaml says which column is what.")
        try:
            yield from _from_csv(path, _read_mapping(mapping))
        except UnicodeDecodeError as error:
            raise BadImport(f"{path.name} is not UTF-8; save it as that first.") from error
        except csv.Error as error:
            raise BadImport(f"{path.name} is no CSV: {error}.") from error
        return
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            if raw.strip():
                yield number, raw.strip()


def _read_mapping(path: Path) -> dict[str, Any]:
    try:
        mapping = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadImport(f"The mapping cannot be read: {error}") from error
    if not isinstance(mapping, dict) or not isinstance(mapping.get("data") or {}, dict):
        raise BadImport("The mapping says source, id, type, subject, time and data, each as name: text.")
    missing = {"source", "id", "type", "subject"} - set(mapping)
    if missing:
        raise BadImport(f"The mapping must say source, id, type and subject; missing: {', '.join(sorted(missing))}.")
    return mapping


def _from_csv(path: Path, mapping: dict[str, Any]) -> Iterator[tuple[int, bytes | Ragged]]:
    """Fill the mapping's texts with a row's columns, as in `id: "order-{order_no}"`; data by the type's schema."""
    registry.refresh()
    # Spreadsheets begin a file with a mark of its encoding.
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            if None in row or None in row.values():
                yield reader.line_num, Ragged(len(reader.fieldnames or ()))
                continue
            try:
                item = {name: str(mapping[name]).format(**row) for name in ("source", "id", "type", "subject")}
                if "time" in mapping:
                    item["time"] = str(mapping["time"]).format(**row)
                data = {name: str(text).format(**row) for name, text in (mapping.get("data") or {}).items()}
            except KeyError as error:
                raise BadImport(
                    f"The file has no column {error}; it has {', '.join(reader.fieldnames or [])}."
                ) from error
            except (AttributeError, IndexError, ValueError) as error:
                raise BadImport(
                    f"A text of the mapping cannot be filled: {error}; name columns as {{this}}."
                ) from error
            yield reader.line_num, json.dumps({**item, "data": _typed(item["type"], data)}).encode()


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
