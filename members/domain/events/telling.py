"""Tells timelines what we did ourselves, in the transaction that did it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from members.domain.events.writers import write_outcomes
from members.domain.outcomes import INTERNAL_SOURCE
from members.domain.registry import registry
from members.lanes import lane_of

# Whose timeline it is, and what is said there.
Told = tuple[int, Mapping[str, Any]]


def tell(code: str, told: Iterable[Told], *, now: datetime, is_quiet: bool = False) -> bool:
    """Record one event of our own for each; rules may listen, so each is work as well. False if there was none.

    Quietly, no message is written about it.

    Whoever may wake the workers does so after; see `incentives.domain.pump.hints`.
    """
    return bool(tell_each(code, told, now=now, is_quiet=is_quiet))


def tell_each(
    code: str, told: Iterable[Told], *, now: datetime, source_id: int | None = None, is_quiet: bool = False
) -> list[int]:
    """Do the same and return the events' numbers, in order. With a source, it stands there as that source's event."""
    return _write(code, ((member_id, said, now) for member_id, said in told), now, source_id, is_quiet=is_quiet)


def tell_of(code: str, told: Iterable[tuple[int, Mapping[str, Any], datetime]], *, now: datetime) -> bool:
    """Like `tell`, of something that happened before now: each says when."""
    return bool(_write(code, told, now))


def tell_each_of(code: str, told: Iterable[tuple[int, Mapping[str, Any], datetime]], *, now: datetime) -> list[int]:
    """Do the same and return the events' numbers, in order."""
    return _write(code, told, now)


def _write(
    code: str,
    told: Iterable[tuple[int, Mapping[str, Any], datetime]],
    now: datetime,
    source_id: int | None = None,
    *,
    is_quiet: bool = False,
) -> list[int]:
    registry.refresh()
    kind = registry.types[code].id
    source = registry.sources[INTERNAL_SOURCE].id if source_id is None else source_id
    rows = [
        (
            member_id,
            kind,
            source,
            None,
            moment,
            now,
            msgspec.json.encode(said).decode() if said else None,
            lane_of(member_id),
        )
        for member_id, said, moment in told
    ]
    return write_outcomes(rows, is_quiet=is_quiet)
