"""Money under pressure: everything at once, and every cent and point still once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import life, registering
from activities.domain.orders import codes, gathering, groups, paying, proof, providers, refunding
from activities.enums import ActivityState
from activities.models import Activity, Group, Order, Payment, Refund, Registration, Ticket, TicketCode
from incentives.domain.ledger.queries import balances
from incentives.domain.ledger.verify import verify
from incentives.domain.requests import Refused
from incentives.models import Hold
from members.models import Event, Partner
from tests import factories
from tests.faults.test_pump import in_threads

pytestmark = pytest.mark.postgresql


@pytest.fixture
def evening(committed_db):
    factories.world()
    made = factories.announced(capacity=30, money="EUR")
    factories.ticket(made)
    return made


def people(count):
    return [factories.MemberFactory(ref=f"m{number}", age_band="adult") for number in range(count)]


def ordered(activity, member, **more):
    return registering.register(activity_id=activity.pk, member=member, now=timezone.now(), **more)[0].order


def payment(order, ref, now=None, amount=None):
    moment = now or timezone.now()

    def run():
        paying.pay(
            order_id=order.pk, provider="offline", ref=ref, amount=amount or order.amount, money="EUR", at=moment,
            now=moment,
        )  # fmt: skip

    return run


def politely(do: Callable[[], object]) -> Callable[[], None]:
    def run():
        with suppress(Refused):
            do()

    return run


def books_are_whole():
    assert [each for each in (*verify(), *proof.verify()) if not each.holds] == []


def told(code):
    return Event.objects.filter(type__code=code).count()


def test_paying_and_expiring_at_once_keeps_one_of_the_two(evening):
    orders = [ordered(evening, member) for member in people(12)]
    late = orders[0].expires_at
    pays = [payment(each, f"p{each.pk}", late) for each in orders]

    assert in_threads(*pays, *[lambda: paying.expire_unpaid(now=late)] * 3) == []

    # Paid in time, or expired and taken back into the place that was still free.
    assert set(Order.objects.values_list("state", "paid", "refunded")) == {("paid", 2_000, 0)}
    assert told("activity.order_paid") == 12
    books_are_whole()


def test_the_same_news_from_many_workers_is_one_payment(evening):
    order = ordered(evening, *people(1))
    news = [providers.News(str(order.public_id), "pi_1", 2_000, "EUR", timezone.now())]

    def tell():
        paying.take_news("stripe", news, now=timezone.now())

    assert in_threads(*[tell] * 8) == []

    assert (Payment.objects.count(), told("activity.order_paid"), told("activity.registered")) == (1, 1, 1)
    books_are_whole()


def test_a_refund_that_many_ask_for_is_given_once_and_never_more_than_was_paid(evening):
    order = ordered(evening, *people(1))
    payment(order, "p")()

    def give(key, amount):
        return politely(
            lambda: refunding.refund(
                order_id=order.pk, amount=amount, points=0, key=key, now=timezone.now(), reason="x", actor="test"
            )
        )

    cancel = politely(lambda: registering.cancel(registration_id=order.registration_id, now=timezone.now()))
    assert in_threads(*[give("one", 700)] * 4, *[give(f"k{n}", 900) for n in range(4)], cancel) == []

    order.refresh_from_db()
    assert (order.refunded, Refund.objects.filter(key="one").count() <= 1) == (2_000, True)
    books_are_whole()


def test_a_provider_is_asked_for_a_refund_by_one_worker_at_a_time(evening, monkeypatch):
    orders = [ordered(evening, member) for member in people(6)]
    for order in orders:
        payment(order, f"p{order.pk}")()
        registering.cancel(registration_id=order.registration_id, now=timezone.now())
    asked = []

    class Slow:
        code = "offline"

        def refund(self, refund):
            asked.append(refund.pk)
            return f"re_{refund.pk}"

    monkeypatch.setattr(providers, "named", lambda _code: Slow())

    assert in_threads(*[lambda: refunding.carry_out(now=timezone.now())] * 4) == []

    assert sorted(asked) == list(Refund.objects.order_by("pk").values_list("pk", flat=True))
    assert set(Refund.objects.values_list("state", flat=True)) == {"done"}
    books_are_whole()


def test_the_last_seat_of_a_ticket_is_given_once(evening):
    few = factories.ticket(evening, "few", price=0, capacity=1)

    def come(member):
        return lambda: registering.register(activity_id=evening.pk, member=member, now=timezone.now(), ticket=few)

    assert in_threads(*[come(member) for member in people(12)]) == []

    states = list(Registration.objects.values_list("state", flat=True))
    assert (states.count("confirmed"), states.count("waiting")) == (1, 11)
    books_are_whole()


def test_an_activity_that_is_called_off_while_points_are_held_gives_them_all_back(evening):
    both = factories.ticket(evening, "both", price=500, points=100, currency=factories.CurrencyFactory())
    members = people(8)
    for member in members:
        factories.points_for(member, 100)
    orders = [ordered(evening, member, ticket=both) for member in members]
    pays = [payment(each, f"p{each.pk}") for each in orders]

    def call_off():
        life.step(activity_id=evening.pk, to=ActivityState.CANCELLED, now=timezone.now(), reason="Snow.")

    assert in_threads(*pays, call_off, call_off) == []

    for order in Order.objects.all():
        assert (order.state, order.paid, order.refunded) == ("cancelled", 500, 500)
    assert not Hold.objects.filter(state="open").exists()
    for member in members:
        (line,) = [each for each in balances(member.pk) if each.currency == "points"]
        assert (int(line.available), int(line.held)) == (100, 0)
    books_are_whole()


@pytest.fixture
def group(evening):
    factories.ticket(evening, "trio", price=1_500, group_size=3, group_hours=10)
    return ordered(evening, factories.MemberFactory(ref="ada", age_band="adult"), ticket=trio()).group


def trio():
    return Ticket.objects.get(code="trio")


def test_many_who_join_the_last_place_of_a_group_are_one(evening, group):
    joined = [politely(lambda each=each: ordered(evening, each, ticket=trio(), group=group.code)) for each in people(9)]

    assert in_threads(*joined) == []

    assert (Group.objects.get().held(), Order.objects.count()) == (3, 3)
    books_are_whole()


def test_the_last_payments_at_once_complete_a_group_once(evening, group):
    orders = [*Order.objects.all(), *(ordered(evening, each, group=group.code) for each in people(2))]

    assert in_threads(*[payment(each, f"p{each.pk}") for each in orders for _ in range(3)]) == []

    assert Group.objects.get().state == "completed"
    assert (told("activity.group_completed"), told("activity.order_paid"), Payment.objects.count()) == (3, 3, 3)
    books_are_whole()


def test_a_group_at_its_moment_is_complete_or_failed_and_nobody_half(evening, group):
    orders = [*Order.objects.all(), *(ordered(evening, each, group=group.code) for each in people(2))]
    before, at = group.closes_at - timedelta(seconds=1), group.closes_at
    for order in orders[:2]:
        payment(order, f"p{order.pk}", before)()

    def cancel():
        with suppress(registering.CannotChange):
            registering.cancel(registration_id=orders[0].registration_id, now=before)

    close = [lambda: gathering.close_due(now=at)] * 3
    assert in_threads(*close, payment(orders[2], "last", before), payment(orders[2], "last", before), cancel) == []
    gathering.close_due(now=at)

    state = Group.objects.get().state
    assert state in ("completed", "failed")
    kept = sum(each.paid - each.refunded for each in Order.objects.all())
    assert kept == sum(each.amount for each in Order.objects.filter(state="paid"))
    assert told("activity.group_failed") == 0 or told("activity.group_completed") == 0
    books_are_whole()


def test_codes_are_used_up_exactly_also_across_activities_of_one_partner(evening):
    shop = Partner.objects.create(code="shop", name="A shop", contract_from=timezone.localdate(), tickets_max=8)
    other = factories.announced("other", capacity=30, money="EUR")
    factories.ticket(other)
    made = [
        codes.make(
            ticket=Ticket.objects.get(activity=each, code="single"), uses_max=4, partner=shop, now=timezone.now()
        )
        for each in (evening, other)
    ]
    Partner.objects.update(tickets_max=5)

    def come(member, activity, code):
        return politely(
            lambda: registering.register(
                activity_id=activity.pk, member=member, now=timezone.now(), free_code=code.code
            )
        )

    tries = [come(each, *pair) for each in people(8) for pair in zip((evening, other), made, strict=True)]
    assert in_threads(*tries) == []

    shop.refresh_from_db()
    used = list(TicketCode.objects.values_list("uses", flat=True))
    assert (sum(used), shop.tickets_given, max(used) <= 4) == (5, 5, True)
    assert Activity.objects.get(pk=evening.pk).seats_taken + Activity.objects.get(pk=other.pk).seats_taken == 5
    books_are_whole()


def test_what_rules_paid_is_taken_back_by_one_worker(evening):
    factories.rule({"code": "back", "when": "activity.order_paid", "then": [factories.award(20)]})
    order = ordered(evening, *people(1))
    payment(order, "p")()
    factories.judge()
    order.refresh_from_db()
    refunding.refund(
        order_id=order.pk, amount=1_000, points=0, key="k", now=timezone.now(), reason="x", actor="test"
    )  # fmt: skip

    assert in_threads(*[lambda: refunding.take_back_rewards(now=timezone.now() + timedelta(minutes=1))] * 6) == []

    (line,) = [each for each in balances(order.member_id) if each.currency == "points"]
    assert int(line.available) == 10
    books_are_whole()


def test_nobody_joins_a_group_that_is_not_there(evening):
    with pytest.raises(groups.CannotJoin):
        ordered(evening, *people(1), group="NOTHING")
    assert Registration.objects.count() == 0
