"""What rules pay for an order: to the member, and to whoever brought them; and how it goes back with the money."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import advancing, registering
from activities.domain.orders import paying, proof, refunding
from activities.enums import EndedBy
from activities.models import Activity, Order, Refund
from incentives.domain.catalogues import load_known
from incentives.domain.ledger import operations
from incentives.domain.ledger.queries import balances
from incentives.domain.ledger.verify import verify
from incentives.domain.rules.checking import check_rule
from incentives.domain.rules.documents import read_document
from incentives.models import Currency, LimitUse
from members.models import Invitation, Member
from tests import factories

pytestmark = pytest.mark.django_db
COMMISSION = {
    "code": "commission", "when": "activity.order_paid", "if": "has(event.data.brought_by)",
    "then": [{
        "do": "award", "currency": "points", "amount": "clamp(floor(event.data.amount / 2), 0, 100)",
        "to": "event.data.brought_by",
        "pending": {"until": "activity.brought", "match": "event.data.activity", "within": "366d"},
    }],
}  # fmt: skip
BACK = {
    "code": "back", "when": "activity.order_paid", "then": [factories.award("clamp(floor(event.data.amount), 0, 100)")],
    "limits": [{"code": "budget", "per": "rule", "every": "ever", "amount": 100, "currency": "points", "over": "cut"}],
}  # fmt: skip


@pytest.fixture
def evening():
    factories.world()
    made = factories.announced(capacity=9, money="EUR")
    factories.ticket(made, price=2_100)
    return made


@pytest.fixture(autouse=True)
def _books_are_whole_at_the_end(db):
    yield
    assert [each for each in (*verify(), *proof.verify()) if not each.holds] == []


def member(ref, **more):
    return factories.MemberFactory(ref=ref, **{"age_band": "adult", **more})


def paid(evening, buyer, **more):
    now = timezone.now()
    order = registering.register(activity_id=evening.pk, member=buyer, now=now, **more)[0].order
    paying.pay(order_id=order.pk, provider="offline", ref=buyer.ref, amount=2_100, money="EUR", at=now, now=now)
    factories.judge()
    return Order.objects.get(pk=order.pk)


def has(ref):
    found = {line.currency: line for line in balances(Member.objects.get(ref=ref).pk)}.get("points")
    return (int(found.available), int(found.pending)) if found is not None else (0, 0)


def give_back(order, amount, key="part"):
    refunding.refund(
        order_id=order.pk, amount=amount, points=0, key=key, now=timezone.now(), reason="Cold.", actor="operator 1"
    )


def take(after=timedelta(minutes=1)):
    return refunding.take_back_rewards(now=timezone.now() + after)


def finish(evening):
    now = timezone.now()
    Activity.objects.update(starts_at=now - timedelta(hours=2), ends_at=now)
    advancing.advance_activities(now=now)
    factories.judge()


def test_whoever_brought_a_paying_member_is_paid_when_it_is_over(evening):
    factories.rule(COMMISSION)
    paid(evening, member("bo", invited_by=member("ada")))
    assert has("ada") == (0, 10)

    finish(evening)

    assert has("ada") == (10, 0)


def test_a_refund_before_it_is_over_takes_the_commission_back_and_one_after_does_not(evening):
    factories.rule(COMMISSION)
    ada = member("ada")
    first, second = (paid(evening, member(ref, invited_by=ada)) for ref in ("bo", "cy"))
    assert has("ada") == (0, 20)

    registering.cancel(registration_id=first.registration_id, now=timezone.now())
    assert take() == 1
    assert take() == 0
    assert has("ada") == (0, 10)
    finish(evening)
    give_back(second, 2_100)
    take()

    assert has("ada") == (10, 0)


def test_a_part_leaves_a_commission_that_waits_as_it_is(evening):
    factories.rule(COMMISSION)
    order = paid(evening, member("bo", invited_by=member("ada")))

    give_back(order, 1_000)

    assert (take(), has("ada")) == (1, (0, 10))


def test_the_link_counts_before_the_invitation_and_one_level_only(evening):
    factories.rule(COMMISSION)
    ada = member("ada")
    bo, cy = member("bo", invited_by=ada), member("cy")
    Invitation.objects.create(code="FROMCY", inviter=cy)

    paid(evening, member("di", invited_by=bo), link="fromcy")
    paid(evening, member("ed", invited_by=bo), link="NOBODYS")

    assert (has("ada"), has("bo"), has("cy")) == ((0, 0), (0, 10), (0, 10))


@pytest.mark.parametrize("bringer", [{"age_band": "minor"}, {"age_band": "unknown"}, {"status": "left"}])
def test_only_grown_ups_who_are_members_are_paid(evening, bringer):
    factories.rule(COMMISSION)
    order = paid(evening, member("bo", invited_by=member("ada", **bringer)))

    assert (has("ada"), order.registration.brought_by.ref) == ((0, 0), "ada")


def test_nobody_is_paid_for_bringing_themselves(evening):
    factories.rule(COMMISSION)
    ada = member("ada")
    Invitation.objects.create(code="MINE", inviter=ada)

    order = paid(evening, ada, link="MINE")

    assert (has("ada"), order.registration.brought_by) == ((0, 0), None)


def test_what_was_paid_for_an_order_goes_back_in_proportion_limits_included(evening):
    factories.rule(BACK)
    order = paid(evening, member("bo"))
    assert (has("bo"), LimitUse.objects.get().amount) == ((21, 0), 21)

    give_back(order, 700)
    assert (take(), take()) == (1, 0)
    assert (has("bo"), LimitUse.objects.get().amount) == ((14, 0), 14)
    give_back(order, 100, "more")
    take()
    # Eight of twenty-one have gone back in all: 8 points, the fraction stays.
    assert has("bo") == (13, 0)
    registering.cancel(registration_id=order.registration_id, now=timezone.now(), by=EndedBy.TEAM)
    take()

    assert (has("bo"), LimitUse.objects.get().amount, Refund.objects.count()) == ((0, 0), 0, 3)


def test_a_refund_before_anybody_judged_the_order_waits_for_a_part_and_stops_the_whole(evening):
    factories.rule(BACK)
    now = timezone.now()
    orders = []
    for ref in ("bo", "cy"):
        order = registering.register(activity_id=evening.pk, member=member(ref), now=now)[0].order
        paying.pay(order_id=order.pk, provider="offline", ref=ref, amount=2_100, money="EUR", at=now, now=now)
        orders.append(Order.objects.get(pk=order.pk))
    give_back(orders[0], 700)
    give_back(orders[1], 2_100)

    assert take() == 1
    factories.judge()
    assert (has("bo"), has("cy")) == ((21, 0), (0, 0))
    assert take(timedelta(minutes=20)) == 1

    assert has("bo") == (14, 0)


def test_what_waits_for_the_member_goes_in_part_once_it_is_sure(evening):
    waiting = {**BACK, "then": [factories.award("clamp(floor(event.data.amount), 0, 100)", pending={"for": "1h"})]}
    factories.rule(waiting)
    order = paid(evening, member("bo"))

    give_back(order, 700)

    assert (take(), has("bo")) == (0, (0, 21))


def test_what_was_spent_is_not_chased(evening):
    factories.rule(BACK)
    order = paid(evening, member("bo"))
    operations.spend(
        member_id=order.member_id, currency=Currency.objects.get(code="points"), amount=21, key=b"k" * 32,
        now=timezone.now(), actor="test",
    )  # fmt: skip
    give_back(order, 2_100)

    assert (take(), has("bo")) == (1, (0, 0))


def test_money_that_was_never_the_price_takes_nothing_back(evening):
    factories.rule(BACK)
    order = paid(evening, member("bo"))
    now = timezone.now()
    paying.pay(order_id=order.pk, provider="offline", ref="twice", amount=500, money="EUR", at=now, now=now)

    assert (Refund.objects.get().rewards_due_at, take(), has("bo")) == (None, 0, (21, 0))


@pytest.mark.parametrize(
    ("when", "currency", "codes"),
    [
        ("activity.order_paid", "growth", ["money_for_growth"]),
        ("activity.order_refunded", "growth", ["money_for_growth"]),
        ("activity.order_paid", "points", []),
        ("activity.checked_in", "growth", []),
    ],
)
def test_money_never_counts_for_growth(when, currency, codes):
    factories.world()
    document = read_document({"code": "growing", "when": when, "then": [factories.award(5, currency)]})

    assert [each.code for each in check_rule(document, load_known().catalogue).errors] == codes
