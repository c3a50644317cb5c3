from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from incentives.domain.ledger import operations
from incentives.domain.reversals import reverse_journal
from incentives.enums import JournalKind
from incentives.models import Account, Journal, LimitName, LimitUse
from members.models import Standing
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


def used(code: str) -> tuple[int, int]:
    use = LimitUse.objects.get(limit_id=LimitName.objects.get(code=code).pk)
    return use.times, use.amount


def pay(*names: str) -> None:
    factories.report(*(item(name, "ada", time="2026-03-01T12:00:00Z") for name in names))
    factories.judge()


def reverse(event_place: int, currency: str) -> None:
    journal = Journal.objects.filter(currency_id=factories.CurrencyFactory(code=currency).pk, kind=JournalKind.AWARD)
    reverse_journal(journal_id=journal.order_by("event_id")[event_place].pk, cause="fraud", now=timezone.now())


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.MemberFactory(ref="ada", time_zone="Asia/Tokyo")


def test_limits_and_budgets_get_back_what_was_taken_back():
    factories.rule(
        {
            "then": [award(30), award(3, "growth")],
            "limits": [
                {"code": "turns", "per": "member", "every": "day", "times": 2},
                {"code": "amount", "per": "member", "every": "month", "amount": 100, "currency": "points"},
                {"code": "budget", "per": "rule", "every": "ever", "amount": 70, "currency": "points", "over": "cut"},
            ],
        }
    )
    pay("a", "b", "refused")
    assert (used("post:turns"), used("post:amount"), used("post:budget")) == ((2, 0), (0, 60), (0, 60))

    reverse(0, "points")

    assert (used("post:turns"), used("post:amount"), used("post:budget")) == ((2, 0), (0, 30), (0, 30))
    reverse(0, "growth")
    assert used("post:turns") == (1, 0)
    pay("again")
    assert Account.objects.get(currency_id=factories.CurrencyFactory().pk).balance == 60


def test_reversing_twice_gives_back_once():
    factories.rule({"then": [award(30)], "limits": [{"code": "turns", "per": "member", "every": "day", "times": 5}]})
    pay("a", "b")

    reverse(0, "points")
    reverse(0, "points")

    assert used("post:turns") == (1, 0)


def test_only_what_was_recovered_makes_room_again():
    factories.rule(
        {
            "then": [award(30)],
            "limits": [{"code": "amount", "per": "member", "every": "day", "amount": 90, "currency": "points"}],
        }
    )
    pay("a")
    ada, points = Account.objects.get().member_id, factories.CurrencyFactory()
    operations.spend(member_id=ada, currency=points, amount=20, key=b"k" * 32, now=timezone.now())

    reverse(0, "points")

    assert used("post:amount") == (0, 20)


def test_growth_brought_by_hand_reaches_a_tier_at_once():
    ladder = factories.ladder(bronze=0, silver=50)
    growth = factories.CurrencyFactory(code="growth", kind="qualifying")
    ada = factories.MemberFactory(ref="bo")

    operations.adjust(
        member_id=ada.pk, currency=growth, amount=60, key=b"k" * 32, now=timezone.now(), reason="From the old app."
    )
    factories.judge()

    assert Standing.objects.get(member=ada).tier == ladder.tiers.get(code="silver")


def test_a_rule_may_listen_to_spending():
    factories.rule({"then": [award(30)]})
    factories.rule(
        {
            "code": "thanks",
            "when": "points.spent",
            "if": 'event.data.currency == "points" && event.data.amount <= -10',
            "then": [award(1)],
        }
    )
    pay("a")
    account = Account.objects.get()

    operations.spend(
        member_id=account.member_id,
        currency=factories.CurrencyFactory(),
        amount=20,
        key=b"k" * 32,
        now=timezone.now() - timedelta(seconds=1),
    )
    while factories.judge().events:
        pass

    account.refresh_from_db()
    assert account.balance == 11
