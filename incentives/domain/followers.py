"""Apps above this one that keep something about people: they are asked when somebody is erased, merged or taken out.

Each is a module named in `settings.FOLLOWERS` with `forget(member_id, *, now)`, `join(survivor_id, merged_id, *, now)`
and `data_of(member)`, called in the transaction that does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from typing import Any

from django.conf import settings

from members.models import Member


def forget(member_id: int, *, now: datetime) -> None:
    for follower in _followers():
        follower.forget(member_id, now=now)


def join(survivor_id: int, merged_id: int, *, now: datetime) -> None:
    for follower in _followers():
        follower.join(survivor_id, merged_id, now=now)


def data_of(member: Member) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for follower in _followers():
        found |= follower.data_of(member)
    return found


def _followers() -> Iterator[Any]:
    return (import_module(name) for name in settings.FOLLOWERS)
