"""Each invariant, broken on purpose with plain SQL by somebody who owns the tables; and where it bites."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from incentives.domain import ledger
from incentives.domain.ledger import guards, operations
from incentives.domain.ledger.verify import verify
from incentives.models import Account, Entry, Journal, Lot
from tests import factories

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def key() -> bytes:
    return secrets.token_bytes(32)


@pytest.fixture
def account() -> Account:
    """An account with an award of 100, a spend of 30 and an award of 5."""
    member, currency = factories.MemberFactory(), factories.CurrencyFactory()
    for amount in (100, 5):
        with transaction.atomic():
            book = ledger.open_book(member_ids=[member.pk], currency_ids=[currency.pk])
            book.award(member_id=member.pk, currency_id=currency.pk, amount=amount, key=key(), effective_at=NOON)
            ledger.write(book)
    operations.spend(member_id=member.pk, currency=currency, amount=30, key=key(), now=NOON)
    return Account.objects.get()


def refused(statement: str, *values: object) -> str:
    """Run a statement that must be refused, show that nothing moved, and return why."""
    before = _everything()
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
    assert _everything() == before
    return str(caught.value)


def _everything():
    return [list(model.objects.order_by("pk").values()) for model in (Account, Lot, Journal, Entry)]


@pytest.mark.parametrize("table", ["incentives_journal", "incentives_entry"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET member_id = 7", "DELETE FROM {}"])
def test_1_history_cannot_change_even_for_its_owner(account, table, statement):
    assert "history_never_changes" in refused(statement.format(table))


@pytest.mark.parametrize("table", ["incentives_journal", "incentives_entry", "incentives_account", "incentives_lot"])
def test_1_history_cannot_be_emptied(account, table):
    if connection.vendor == "sqlite":
        assert "history_never_changes" in refused(f"DELETE FROM {table}")
    else:
        assert "history_never_changes" in refused(f"TRUNCATE {table}")


def test_1_replacing_a_row_does_not_walk_around_the_guard(account):
    if connection.vendor == "sqlite":
        statement = "REPLACE INTO incentives_entry SELECT * FROM incentives_entry WHERE sequence = 1"
        assert "history_never_changes" in refused(statement)
    else:
        statement = (
            "INSERT INTO incentives_entry SELECT * FROM incentives_entry WHERE sequence = 1"
            " ON CONFLICT (id) DO UPDATE SET amount = 1"
        )
        assert "history_never_changes" in refused(statement)


def test_2_an_effect_is_posted_once(account):
    statement = (
        "INSERT INTO incentives_journal (member_id, currency_id, key, kind, effective_at, rule_code, run, actor)"
        " SELECT member_id, currency_id, key, kind, effective_at, rule_code, run, actor FROM incentives_journal LIMIT 1"
    )
    assert "effect_posted_once" in refused(statement) or connection.vendor == "sqlite"
    member = account.member_id
    earlier = bytes(Journal.objects.order_by("pk").values_list("key", flat=True)[0])
    with pytest.raises(ledger.AlreadyPosted), transaction.atomic():
        book = ledger.open_book(member_ids=[member], currency_ids=[account.currency_id])
        book.award(member_id=member, currency_id=account.currency_id, amount=1, key=earlier, effective_at=NOON)
        ledger.write(book)


def _insert_entry(account: Account, amount: int, sequence: int, after: int, *, journal: int | None = None) -> tuple:
    journal_id = journal or Journal.objects.order_by("pk").values_list("pk", flat=True)[0]
    lot = Lot.objects.get(account_id=account.pk)
    return (
        "INSERT INTO incentives_entry (journal_id, member_id, account_id, contra, lot_id, amount, sequence,"
        " balance_after, posted_at) VALUES (%s, %s, %s, 1, %s, %s, %s, %s, '2030-01-01')",
        journal_id, account.member_id, account.pk, lot.pk, amount, sequence, after,
    )  # fmt: skip


def test_3_amounts_are_bounded_and_not_zero(account):
    assert "entry_moves_something" in refused(*_insert_entry(account, 0, 4, 75))
    assert "entry_amount_is_bounded" in refused(*_insert_entry(account, 10**15 + 1, 4, 10**15 + 76))


@pytest.mark.parametrize(("_case", "amount", "sequence", "after"), [("gap", 5, 5, 80), ("wrong_sum", 5, 4, 81)])
def test_4_entries_form_a_chain(account, _case, amount, sequence, after):
    assert "entries_form_a_chain" in refused(*_insert_entry(account, amount, sequence, after))


def test_4_a_chain_cannot_fork(account):
    reason = refused(*_insert_entry(account, 5, 3, 110))
    assert "entry_numbered_once" in reason or "UNIQUE" in reason or "entries_form_a_chain" in reason


def test_5_a_balance_cannot_move_without_its_entry(account):
    assert "balance_is_the_newest_entry" in refused("UPDATE incentives_account SET balance = balance + 1")
    assert "balance_is_the_newest_entry" in refused("UPDATE incentives_account SET sequence = sequence - 1")
    assert "balance_is_the_newest_entry" in refused(
        "INSERT INTO incentives_account (member_id, currency_id, bucket, balance, sequence, lower_bound)"
        " VALUES (999, 1, 1, 50, 0, 0)"
    )


def test_6_nothing_but_a_reversal_falls_below_zero(account):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE incentives_account SET lower_bound = -1000")
    assert "only_a_reversal_makes_debt" in refused(*_insert_entry(account, -80, 4, -5))


def test_6_an_account_never_falls_below_its_bound(account):
    assert "account_never_overdrawn" in refused("UPDATE incentives_account SET balance = -1")


def test_7_a_lot_is_never_overspent_and_lots_sum_to_the_balance(account):
    assert "lot_never_overspent" in refused("UPDATE incentives_lot SET remaining = -1")
    with transaction.atomic(), connection.cursor() as cursor:
        savepoint = transaction.savepoint()
        cursor.execute("UPDATE incentives_lot SET remaining = remaining + 1")
        with pytest.raises(DatabaseError, match="lots_sum_to_the_balance"), transaction.atomic():
            cursor.execute("UPDATE incentives_account SET posted_at = posted_at")
        transaction.savepoint_rollback(savepoint)


def test_8_an_entry_joins_one_member_and_one_currency(account):
    other = Journal.objects.create(
        member_id=account.member_id, currency_id=account.currency_id + 1, key=key(), kind=1, effective_at=NOON
    )
    assert "one_member_one_currency" in refused(*_insert_entry(account, 5, 4, 80, journal=other.pk))


def test_8_a_movement_has_one_currency(account):
    Journal.objects.create(member_id=1, currency_id=1, key=key(), kind=7, effective_at=NOON, movement=9)
    assert "one_currency_per_movement" in refused(
        "INSERT INTO incentives_journal (member_id, currency_id, key, kind, effective_at, rule_code, run, actor, movement)"
        " VALUES (1, 2, %s, 7, '2026-01-01', '', 0, '', 9)",
        key(),
    )


def test_9_reversals_never_exceed_their_journal(account):
    award = Journal.objects.filter(kind=1).order_by("pk")[1]
    operations.reverse(journal_id=award.pk, cause="test", now=NOON)
    # Of two that it breaks, each database names one.
    names = ("reversals_never_exceed_the_journal", "no_more_is_reversed_than_was_wanted")
    said = refused("UPDATE incentives_reversal SET wanted_amount = 6, reversed_amount = 6")
    assert any(name in said for name in names)
    with pytest.raises(operations.CannotReverse):
        operations.reverse(journal_id=award.pk, cause="again", now=NOON)


def _wrong() -> set[int]:
    return {proof.number for proof in verify() if not proof.holds}


def test_the_books_are_right_before_anybody_touches_them(account):
    assert _wrong() == set()


@pytest.mark.parametrize(
    ("statement", "numbers"),
    [
        ("UPDATE incentives_lot SET remaining = remaining + 1, granted = granted + 1", {7}),
        ("UPDATE incentives_journal SET movement = 9", set()),
        ("UPDATE incentives_entry SET contra = 6 WHERE sequence = 1", {10}),
        ("UPDATE incentives_journal SET event_id = 123456", {12}),
        ("UPDATE incentives_entry SET amount = amount + 1 WHERE sequence = 1", {4, 7, 10}),
        ("UPDATE incentives_account SET balance = balance + 1", {5, 7, 10}),
        ("UPDATE incentives_journal SET currency_id = currency_id + 1", {8}),
        ("DELETE FROM incentives_entry WHERE sequence = 2", {4, 7, 10}),
        ("INSERT INTO incentives_hold (id, member_id, currency_id, amount, captured, voided, parts, state, expires_at,"
         " created_at) SELECT '00000000000000000000000000000001', member_id, currency_id, 5, 0, 0, '[]', 'open',"
         " '2030-01-01', '2026-01-01' FROM incentives_account", {11}),
        ("INSERT INTO incentives_reversal (journal_id, amount, wanted_amount, reversed_amount) VALUES (1, 5, 4, 4)", {9}),
    ],
)  # fmt: skip
def test_verify_names_what_was_broken_behind_the_guards(account, statement, numbers):
    """Somebody with the power to drop the guards still cannot hide: the proof finds both the gap and the damage."""
    with connection.cursor() as cursor:
        names = guards.postgresql.NAMES if connection.vendor == "postgresql" else guards.sqlite.NAMES
        for name in names:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT tgrelid::regclass FROM pg_trigger WHERE tgname = %s", [name])
                cursor.execute(f"DROP TRIGGER {name} ON {cursor.fetchone()[0]}")
            else:
                cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(statement)

    assert _wrong() == numbers | {1}


def test_guards_come_back_after_a_migration(account):
    from django.core.management import call_command

    with connection.cursor() as cursor:
        table = " ON incentives_entry" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER entry_follows{table}")
    assert guards.missing() == ["entry_follows"]

    call_command("migrate", verbosity=0)

    assert guards.missing() == []
