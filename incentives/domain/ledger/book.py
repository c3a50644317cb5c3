"""The only module that decides what is posted. It works in memory on locked accounts; a writer puts it down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from incentives.bounds import AMOUNT_MAX
from incentives.domain.ledger import keys
from incentives.domain.ledger.rows import AccountState, EntryRow, JournalRow, LotState
from incentives.enums import Bucket, Contra, JournalKind
from incentives.models import NEVER

AVAILABLE, PENDING, HELD = Bucket.AVAILABLE.value, Bucket.PENDING.value, Bucket.HELD.value
ISSUED, DEDUCTED = Contra.ISSUED.value, Contra.DEDUCTED.value
EXPIRED, REVERSED = Contra.EXPIRED.value, Contra.REVERSED.value
TRANSIT, LAPSED = Contra.TRANSIT.value, Contra.LAPSED.value


class LedgerError(Exception):
    """Something the ledger refuses; the message says what to do."""


class InsufficientPoints(LedgerError):
    """There are not enough points for what was asked."""

    def __init__(self, wanted: int, available: int) -> None:
        super().__init__(f"{wanted} are needed, but only {available} are available.")
        self.wanted, self.available = wanted, available


class TooManyPoints(LedgerError):
    """A balance would grow beyond what the books can hold."""

    def __init__(self) -> None:
        super().__init__(f"A balance may hold at most {AMOUNT_MAX} of the smallest units of its currency.")


class Ids(Protocol):
    """Gives ids that nobody else gets."""

    def take(self, table: str) -> int: ...


class Waiting(Protocol):
    """An award that lies in `pending`; see models.PendingAward."""

    member_id: int
    currency_id: int
    amount: int
    expires_at: datetime
    event_id: int
    rule_code: str
    rule_version: int
    effect_number: int


@dataclass(slots=True)
class Book:
    """The accounts of one transaction, locked, with what has been decided and not yet written.

    All amounts are positive minor units; the operation says which way they go.
    """

    accounts: dict[tuple[int, int, int], AccountState]
    ids: Ids
    posted_at: datetime
    find_lot: Callable[[AccountState, str, datetime], LotState | None]
    journals: list[JournalRow] = field(default_factory=list)
    entries: list[EntryRow] = field(default_factory=list)
    new_lots: list[LotState] = field(default_factory=list)

    def account(self, member_id: int, currency_id: int, bucket: int = AVAILABLE) -> AccountState:
        return self.accounts[member_id, currency_id, bucket]

    def balance(self, member_id: int, currency_id: int) -> int:
        """The running available balance, what was decided in this book included."""
        return self.accounts[member_id, currency_id, AVAILABLE].balance

    def award(
        self,
        *,
        member_id: int,
        currency_id: int,
        amount: int,
        key: bytes,
        effective_at: datetime,
        expires_at: datetime = NEVER,
        event_id: int | None = None,
        rule_code: str = "",
        rule_version: int | None = None,
        effect_number: int | None = None,
        run: int = 0,
        kind: int = JournalKind.AWARD.value,
        contra: int = ISSUED,
        actor: str = "",
        pool: str = "",
        bucket: int = AVAILABLE,
    ) -> int:
        """Add points and return the journal's id.

        A debt is paid first; what expired before it was posted expires at once. In `pending` neither happens: it is
        not the member's yet.
        """
        assert 0 < amount <= AMOUNT_MAX, "an award adds points; what takes them back is another operation"
        account = self.accounts[member_id, currency_id, bucket]
        journal_id = self.ids.take("journal")
        self.journals.append(
            JournalRow(
                journal_id,
                member_id,
                currency_id,
                key,
                kind,
                effective_at,
                event_id,
                rule_code,
                rule_version,
                effect_number,
                run,
                None,
                None,
                actor,
                None,
            )
        )
        rest = amount
        if account.balance < 0:
            rest = self._pay_debt(account, journal_id, contra, rest)
        if rest:
            lot = self._lot(account, pool, expires_at)
            lot.granted += rest
            self._enter(account, journal_id, contra, lot, rest)
            if expires_at <= self.posted_at and bucket == AVAILABLE:
                self._expire_at_once(account, lot, rest, key, effective_at)
        return journal_id

    def mature(self, waiting: Waiting, *, key: bytes, effective_at: datetime) -> int:
        """Unlock an award that waited, and return the journal's id. What expired meanwhile expires now."""
        journal_id = self._settle(waiting, JournalKind.MATURE, TRANSIT, key, effective_at)
        account = self.accounts[waiting.member_id, waiting.currency_id, AVAILABLE]
        self.put(account, journal_id, TRANSIT, waiting.amount, expires_at=waiting.expires_at)
        self.expire_due(account, self.posted_at)
        return journal_id

    def lapse(self, waiting: Waiting, *, key: bytes, effective_at: datetime) -> int:
        """Let go of an award that what it waited for never made sure, and return the journal's id."""
        return self._settle(waiting, JournalKind.LAPSE, LAPSED, key, effective_at)

    def _settle(self, waiting: Waiting, kind: JournalKind, contra: int, key: bytes, effective_at: datetime) -> int:
        """Take an award out of `pending`, under the name of the rule that made it."""
        account = self.accounts[waiting.member_id, waiting.currency_id, PENDING]
        journal_id = self.open_journal(
            member_id=waiting.member_id,
            currency_id=waiting.currency_id,
            key=key,
            kind=kind.value,
            effective_at=effective_at,
            event_id=waiting.event_id,
            rule_code=waiting.rule_code,
            rule_version=waiting.rule_version,
            effect_number=waiting.effect_number,
        )
        lot = account.lots["", waiting.expires_at, False]
        self.take_lot(account, journal_id, contra, lot, waiting.amount)
        return journal_id

    def deduct(
        self,
        *,
        member_id: int,
        currency_id: int,
        amount: int,
        key: bytes,
        effective_at: datetime,
        floor: int = 0,
        when_short: Literal["cut", "skip"] = "cut",
        event_id: int | None = None,
        rule_code: str = "",
        rule_version: int | None = None,
        effect_number: int | None = None,
        run: int = 0,
    ) -> int:
        """Take points by rule and return how many: never below the floor, the rest is recorded as wanted.

        What is due to expire does so first: it is not there to be taken.
        """
        account = self.accounts[member_id, currency_id, AVAILABLE]
        self.expire_due(account, self.posted_at)
        there = max(0, account.balance - max(0, floor))
        taken = amount if amount <= there else there if when_short == "cut" else 0
        if not taken:
            return 0
        journal_id = self.ids.take("journal")
        self.journals.append(
            JournalRow(
                journal_id,
                member_id,
                currency_id,
                key,
                JournalKind.DEDUCT.value,
                effective_at,
                event_id,
                rule_code,
                rule_version,
                effect_number,
                run,
                None,
                None,
                "",
                amount if taken < amount else None,
            )
        )
        self.draw(account, journal_id, DEDUCTED, taken)
        return taken

    def open_journal(
        self,
        *,
        member_id: int,
        currency_id: int,
        key: bytes,
        kind: int,
        effective_at: datetime,
        reverses_id: int | None = None,
        movement: int | None = None,
        actor: str = "",
        wanted: int | None = None,
        event_id: int | None = None,
        rule_code: str = "",
        rule_version: int | None = None,
        effect_number: int | None = None,
    ) -> int:
        """Begin a journal whose entries follow, and return its id."""
        journal_id = self.ids.take("journal")
        self.journals.append(
            JournalRow(
                journal_id,
                member_id,
                currency_id,
                key,
                kind,
                effective_at,
                event_id,
                rule_code,
                rule_version,
                effect_number,
                0,
                reverses_id,
                movement,
                actor,
                wanted,
            )
        )
        return journal_id

    def put(
        self, account: AccountState, journal_id: int, contra: int, amount: int, *, expires_at: datetime, pool: str = ""
    ) -> None:
        """Add to the lot of an expiry. A debt is paid first, so that debt and points never stand side by side."""
        rest = self._pay_debt(account, journal_id, contra, amount) if account.balance < 0 else amount
        if rest:
            lot = self._lot(account, pool, expires_at)
            lot.granted += rest
            self._enter(account, journal_id, contra, lot, rest)

    def draw(
        self,
        account: AccountState,
        journal_id: int,
        contra: int,
        amount: int,
        *,
        first: datetime | None = None,
    ) -> list[tuple[LotState, int]]:
        """Take from the lots, soonest to expire first (`first` names an expiry to be used before all others).

        Returns what was taken from which lot. The caller has made sure that there is enough.
        """
        parts: list[tuple[LotState, int]] = []
        rest = amount
        for lot in _open_lots(account, first):
            taken = min(rest, lot.remaining)
            self._enter(account, journal_id, contra, lot, -taken)
            parts.append((lot, taken))
            rest -= taken
            if not rest:
                return parts
        assert not rest, f"account {account.id} was asked for {amount} and had {amount - rest}"
        return parts

    def owe(self, account: AccountState, journal_id: int, contra: int, amount: int) -> None:
        """Take what is not there, as debt; only reversals do."""
        self._enter(account, journal_id, contra, self._lot(account, "", NEVER, is_debt=True), -amount)

    def take_lot(self, account: AccountState, journal_id: int, contra: int, lot: LotState, amount: int) -> None:
        """Take from one lot."""
        assert 0 < amount <= lot.remaining
        self._enter(account, journal_id, contra, lot, -amount)

    def expire_due(self, account: AccountState, now: datetime) -> int:
        """Expire what remains in lots whose moment has come; return how many. Nobody can spend it meanwhile."""
        due = [lot for lot in account.lots.values() if lot.expires_at <= now and lot.remaining > 0]
        for lot in sorted(due, key=lambda each: (each.expires_at, each.id)):
            self.expire_lot(account, lot, due_at=lot.expires_at)
        return len(due)

    def expire_lot(self, account: AccountState, lot: LotState, *, due_at: datetime) -> None:
        """Expire what remains in one lot."""
        journal_id = self.open_journal(
            member_id=account.member_id,
            currency_id=account.currency_id,
            # The account's own numbering is part of the key: points that come back late expire again.
            key=keys.of_expiry(lot.id, due_at, account.sequence),
            kind=JournalKind.EXPIRE.value,
            effective_at=due_at,
        )
        self._enter(account, journal_id, EXPIRED, lot, -lot.remaining)

    def _pay_debt(self, account: AccountState, journal_id: int, contra: int, amount: int) -> int:
        debt = account.lots.get(("", NEVER, True))
        if debt is None or debt.remaining == 0:
            return amount
        paid = min(amount, -debt.remaining)
        self._enter(account, journal_id, contra, debt, paid)
        return amount - paid

    def _expire_at_once(
        self, account: AccountState, lot: LotState, amount: int, key: bytes, effective_at: datetime
    ) -> None:
        journal_id = self.open_journal(
            member_id=account.member_id,
            currency_id=account.currency_id,
            key=bytes(255 - byte for byte in key),
            kind=JournalKind.EXPIRE.value,
            effective_at=max(effective_at, lot.expires_at),
        )
        self._enter(account, journal_id, EXPIRED, lot, -amount)

    def _lot(self, account: AccountState, pool: str, expires_at: datetime, *, is_debt: bool = False) -> LotState:
        lot = account.lots.get((pool, expires_at, is_debt))
        if lot is None and expires_at <= self.posted_at:
            lot = self.find_lot(account, pool, expires_at)
        if lot is None:
            lot = LotState(self.ids.take("lot"), account.id, pool, expires_at, is_debt, 0, 0, is_new=True)
            account.lots[pool, expires_at, is_debt] = lot
            self.new_lots.append(lot)
        return lot

    def _enter(self, account: AccountState, journal_id: int, contra: int, lot: LotState, amount: int) -> None:
        if account.balance + amount > AMOUNT_MAX:
            raise TooManyPoints
        account.balance += amount
        account.sequence += 1
        account.is_moved = True
        lot.remaining += amount
        lot.is_moved = True
        self.entries.append(
            EntryRow(
                self.ids.take("entry"),
                journal_id,
                account.member_id,
                account.id,
                contra,
                lot.id,
                amount,
                account.sequence,
                account.balance,
                self.posted_at,
            )
        )


def _open_lots(account: AccountState, first: datetime | None) -> Iterator[LotState]:
    lots = [lot for lot in account.lots.values() if lot.remaining > 0]
    if len(lots) > 1:
        lots.sort(key=lambda lot: (lot.expires_at != first, lot.expires_at, lot.pool, lot.id))
    return iter(lots)
