"""Event types and sources by code, kept in memory until they change."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from members.domain.events.schemas import DataSchema, parse_schema
from members.models import EventType, MessageTemplate, Source

SECONDS_FRESH = 2.0


@dataclass(frozen=True, slots=True)
class KnownType:
    id: int
    code: str
    schema: DataSchema
    is_internal: bool


@dataclass(frozen=True, slots=True)
class KnownSource:
    id: int
    code: str
    creates_members: bool
    is_internal: bool
    creates_spaces: bool = False


class Registry:
    """What this process knows about types and sources, at most two seconds old.

    An item that names something unknown makes it look again at once, so registering a type and reporting it
    right after works in every process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = 0.0
        self.types: dict[str, KnownType] = {}
        self.types_by_id: dict[int, KnownType] = {}
        self.schemas: dict[str, DataSchema] = {}
        self.sources: dict[str, KnownSource] = {}
        # The types, by id, that some message template in use listens to.
        self.heard: frozenset[int] = frozenset()

    def refresh(self, *, force: bool = False) -> None:
        if not force and time.monotonic() - self._read_at < SECONDS_FRESH:
            return
        with self._lock:
            self._read()

    def forget(self) -> None:
        """Make the next look a fresh one; for changes made in this process, and for tests."""
        self._read_at = 0.0

    def _read(self) -> None:
        types: dict[str, KnownType] = {}
        heard = set()
        listening = Exists(MessageTemplate.objects.filter(event_type=OuterRef("pk"), is_active=True))
        found = EventType.objects.annotate(is_heard=listening)
        for *row, is_heard in found.values_list("id", "code", "schema", "is_internal", "is_heard"):
            if is_heard:
                heard.add(row[0])
            known = self.types.get(row[1])
            if known is None or known.id != row[0] or known.schema.document != row[2]:
                known = KnownType(row[0], row[1], parse_schema(row[1], row[2]), row[3])
            types[row[1]] = known
        self.sources = {
            row.code: KnownSource(
                row.pk, row.code, row.unknown_members == "create", row.is_internal, row.unknown_spaces == "create"
            )
            for row in Source.objects.all()
        }
        self.heard = frozenset(heard)
        self.types = types
        self.types_by_id = {known.id: known for known in types.values()}
        self.schemas = {code: known.schema for code, known in types.items() if not known.is_internal}
        self._read_at = time.monotonic()


registry = Registry()
