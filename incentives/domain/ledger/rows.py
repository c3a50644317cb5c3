"""Finished rows on their way to the database, and the state they are worked out from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

LotKey = tuple[str, datetime, bool]


@dataclass(slots=True)
class LotState:
    id: int
    account_id: int
    pool: str
    expires_at: datetime
    is_debt: bool
    granted: int
    remaining: int
    is_new: bool = False
    is_moved: bool = False


@dataclass(slots=True)
class AccountState:
    id: int
    member_id: int
    currency_id: int
    bucket: int
    balance: int
    sequence: int
    lower_bound: int
    posted_at: datetime | None
    lots: dict[LotKey, LotState] = field(default_factory=dict)
    is_moved: bool = False


class JournalRow(NamedTuple):
    id: int
    member_id: int
    currency_id: int
    key: bytes
    kind: int
    effective_at: datetime
    event_id: int | None
    rule_code: str
    rule_version: int | None
    effect_number: int | None
    run: int
    reverses_id: int | None
    movement: int | None
    actor: str
    wanted: int | None


class EntryRow(NamedTuple):
    id: int
    journal_id: int
    member_id: int
    account_id: int
    contra: int
    lot_id: int
    amount: int
    sequence: int
    balance_after: int
    posted_at: datetime
