"""Tells a member's timeline what has to do with their conduct; no name and no words of anybody stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from members.domain.events.writers import write_outcomes
from members.domain.outcomes import INTERNAL_SOURCE
from members.domain.registry import registry
from members.lanes import lane_of


def tell(code: str, member_id: int, said: Mapping[str, Any] | None = None, *, now: datetime) -> None:
    registry.refresh()
    kind, source = registry.types[code].id, registry.sources[INTERNAL_SOURCE].id
    data = msgspec.json.encode(said).decode() if said else None
    write_outcomes([(member_id, kind, source, None, now, now, data, lane_of(member_id))])
