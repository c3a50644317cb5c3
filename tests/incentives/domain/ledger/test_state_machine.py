"""The ledger against a model that fits on a page: whatever is done in whatever order, both have the same books."""

from __future__ import annotations

import copy
import os
import secrets
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from incentives.domain import ledger
from incentives.domain.ledger import operations, store
from incentives.domain.ledger.operations import expiring
from incentives.domain.ledger.verify import verify
from incentives.enums import Bucket, HoldState
from incentives.models import NEVER, Account, Hold, Journal, Lot
from tests import factories

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DEBT_LIMIT, FLOOR = 20, 2
MEMBERS = ("ada", "bo")
REFUSALS = (ledger.LedgerError,)


class Refused(Exception):
    """The model's own refusal; whatever was changed on the way is undone."""


@dataclass
class Purse:
    """What a member has: amounts by expiry, what is set aside, and what is owed. The whole model of an account."""

    lots: dict[datetime, int] = field(default_factory=lambda: defaultdict(int))
    held: dict[datetime, int] = field(default_factory=lambda: defaultdict(int))
    debt: int = 0

    @property
    def balance(self) -> int:
        return sum(self.lots.values()) - self.debt

    def give(self, amount: int, expires_at: datetime) -> None:
        """Whatever comes in pays a debt first."""
        paid = min(self.debt, amount)
        self.debt -= paid
        self.lots[expires_at] += amount - paid

    def take(self, amount: int, first: datetime | None = None) -> list[tuple[datetime, int]]:
        """Take the soonest to expire first, `first` before all others."""
        if amount > self.balance:
            raise Refused
        parts = []
        for expires_at in sorted(self.lots, key=lambda each: (each != first, each)):
            part = min(amount, self.lots[expires_at])
            if part:
                parts.append((expires_at, part))
                self.lots[expires_at] -= part
                amount -= part
        assert not amount
        return parts

    def expire(self, now: datetime) -> int:
        """Drop what is due and say how many lots had something left."""
        due = [expires_at for expires_at, amount in self.lots.items() if expires_at <= now and amount]
        for expires_at in due:
            self.lots[expires_at] = 0
        return len(due)


@dataclass
class Posted:
    """A journal that may be reversed: whose it is, and what it did to which lots."""

    id: int
    member: str
    parts: list[tuple[datetime, int]]
    expires_at: datetime
    is_reversed: bool = False


amounts = st.sampled_from([1, 2, 3, 5, 8, 13, 40])
members = st.sampled_from(MEMBERS)
days = st.sampled_from([-3, 0, 1, 3, 30, 60])


class Books(RuleBasedStateMachine):
    """Two members who earn, spend, hold, give, lose and owe points while time goes on."""

    journals = Bundle("journals")
    holds = Bundle("holds")
    done = Bundle("done")

    @initialize()
    def begin(self) -> None:
        self.block = transaction.atomic()
        self.block.__enter__()
        self.now = NOON
        # The ledger's own clock is the database's; here it is the machine's, so that time may run fast.
        self.clock, store._clock = store._clock, lambda: self.now
        self.points = factories.CurrencyFactory(debt_limit=DEBT_LIMIT, is_transferable=True)
        self.ids = {ref: factories.MemberFactory(ref=ref).pk for ref in MEMBERS}
        self.purses = {ref: Purse() for ref in MEMBERS}
        self.earned: dict[str, list[Posted]] = {ref: [] for ref in MEMBERS}
        self.open_holds: dict[object, tuple[str, list[tuple[datetime, int]], datetime]] = {}

    def teardown(self) -> None:
        if not hasattr(self, "block"):
            return
        try:
            assert [proof for proof in verify() if not proof.holds] == []
        finally:
            store._clock = self.clock
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    def both(self, real, modelled):
        """Do a thing in the ledger and in the model; either both do it, or both refuse and nothing moves."""
        before = copy.deepcopy(self.purses)
        try:
            expected = modelled()
        except Refused:
            self.purses = before
            with pytest.raises(REFUSALS):
                real()
            return None, None
        return real(), expected

    def common(self, ref):
        return {"member_id": self.ids[ref], "currency": self.points, "key": secrets.token_bytes(32), "now": self.now}

    def post_award(self, ref, amount, expires_at, key):
        with transaction.atomic():
            book = ledger.open_book(
                member_ids=[self.ids[ref]], currency_ids=[self.points.pk], lower_bounds={self.points.pk: -DEBT_LIMIT}
            )
            book.award(
                member_id=self.ids[ref], currency_id=self.points.pk, amount=amount, key=key, effective_at=self.now,
                expires_at=expires_at,
            )  # fmt: skip
            ledger.write(book)
        return Journal.objects.get(key=key).pk

    @rule(target=journals, ref=members, amount=amounts, in_days=st.none() | days)
    def award(self, ref, amount, in_days):
        expires_at = NEVER if in_days is None else self.now + timedelta(days=in_days)
        key, purse = secrets.token_bytes(32), self.purses[ref]
        journal_id = self.post_award(ref, amount, expires_at, key)
        earlier = purse.lots[expires_at]
        purse.give(amount, expires_at)
        if expires_at <= self.now:
            purse.lots[expires_at] = earlier  # It came too late and went at once.
        with pytest.raises(ledger.AlreadyPosted):
            self.post_award(ref, amount, expires_at, key)
        posted = Posted(journal_id, ref, [(expires_at, amount)], expires_at)
        self.earned[ref].append(posted)
        return posted

    @rule(target=journals, ref=members, amount=amounts, when_short=st.sampled_from(["cut", "skip"]))
    def deduct(self, ref, amount, when_short):
        key, purse = secrets.token_bytes(32), self.purses[ref]
        with transaction.atomic():
            book = ledger.open_book(
                member_ids=[self.ids[ref]], currency_ids=[self.points.pk], lower_bounds={self.points.pk: -DEBT_LIMIT}
            )
            got = book.deduct(
                member_id=self.ids[ref], currency_id=self.points.pk, amount=amount, key=key, effective_at=self.now,
                floor=FLOOR, when_short=when_short,
            )  # fmt: skip
            ledger.write(book)
        purse.expire(self.now)
        there = max(0, purse.balance - FLOOR)
        taken = amount if amount <= there else there if when_short == "cut" else 0
        assert got == taken
        if not taken:
            return multiple()
        parts = [(expires_at, -part) for expires_at, part in purse.take(taken)]
        return Posted(Journal.objects.get(key=key).pk, ref, parts, NEVER)

    @rule(target=journals, ref=members, amount=amounts)
    def spend(self, ref, amount):
        arguments = {**self.common(ref), "amount": amount}
        return self.taken(ref, amount, lambda: operations.spend(**arguments))

    @rule(target=journals, ref=members, amount=amounts)
    def adjust_down(self, ref, amount):
        arguments = {**self.common(ref), "amount": -amount, "reason": "Too many."}
        return self.taken(ref, amount, lambda: operations.adjust(**arguments))

    def taken(self, ref, amount, do):
        purse = self.purses[ref]

        def modelled():
            self.purses[ref].expire(self.now)
            return self.purses[ref].take(amount)

        moved, parts = self.both(do, modelled)
        if moved is None:
            return multiple()
        assert (moved.amount, moved.balance, moved.is_new) == (-amount, purse.balance, True)
        self.assert_again(do, moved)
        return Posted(moved.journal_id, ref, [(expires_at, -part) for expires_at, part in parts], NEVER)

    @rule(target=journals, ref=members, amount=amounts)
    def adjust_up(self, ref, amount):
        arguments = {**self.common(ref), "amount": amount, "reason": "A gift."}
        moved = operations.adjust(**arguments)
        purse = self.purses[ref]
        purse.expire(self.now)
        purse.give(amount, NEVER)
        assert (moved.amount, moved.balance) == (amount, purse.balance)
        self.assert_again(lambda: operations.adjust(**arguments), moved)
        return Posted(moved.journal_id, ref, [(NEVER, amount)], NEVER)

    @rule(payer=members, amount=amounts)
    def transfer(self, payer, amount):
        payee = next(ref for ref in MEMBERS if ref != payer)
        arguments = {**self.common(payer), "payer_id": self.ids[payer], "payee_id": self.ids[payee], "amount": amount}
        del arguments["member_id"]

        def modelled():
            self.purses[payer].expire(self.now)
            for expires_at, part in self.purses[payer].take(amount):
                self.purses[payee].give(part, expires_at)
            return self.purses[payer].balance

        moved, balance = self.both(lambda: operations.transfer(**arguments), modelled)
        if moved is not None:
            assert (moved.amount, moved.balance) == (-amount, balance)
            self.assert_again(lambda: operations.transfer(**arguments), moved)

    @rule(target=holds, ref=members, amount=amounts, in_days=st.sampled_from([1, 2, 10]))
    def hold(self, ref, amount, in_days):
        arguments = {**self.common(ref), "amount": amount, "expires_at": self.now + timedelta(days=in_days)}

        def modelled():
            purse = self.purses[ref]
            purse.expire(self.now)
            parts = purse.take(amount)
            for expires_at, part in parts:
                purse.held[expires_at] += part
            return parts

        made, parts = self.both(lambda: operations.hold(**arguments), modelled)
        if made is None:
            return multiple()
        assert operations.hold(**arguments).pk == made.pk
        self.open_holds[made.pk] = (ref, parts, arguments["expires_at"])
        return made.pk

    @rule(hold_id=holds, amount=st.none() | amounts)
    def capture(self, hold_id, amount):
        whole = Hold.objects.get(pk=hold_id).amount
        if (amount is not None and amount > whole) or hold_id not in self.open_holds:
            with pytest.raises(ledger.LedgerError):
                operations.capture(hold_id=hold_id, now=self.now, amount=amount)
            return
        made = operations.capture(hold_id=hold_id, now=self.now, amount=amount)
        self.settle(hold_id, amount or whole)
        assert (made.state, made.captured) == (HoldState.CAPTURED, amount or whole)

    @rule(hold_id=holds)
    def void(self, hold_id):
        if hold_id not in self.open_holds:
            with pytest.raises(operations.HoldClosed):
                operations.void(hold_id=hold_id, now=self.now)
            return
        operations.void(hold_id=hold_id, now=self.now)
        self.settle(hold_id, 0)

    @rule()
    def release_holds(self):
        due = [hold_id for hold_id, (_, _, until) in self.open_holds.items() if until <= self.now]
        assert operations.release_expired_holds(now=self.now) == len(due)
        for hold_id in due:
            self.settle(hold_id, 0)

    def settle(self, hold_id, taken):
        """The first parts of a hold are redeemed; the rest returns into its lots, and expires if that is over."""
        ref, parts, _ = self.open_holds.pop(hold_id)
        purse = self.purses[ref]
        for expires_at, part in parts:
            redeemed = min(taken, part)
            taken -= redeemed
            purse.held[expires_at] -= part
            purse.give(part - redeemed, expires_at)
        purse.expire(self.now)

    @rule(posted=journals)
    def reverse(self, posted):
        def modelled():
            purse = self.purses[posted.member]
            purse.expire(self.now)
            moved = sum(part for _, part in posted.parts)
            if posted.is_reversed:
                raise Refused
            if moved < 0:
                for expires_at, part in posted.parts:
                    purse.give(-part, expires_at)
                return -moved, 0
            there = min(moved, max(0, purse.balance))
            if there:
                purse.take(there, first=posted.expires_at)
            owed = min(moved - there, DEBT_LIMIT - purse.debt)
            if there + owed == 0:
                raise Refused
            purse.debt += owed
            return -(there + owed), moved - there - owed

        cause = secrets.token_hex(4)

        def real():
            return operations.reverse(journal_id=posted.id, cause=cause, now=self.now)

        moved, expected = self.both(real, modelled)
        if moved is None:
            return
        posted.is_reversed = True
        balance = self.purses[posted.member].balance
        assert (moved.amount, moved.unrecovered, moved.balance) == (*expected, balance)
        self.assert_again(real, moved)

    @rule(ref=members, back=st.integers(1, 3))
    def reverse_what_was_just_earned(self, ref, back):
        if len(self.earned[ref]) >= back:
            self.reverse(self.earned[ref][-back])

    @rule(ref=members, amount=amounts)
    def fall_into_debt(self, ref, amount):
        """Earn, spend it all, and have the award taken back: rare by chance, and where it gets interesting."""
        posted = self.award(ref, amount, None)
        self.purses[ref].expire(self.now)
        operations.expire_due(now=self.now)
        for purse in self.purses.values():
            purse.expire(self.now)
        if self.purses[ref].balance > 0:
            self.spend(ref, self.purses[ref].balance)
        self.reverse(posted)

    @rule()
    def expire(self):
        count = sum(purse.expire(self.now) for purse in self.purses.values())
        assert operations.expire_due(now=self.now) == count
        assert operations.expire_due(now=self.now) == 0

    @rule(hours=st.sampled_from([1, 24, 72]))
    def time_goes_on(self, hours):
        self.now += timedelta(hours=hours)

    def assert_again(self, do, first):
        """The same key again: the same answer, and nothing moves (the invariant below sees to that)."""
        again = do()
        assert (again.journal_id, again.amount, again.balance, again.unrecovered, again.is_new) == (
            first.journal_id, first.amount, first.balance, first.unrecovered, False,
        )  # fmt: skip

    @invariant()
    def the_books_are_the_models(self):
        if not hasattr(self, "block"):
            return
        accounts = {a.pk: a for a in Account.objects.all()}
        names = {pk: ref for ref, pk in self.ids.items()}
        found = {ref: Purse() for ref in MEMBERS}
        for lot in Lot.objects.exclude(remaining=0):
            account = accounts[lot.account_id]
            purse = found[names[account.member_id]]
            if lot.is_debt:
                purse.debt -= lot.remaining
            else:
                side = purse.lots if account.bucket == Bucket.AVAILABLE else purse.held
                side[lot.expires_at] += lot.remaining
        assert {ref: _plain(purse) for ref, purse in found.items()} == {
            ref: _plain(purse) for ref, purse in self.purses.items()
        }
        for account in accounts.values():
            purse = self.purses[names[account.member_id]]
            expected = purse.balance if account.bucket == Bucket.AVAILABLE else sum(purse.held.values())
            assert account.balance == expected

    @invariant()
    def who_owes_has_nothing(self):
        for purse in getattr(self, "purses", {}).values():
            assert not (purse.debt and any(purse.lots.values()))


def _plain(purse):
    return (
        {moment: amount for moment, amount in purse.lots.items() if amount},
        {moment: amount for moment, amount in purse.held.items() if amount},
        purse.debt,
    )


@pytest.mark.django_db
def test_whatever_is_done_in_whatever_order_the_ledger_has_the_models_books():
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=int(os.environ.get("LAURELS_FUZZ", "40")),
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            # Making a failure small takes minutes; whoever looks for one asks for it with LAURELS_FUZZ.
            phases=[Phase.generate, Phase.shrink] if "LAURELS_FUZZ" in os.environ else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def _machine():
    """The machine in the hands of a test that knows what it wants to do."""
    books = Books()
    books.begin()
    return books


@pytest.mark.django_db
def test_a_reversed_award_that_had_paid_a_debt_is_taken_from_its_own_lot_first():
    """What the machine found, made small."""
    books = _machine()
    try:
        books.fall_into_debt(ref="ada", amount=1)
        award = books.award(ref="ada", amount=2, in_days=1)
        books.award(ref="ada", amount=2, in_days=None)
        books.reverse(posted=award)
        books.the_books_are_the_models()
    finally:
        books.teardown()


@pytest.mark.django_db
def test_points_that_are_held_while_they_become_due_do_not_keep_others_from_expiring(monkeypatch):
    monkeypatch.setattr(expiring, "EXPIRY_BATCH_MAX", 1)
    books = _machine()
    try:
        books.award(ref="ada", amount=5, in_days=1)
        books.hold(ref="ada", amount=5, in_days=10)
        books.award(ref="bo", amount=8, in_days=3)
        books.time_goes_on(hours=96)
        books.expire()
        books.the_books_are_the_models()
    finally:
        books.teardown()
