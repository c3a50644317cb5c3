"""Privileges and their grounds, kept in memory for two seconds: asking whether somebody may costs no look at them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models.signals import post_delete, post_save

from incentives.domain.privileges.attention import for_sale
from incentives.models import Privilege, PrivilegeGround

SECONDS_FRESH = 2.0


@dataclass(frozen=True, slots=True)
class Ground:
    """Why members hold a privilege; a tier by its ladder and threshold, so that higher ones hold it too."""

    id: int
    kind: str
    quota: int | None
    ladder_id: int | None
    threshold: int | None
    tier_names: Mapping[str, str]
    is_beginning: bool
    badge_id: int | None
    badge_names: Mapping[str, str]
    segment_id: int | None
    role_id: int | None
    role_names: Mapping[str, str]
    currency_id: int | None
    currency: str
    currency_names: Mapping[str, str]
    scale: int
    price: int
    bought_max: int | None


@dataclass(frozen=True, slots=True)
class Definition:
    """A privilege with its grounds."""

    id: int
    code: str
    names: Mapping[str, str]
    texts: Mapping[str, str]
    kind: str
    way: str
    quota: int | None
    every: str
    promise_hours: int | None
    grant_days: int | None
    asks: bool
    takes_attention: bool | None
    places: int | None
    is_active: bool
    grounds: tuple[Ground, ...]

    def for_sale(self) -> int | None:
        """How many all buyers together may have in a period; None for as many as they like."""
        return for_sale(takes_attention=self.takes_attention, places=self.places)


class _Shelf:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = 0.0
        self._name = ""
        self._found: dict[str, Definition] = {}

    def definitions(self) -> dict[str, Definition]:
        name = str(connection.settings_dict["NAME"])
        if name != self._name or time.monotonic() - self._read_at >= SECONDS_FRESH:
            with self._lock:
                self._found, self._name, self._read_at = read(), name, time.monotonic()
        return self._found

    def forget(self) -> None:
        self._read_at = 0.0


_shelf = _Shelf()


def remembered() -> dict[str, Definition]:
    """Every privilege by code, as it was at most two seconds ago."""
    return _shelf.definitions()


def forget(*_: Any, **__: Any) -> None:
    """Make the next look a fresh one; for changes made in this process, and for tests."""
    _shelf.forget()


def watch() -> None:
    """Look again after every change of this process; called once, when the apps are ready."""
    for model in (Privilege, PrivilegeGround):
        post_save.connect(forget, sender=model, dispatch_uid=f"{model.__name__} saved, privileges")
        post_delete.connect(forget, sender=model, dispatch_uid=f"{model.__name__} deleted, privileges")


def read(**which: Any) -> dict[str, Definition]:
    """Privileges by code from the database: two queries."""
    found = Privilege.objects.filter(**which).order_by("pk")
    grounds: dict[int, list[Ground]] = {}
    rows = (
        PrivilegeGround.objects.filter(privilege__in=found)
        .select_related("tier", "badge", "role", "currency")
        .order_by("pk")
    )
    for row in rows:
        grounds.setdefault(row.privilege_id, []).append(_ground(row))
    return {row.code: _definition(row, tuple(grounds.get(row.pk, ()))) for row in found}


def _definition(row: Privilege, grounds: tuple[Ground, ...]) -> Definition:
    return Definition(
        row.pk, row.code, row.names, row.texts, row.kind, row.way, row.quota, row.every, row.promise_hours,
        row.grant_days, row.asks, row.takes_attention, row.places, row.is_active, grounds,
    )  # fmt: skip


def _ground(row: PrivilegeGround) -> Ground:
    tier, badge, role, currency = row.tier, row.badge, row.role, row.currency
    return Ground(
        id=row.pk,
        kind=row.kind,
        quota=row.quota,
        ladder_id=tier.ladder_id if tier else None,
        threshold=tier.threshold if tier else None,
        tier_names=(tier.names or {"en": tier.code}) if tier else {},
        is_beginning=tier is not None and tier.is_beginning,
        badge_id=row.badge_id,
        badge_names=(badge.names or {"en": badge.code}) if badge else {},
        segment_id=row.segment_id,
        role_id=row.role_id,
        role_names=(role.names or {"en": role.code}) if role else {},
        currency_id=row.currency_id,
        currency=currency.code if currency else "",
        currency_names=(currency.names or {"en": currency.code}) if currency else {},
        scale=currency.scale if currency else 0,
        price=row.price or 0,
        bought_max=row.bought_max,
    )
