from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from incentives.bounds import AMOUNT_MAX
from incentives.domain import ledger
from incentives.domain.ledger import operations, queries
from incentives.domain.ledger.expiry import expires_at
from incentives.domain.ledger.operations.reversing import shared_out
from incentives.domain.ledger.verify import verify
from incentives.enums import HoldState, JournalKind
from incentives.models import NEVER, Account, Entry, Hold, Journal, Lot
from tests import factories

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOON, LATER = NOON + timedelta(days=30), NOON + timedelta(days=300)
pytestmark = pytest.mark.django_db


def key() -> bytes:
    return secrets.token_bytes(32)


@pytest.fixture
def points():
    return factories.CurrencyFactory(debt_limit=50, is_transferable=True)


@pytest.fixture
def ada(points):
    return factories.MemberFactory(ref="ada")


def award(member, points, amount, expires=NEVER, posting_key=None):
    with transaction.atomic():
        book = ledger.open_book(
            member_ids=[member.pk], currency_ids=[points.pk], lower_bounds={points.pk: -points.debt_limit}
        )
        book.award(
            member_id=member.pk, currency_id=points.pk, amount=amount, key=posting_key or key(), effective_at=NOON,
            expires_at=expires,
        )  # fmt: skip
        ledger.write(book)
    return Journal.objects.order_by("-pk").first()


def open_lots():
    return [(lot.expires_at, lot.remaining) for lot in Lot.objects.exclude(remaining=0).order_by("expires_at")]


@pytest.fixture(autouse=True)
def _books_are_right():
    yield
    assert [proof for proof in verify() if not proof.holds] == []


def test_spending_takes_the_soonest_to_expire_first_and_names_each_lot(ada, points):
    award(ada, points, 50, LATER)
    award(ada, points, 30, SOON)
    award(ada, points, 20)

    moved = operations.spend(member_id=ada.pk, currency=points, amount=60, key=key(), now=NOON)

    assert (moved.amount, moved.balance) == (-60, 40)
    assert open_lots() == [(LATER, 20), (NEVER, 20)]
    entries = Entry.objects.filter(journal_id=moved.journal_id).order_by("sequence")
    assert [(e.amount, e.balance_after) for e in entries] == [(-30, 70), (-30, 40)]


def test_spending_more_than_there_is_moves_nothing(ada, points):
    award(ada, points, 50)

    with pytest.raises(ledger.InsufficientPoints) as caught:
        operations.spend(member_id=ada.pk, currency=points, amount=51, key=key(), now=NOON)

    assert (caught.value.wanted, caught.value.available) == (51, 50)
    assert Journal.objects.count() == 1


def test_the_same_key_again_returns_the_first_answer_and_moves_nothing(ada, points):
    award(ada, points, 50)
    same = key()
    first = operations.spend(member_id=ada.pk, currency=points, amount=20, key=same, now=NOON)

    again = operations.spend(member_id=ada.pk, currency=points, amount=20, key=same, now=NOON)

    assert (again.journal_id, again.amount, again.balance) == (first.journal_id, -20, 30)
    assert (first.is_new, again.is_new) == (True, False)
    assert Account.objects.get().balance == 30


def test_a_thousand_awards_that_expire_together_are_one_lot(ada, points):
    for _ in range(5):
        award(ada, points, 2, SOON)

    assert Lot.objects.count() == 1
    assert open_lots() == [(SOON, 10)]


def test_an_award_that_expired_before_it_was_posted_expires_at_once(ada, points):
    past = NOON - timedelta(days=400)
    award(ada, points, 10, past)

    assert Account.objects.get().balance == 0
    assert list(Journal.objects.order_by("pk").values_list("kind", flat=True)) == [
        JournalKind.AWARD,
        JournalKind.EXPIRE,
    ]
    award(ada, points, 7, past)
    assert Lot.objects.count() == 1


def test_expiry_takes_what_remains_and_running_it_twice_changes_nothing(ada, points):
    award(ada, points, 30, SOON)
    award(ada, points, 5, LATER)
    operations.spend(member_id=ada.pk, currency=points, amount=10, key=key(), now=NOON)

    counts = [operations.expire_due(now=SOON) for _ in range(2)]

    assert counts == [1, 0]
    assert Account.objects.get().balance == 5
    assert open_lots() == [(LATER, 5)]


@pytest.mark.parametrize("_way", ["spend", "hold", "transfer", "adjust", "deduct"])
def test_what_is_due_to_expire_cannot_be_taken_before_the_job_has_run(ada, points, _way):
    award(ada, points, 30, SOON)
    award(ada, points, 5, LATER)
    bo = factories.MemberFactory(ref="bo")
    asked = {"currency": points, "key": key(), "now": SOON}
    ways = {
        "spend": lambda: operations.spend(member_id=ada.pk, amount=6, **asked),
        "hold": lambda: operations.hold(member_id=ada.pk, amount=6, expires_at=LATER, **asked),
        "transfer": lambda: operations.transfer(payer_id=ada.pk, payee_id=bo.pk, amount=6, **asked),
        "adjust": lambda: operations.adjust(member_id=ada.pk, amount=-6, reason="No.", **asked),
    }

    if _way == "deduct":
        with transaction.atomic():
            book = ledger.open_book(member_ids=[ada.pk], currency_ids=[points.pk])
            book.posted_at = SOON
            taken = book.deduct(
                member_id=ada.pk, currency_id=points.pk, amount=6, key=key(), effective_at=SOON
            )  # fmt: skip
            ledger.write(book)
        assert (taken, Account.objects.get().balance) == (5, 0)
        return
    with pytest.raises(ledger.InsufficientPoints) as caught:
        ways[_way]()

    assert caught.value.available == 5
    assert operations.expire_due(now=SOON) == 1


def test_spending_on_the_day_of_expiry_expires_first_and_takes_from_what_is_left(ada, points):
    award(ada, points, 30, SOON)
    award(ada, points, 5, LATER)

    moved = operations.spend(member_id=ada.pk, currency=points, amount=4, key=key(), now=SOON)

    assert (moved.amount, moved.balance) == (-4, 1)
    assert open_lots() == [(LATER, 1)]
    assert operations.expire_due(now=SOON) == 0


def test_what_expired_while_it_was_held_expires_on_its_return(ada, points):
    award(ada, points, 30, SOON)
    award(ada, points, 30, LATER)
    made = operations.hold(member_id=ada.pk, currency=points, amount=40, key=key(), now=NOON, expires_at=LATER)

    operations.void(hold_id=made.pk, now=SOON)

    assert open_lots() == [(LATER, 30)]
    assert queries.balances(ada.pk)[0].available == 30


def indebted(ada, points, expires):
    """A member who owed 100, and was then given 100 back that expire."""
    given = operations.open_balance(
        member_id=ada.pk, currency=points, amount=40, key=key(), effective_at=NOON, expires_at=expires
    )
    spent = operations.spend(member_id=ada.pk, currency=points, amount=40, key=key(), now=NOON)
    operations.reverse(journal_id=given.journal_id, cause="fraud", now=NOON)
    assert Account.objects.get().balance == -40
    return spent


def test_points_that_come_back_pay_the_debt_before_they_lie_beside_it(ada, points):
    future = timezone.now() + timedelta(days=1)
    spent = indebted(ada, points, future)

    operations.reverse(journal_id=spent.journal_id, cause="refund", now=NOON)

    assert Account.objects.get().balance == 0
    assert open_lots() == []
    assert operations.expire_due(now=future + timedelta(days=1)) == 0
    operations.adjust(member_id=ada.pk, currency=points, amount=5, key=key(), now=NOON, reason="A gift.")
    assert Account.objects.get().balance == 5


def test_a_transfer_to_a_debtor_pays_the_debt_first(ada, points):
    indebted(ada, points, timezone.now() + timedelta(days=1))
    bo = factories.MemberFactory(ref="bo")
    award(bo, points, 60, LATER)

    operations.transfer(payer_id=bo.pk, payee_id=ada.pk, currency=points, amount=50, key=key(), now=NOON)

    assert queries.balances(ada.pk)[0].available == 10
    assert [(line.remaining, line.expires_at) for line in queries.lots(ada.pk)] == [(10, LATER)]


def test_a_balance_that_nobody_moves_expires_after_its_days(ada):
    idle = factories.CurrencyFactory(code="idle", expiry={"kind": "idle", "days": 90})
    bo = factories.MemberFactory(ref="bo")
    award(ada, idle, 30)
    award(ada, idle, 5, NEVER - timedelta(days=1))
    last = Entry.objects.order_by("-pk").first().posted_at
    due = datetime.combine(last.date() + timedelta(days=90), datetime.min.time(), UTC)

    counts = [operations.expire_idle(now=moment) for moment in (due - timedelta(seconds=1), due, due)]

    assert counts == [0, 1, 0]
    assert [(x.kind, x.effective_at) for x in Journal.objects.order_by("-pk")[:1]] == [(JournalKind.EXPIRE, due)]
    assert queries.balances(ada.pk)[0].available == 5
    assert queries.balances(bo.pk)[0].available == 0


def test_a_balance_never_grows_beyond_what_the_books_can_hold(ada, points):
    operations.open_balance(member_id=ada.pk, currency=points, amount=AMOUNT_MAX - 1, key=key(), effective_at=NOON)

    with pytest.raises(ledger.LedgerError, match="at most 1000000000000000"):
        operations.adjust(member_id=ada.pk, currency=points, amount=2, key=key(), now=NOON, reason="Too much.")

    assert queries.balances(ada.pk)[0].available == AMOUNT_MAX - 1


def test_a_hold_keeps_lots_apart_and_gives_them_back_as_they_were(ada, points):
    award(ada, points, 30, SOON)
    award(ada, points, 30, LATER)
    made = operations.hold(
        member_id=ada.pk, currency=points, amount=40, key=key(), now=NOON, expires_at=NOON + timedelta(hours=1)
    )
    (line,) = queries.balances(ada.pk)
    assert (line.available, line.held) == (20, 40)

    operations.void(hold_id=made.pk, now=NOON)

    (line,) = queries.balances(ada.pk)
    assert (line.available, line.held) == (60, 0)
    assert open_lots() == [(SOON, 30), (LATER, 30)]
    with pytest.raises(operations.HoldClosed):
        operations.capture(hold_id=made.pk, now=NOON)


def test_capturing_a_part_gives_the_rest_back(ada, points):
    award(ada, points, 50)
    made = operations.hold(
        member_id=ada.pk, currency=points, amount=40, key=key(), now=NOON, expires_at=NOON + timedelta(hours=1)
    )

    operations.capture(hold_id=made.pk, now=NOON, amount=25)

    made.refresh_from_db()
    assert (made.state, made.captured, made.voided) == (HoldState.CAPTURED, 25, 15)
    assert queries.balances(ada.pk)[0].available == 25


def test_a_hold_whose_time_is_over_is_released_once(ada, points):
    award(ada, points, 50)
    operations.hold(
        member_id=ada.pk, currency=points, amount=40, key=key(), now=NOON, expires_at=NOON + timedelta(hours=1)
    )

    counts = [operations.release_expired_holds(now=NOON + timedelta(hours=2)) for _ in range(2)]

    assert counts == [1, 0]
    assert Hold.objects.get().state == HoldState.EXPIRED
    assert queries.balances(ada.pk)[0].available == 50


def test_the_same_hold_again_is_the_first_one(ada, points):
    award(ada, points, 50)
    same, until = key(), NOON + timedelta(hours=1)

    def hold():
        return operations.hold(member_id=ada.pk, currency=points, amount=40, key=same, now=NOON, expires_at=until)

    assert hold().pk == hold().pk
    assert queries.balances(ada.pk)[0].available == 10


def test_a_transfer_carries_each_lots_expiry(ada, points):
    bo = factories.MemberFactory(ref="bo")
    award(ada, points, 30, SOON)
    award(ada, points, 30)

    operations.transfer(payer_id=ada.pk, payee_id=bo.pk, currency=points, amount=40, key=key(), now=NOON)

    assert [(line.remaining, line.expires_at) for line in queries.lots(bo.pk)] == [(30, SOON), (10, None)]
    assert queries.balances(ada.pk)[0].available == 20


def test_a_currency_may_forbid_giving_points_away(ada):
    fixed = factories.CurrencyFactory(code="growth", is_transferable=False)
    bo = factories.MemberFactory(ref="bo")
    with pytest.raises(operations.NotTransferable):
        operations.transfer(payer_id=ada.pk, payee_id=bo.pk, currency=fixed, amount=1, key=key(), now=NOON)


def test_a_reversal_takes_its_own_lot_first_then_debt_and_records_the_rest(ada, points):
    journal = award(ada, points, 100, SOON)
    award(ada, points, 10, LATER)
    operations.spend(member_id=ada.pk, currency=points, amount=90, key=key(), now=NOON)

    moved = operations.reverse(journal_id=journal.pk, cause="fraud", now=NOON)

    # 20 were left and 50 may be owed: 70 of 100 come back.
    assert (moved.amount, moved.balance, moved.unrecovered) == (-70, -50, 30)
    award(ada, points, 60)
    assert Account.objects.get().balance == 10


def test_reversing_twice_for_one_cause_does_it_once(ada, points):
    journal = award(ada, points, 100)

    first = operations.reverse(journal_id=journal.pk, cause="event-9", now=NOON)
    again = operations.reverse(journal_id=journal.pk, cause="event-9", now=NOON)

    assert (first.journal_id, again.is_new) == (again.journal_id, False)
    assert Account.objects.get().balance == 0


def test_reversing_a_spending_puts_points_back_into_their_lots(ada, points):
    award(ada, points, 30, SOON)
    award(ada, points, 30, LATER)
    moved = operations.spend(member_id=ada.pk, currency=points, amount=40, key=key(), now=NOON)

    operations.reverse(journal_id=moved.journal_id, cause="cancelled", now=NOON)

    assert open_lots() == [(SOON, 30), (LATER, 30)]


def test_a_part_of_a_spending_goes_back_in_proportion_to_the_lots_it_came_from(ada, points):
    award(ada, points, 30, SOON)
    award(ada, points, 60, LATER)
    spent = operations.spend(member_id=ada.pk, currency=points, amount=90, key=key(), now=NOON)

    def refund(amount, cause):
        return operations.reverse(journal_id=spent.journal_id, cause=cause, amount=amount, now=NOON)

    assert refund(10, "one seat").amount == 10
    # A third and two thirds of ten, by largest remainder.
    assert open_lots() == [(SOON, 3), (LATER, 7)]
    assert refund(10, "one seat").is_new is False
    assert refund(50, "five seats").amount == 50
    assert open_lots() == [(SOON, 20), (LATER, 40)]
    with pytest.raises(operations.CannotReverse, match="Between 1 and 30"):
        refund(31, "too much")
    assert operations.reverse(journal_id=spent.journal_id, cause="the rest", now=NOON).amount == 30
    assert open_lots() == [(SOON, 30), (LATER, 60)]
    with pytest.raises(operations.CannotReverse, match="reversed before"):
        refund(1, "again")
    assert [proof for proof in verify() if not proof.holds] == []


def test_what_was_captured_of_a_hold_goes_back_in_part_to_its_lots(ada, points):
    award(ada, points, 30, SOON)
    award(ada, points, 30, LATER)
    made = operations.hold(
        member_id=ada.pk, currency=points, amount=50, key=key(), now=NOON, expires_at=NOON + timedelta(days=1)
    )
    operations.capture(hold_id=made.pk, amount=40, now=NOON)
    captured = Journal.objects.get(kind=JournalKind.CAPTURE)

    operations.reverse(journal_id=captured.pk, cause="half", amount=20, now=NOON)

    assert open_lots() == [(SOON, 15), (LATER, 25)]
    operations.reverse(journal_id=captured.pk, cause="rest", now=NOON)
    assert open_lots() == [(SOON, 30), (LATER, 30)]
    assert [proof for proof in verify() if not proof.holds] == []


def test_a_part_of_an_award_is_taken_back_and_what_is_not_there_is_recorded_once(ada, points):
    journal = award(ada, points, 100, SOON)
    operations.spend(member_id=ada.pk, currency=points, amount=80, key=key(), now=NOON)

    first = operations.reverse(journal_id=journal.pk, cause="a quarter", amount=25, now=NOON)
    rest = operations.reverse(journal_id=journal.pk, cause="the rest", now=NOON)

    # 20 were left and 50 may be owed: of 100, 25 and then 45 come back, and 30 do not.
    assert (first.amount, first.unrecovered) == (-25, 0)
    assert (rest.amount, rest.unrecovered, rest.balance) == (-45, 30, -50)
    with pytest.raises(operations.CannotReverse, match="reversed before"):
        operations.reverse(journal_id=journal.pk, cause="more", amount=1, now=NOON)
    assert [proof for proof in verify() if not proof.holds] == []


def test_a_part_that_was_taken_back_by_mistake_is_restored_once(ada, points):
    journal = award(ada, points, 100)
    first = operations.reverse(journal_id=journal.pk, cause="one", amount=30, now=NOON)
    operations.reverse(journal_id=journal.pk, cause="two", amount=20, now=NOON)

    operations.restore(journal_id=first.journal_id, cause="a mistake", now=NOON)
    with pytest.raises(operations.CannotReverse, match="undone before"):
        operations.restore(journal_id=first.journal_id, cause="again", now=NOON)

    assert Account.objects.get().balance == 80
    assert operations.reverse(journal_id=journal.pk, cause="three", now=NOON).amount == -80
    assert [proof for proof in verify() if not proof.holds] == []


@given(owed=st.lists(st.integers(1, 10**6), min_size=1, max_size=8), shares=st.lists(st.floats(0, 1), max_size=6))
def test_parts_sum_and_never_exceed_what_is_owed_however_often_something_goes_back(owed, shares):
    for share in shares:
        amount = min(sum(owed), max(1, int(share * sum(owed))))
        if not sum(owed):
            break
        parts = shared_out(amount, owed)
        assert sum(parts) == amount
        assert all(0 <= part <= each for part, each in zip(parts, owed, strict=True))
        owed = [each - part for each, part in zip(owed, parts, strict=True)]


@pytest.mark.parametrize(
    ("_case", "when_short", "taken", "left"), [("cut_to_the_floor", "cut", 9, 1), ("skip", "skip", 0, 10)]
)
def test_a_deduction_by_rule_never_goes_below_the_floor(ada, points, _case, when_short, taken, left):
    award(ada, points, 10)
    with transaction.atomic():
        book = ledger.open_book(member_ids=[ada.pk], currency_ids=[points.pk])
        got = book.deduct(
            member_id=ada.pk, currency_id=points.pk, amount=30, key=key(), effective_at=NOON, floor=1,
            when_short=when_short,
        )  # fmt: skip
        ledger.write(book)

    assert got == taken
    assert Account.objects.get().balance == left


def test_adjusting_says_why_and_cannot_take_what_is_not_there(ada, points):
    operations.adjust(member_id=ada.pk, currency=points, amount=25, key=key(), now=NOON, reason="A gift.")

    (line,) = queries.statement(member_id=ada.pk).lines
    assert (line.amount, line.note) == (25, "A gift.")
    with pytest.raises(ledger.InsufficientPoints):
        operations.adjust(member_id=ada.pk, currency=points, amount=-26, key=key(), now=NOON, reason="Too much.")


def test_balances_are_known_by_record_time_and_by_business_time(ada, points):
    past = NOON - timedelta(days=30)
    operations.open_balance(member_id=ada.pk, currency=points, amount=70, key=key(), effective_at=past)
    posted = Entry.objects.get().posted_at

    def at(moment, by):
        return queries.balance_at(member_id=ada.pk, currency=points, moment=moment, by=by)

    assert at(past + timedelta(days=1), "business") == 70
    assert at(past + timedelta(days=1), "record") == 0
    assert at(posted, "record") == 70
    assert at(past - timedelta(days=1), "business") == 0


def test_a_statement_pages_by_keyset_in_a_constant_number_of_queries(ada, points, django_assert_num_queries):
    for amount in (1, 2, 3, 4, 5):
        award(ada, points, amount)

    with django_assert_num_queries(5):
        first = queries.statement(member_id=ada.pk, count=2)
    with django_assert_num_queries(5):
        rest = queries.statement(member_id=ada.pk, count=4, cursor=first.following)

    assert [line.amount for line in (*first.lines, *rest.lines)] == [5, 4, 3, 2, 1]
    assert [line.balance_after for line in (*first.lines, *rest.lines)] == [15, 10, 6, 3, 1]
    assert rest.following is None


def test_a_statement_is_in_the_order_of_the_books_whichever_ids_its_writers_had(ada, points):
    """Workers take ids in blocks, so a later entry may well have the lower id."""
    growth = factories.CurrencyFactory(code="growth")
    with transaction.atomic():
        book = ledger.open_book(member_ids=[ada.pk], currency_ids=[points.pk, growth.pk])
        ids = iter(range(9_000, 0, -1))
        book.ids = SimpleNamespace(take=lambda _table: next(ids))
        for amount in (1, 2, 3, 4):
            for currency in (points, growth):
                book.award(
                    member_id=ada.pk, currency_id=currency.pk, amount=amount, key=key(), effective_at=NOON
                )  # fmt: skip
        ledger.write(book)

    found, cursor = [], ""
    while cursor is not None:
        page = queries.statement(member_id=ada.pk, count=3, cursor=cursor)
        found += page.lines
        cursor = page.following

    by_currency = {code: [x.balance_after for x in found if x.currency == code] for code in ("points", "growth")}
    assert by_currency == {"points": [10, 6, 3, 1], "growth": [10, 6, 3, 1]}


@pytest.mark.parametrize("cursor", ["x", "1", "1.", "1.2-", "-1.2", "1.2-x", "9" * 30 + ".1", "1.\u0663"])
def test_a_cursor_that_no_statement_gave_is_refused(ada, points, cursor):
    with pytest.raises(queries.BadCursor):
        queries.statement(member_id=ada.pk, cursor=cursor)


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("_case", "policy", "awarded", "expected"),
    [
        ("never", {"kind": "never"}, "2026-01-22T12:00Z", "9000-01-01T00:00Z"),
        ("end_of_month", {"kind": "after", "days": 0, "end_of": "month"}, "2026-01-22T12:00Z", "2026-01-31T23:00Z"),
        ("end_of_year", {"kind": "after", "days": 0, "end_of": "year"}, "2018-05-05T12:00Z", "2018-12-31T23:00Z"),
        ("short_month", {"kind": "after", "months": 1}, "2026-01-31T12:00Z", "2026-02-27T23:00Z"),
        ("into_summer_time", {"kind": "after", "days": 10}, "2026-03-25T12:00Z", "2026-04-03T22:00Z"),
        ("leap_day", {"kind": "after", "years": 1}, "2028-02-29T12:00Z", "2029-02-27T23:00Z"),
        ("on_a_date_this_year", {"kind": "on", "month": 6, "day": 30}, "2026-06-30T12:00Z", "2026-06-30T22:00Z"),
        ("on_a_date_next_year", {"kind": "on", "month": 6, "day": 30}, "2026-07-01T12:00Z", "2027-06-30T22:00Z"),
    ],
)
def test_points_expire_at_midnights_of_the_programme(_case, policy, awarded, expected):
    assert expires_at(policy, datetime.fromisoformat(awarded), BERLIN) == datetime.fromisoformat(expected)
