"""What a place costs, what was paid for it, and what goes back: every cent and every point once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import advancing, life, registering
from activities.domain.orders import paying, placing, proof, providers, refunding
from activities.enums import ActivityState, EndedBy
from activities.models import Activity, Order, Payment, Refund, Registration, Ticket
from incentives.domain.ledger.queries import balances
from incentives.domain.ledger.verify import verify
from incentives.models import Hold
from members.models import Event
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def evening():
    made = factories.announced(capacity=3, money="EUR", guests_max=1)
    factories.ticket(made)
    return made


@pytest.fixture
def ada():
    return factories.MemberFactory(ref="ada", age_band="adult")


def register(activity, member, ticket=None, now=None, **more):
    return registering.register(
        activity_id=activity.pk, member=member, now=now or timezone.now(), ticket=ticket, **more
    )[0]


def pay(order, amount=None, ref="t1", now=None, money="EUR"):
    now = now or timezone.now()
    return paying.pay(
        order_id=order.pk, provider="offline", ref=ref, amount=order.amount if amount is None else amount, money=money,
        at=now, now=now,
    )  # fmt: skip


def balance_of(member):
    return {line.currency: (int(line.available), int(line.held)) for line in balances(member.pk)}.get("points")


def books_are_whole():
    assert [each for each in verify() if not each.holds] == []
    assert [each for each in proof.verify() if not each.holds] == []
    for order in Order.objects.all():
        assert order.paid == sum(order.payments.values_list("amount", flat=True))
        assert order.refunded == sum(order.refunds.values_list("amount", flat=True))
        assert order.points_refunded == sum(order.refunds.values_list("points", flat=True))
    for each in (*Activity.objects.all(), *Ticket.objects.all()):
        mine = {"activity": each} if isinstance(each, Activity) else {"ticket": each}
        assert each.seats_taken == sum(r.seats for r in Registration.objects.seated().filter(**mine))


def events(code):
    found = Event.objects.filter(type__code=code).order_by("pk").select_related("payload")
    return [json.loads(each.payload.data) for each in found]


def test_a_place_that_costs_is_held_until_it_is_paid(evening, ada):
    made = register(evening, ada, guests=1)
    order = made.order

    assert (made.state, order.state, order.amount, order.money) == ("held", "placed", 4_000, "EUR")
    assert events("activity.registered") == []
    _payment, is_new = pay(order)

    made.refresh_from_db()
    order.refresh_from_db()
    assert (is_new, made.state, order.state, order.paid) == (True, "confirmed", "paid", 4_000)
    assert events("activity.registered")[0]["guests"] == 1
    (told,) = events("activity.order_paid")
    assert (told["amount"], told["money"], told["ticket"], told["seats"]) == ("40.00", "EUR", "single", 2)
    books_are_whole()


def test_the_same_news_twice_is_one_payment_and_other_news_under_its_name_a_conflict(evening, ada):
    order = register(evening, ada).order
    pay(order)

    assert pay(order)[1] is False
    with pytest.raises(paying.CannotPay, match="told before"):
        pay(order, amount=100)

    assert Payment.objects.count() == 1
    books_are_whole()


def test_what_is_paid_in_parts_is_settled_with_the_last_one(evening, ada):
    made = register(evening, ada)

    pay(made.order, 500, "a")
    made.refresh_from_db()
    assert made.state == "held"
    pay(made.order, 1_500, "b")

    made.refresh_from_db()
    assert made.state == "confirmed"
    books_are_whole()


@pytest.mark.parametrize(("amount", "money"), [(0, "EUR"), (-5, "EUR"), (2_000, "USD")])
def test_money_of_another_kind_is_refused(evening, ada, amount, money):
    order = register(evening, ada).order

    with pytest.raises(paying.CannotPay, match="is paid in EUR"):
        pay(order, amount, money=money)

    assert Payment.objects.count() == 0


def test_what_is_more_than_was_due_goes_back(evening, ada):
    order = register(evening, ada).order

    pay(order, 2_500)

    refund = Refund.objects.get()
    assert (refund.amount, refund.why, refund.state) == (500, "surplus", "due")
    books_are_whole()


def test_an_order_that_is_not_paid_in_time_gives_its_seat_to_the_next(evening, ada):
    now = timezone.now()
    made = register(evening, ada, guests=1, now=now)
    register(evening, factories.MemberFactory(age_band="adult"), now=now)
    waiting = register(evening, factories.MemberFactory(age_band="adult"), now=now)
    assert waiting.state == "waiting"

    assert paying.expire_unpaid(now=now + timedelta(hours=71)) == 0
    assert paying.expire_unpaid(now=now + timedelta(hours=72)) == 2
    assert paying.expire_unpaid(now=now + timedelta(hours=72)) == 0

    made.refresh_from_db()
    waiting.refresh_from_db()
    assert (made.state, made.order.state, waiting.state) == ("lapsed", "expired", "offered")
    taken, _new = registering.accept_offer(
        registration_id=waiting.pk, member_id=waiting.member_id, now=now + timedelta(hours=73)
    )
    assert (taken.state, taken.order.amount) == ("held", 2_000)
    books_are_whole()


def test_money_that_comes_late_gives_the_place_back_while_it_is_free(evening, ada):
    now = timezone.now()
    made = register(evening, ada, now=now)
    paying.expire_unpaid(now=now + timedelta(hours=72))

    pay(made.order, now=now + timedelta(hours=73))

    made.refresh_from_db()
    assert (made.state, made.order.state, made.ended_at) == ("confirmed", "paid", None)
    assert Refund.objects.count() == 0
    books_are_whole()


def test_money_that_comes_when_the_place_is_gone_goes_back_whole(evening, ada):
    now = timezone.now()
    made = register(evening, ada, now=now)
    paying.expire_unpaid(now=now + timedelta(hours=72))
    for _ in range(3):
        register(evening, factories.MemberFactory(age_band="adult"), now=now + timedelta(hours=72))

    pay(made.order, now=now + timedelta(hours=73))
    pay(made.order, now=now + timedelta(hours=73), ref="again")

    made.refresh_from_db()
    assert made.state == "lapsed"
    assert list(Refund.objects.order_by("pk").values_list("amount", "why")) == [(2_000, "late"), (2_000, "late")]
    books_are_whole()


def test_a_part_that_comes_when_the_time_is_over_goes_back(evening, ada):
    now = timezone.now()
    made = register(evening, ada, now=now)
    pay(made.order, 500, "a")
    paying.expire_unpaid(now=now + timedelta(hours=72))

    pay(made.order, 1_500, "b", now=now + timedelta(hours=73))
    pay(made.order, 300, "c", now=now + timedelta(hours=73))

    made.refresh_from_db()
    assert made.state == "lapsed"
    assert list(Refund.objects.order_by("pk").values_list("amount", "why")) == [
        (500, "cancelled"), (1_500, "late"), (300, "late"),
    ]  # fmt: skip
    books_are_whole()


def test_money_that_comes_after_all_was_settled_goes_back_and_what_was_kept_stays(evening, ada):
    now = timezone.now()
    Activity.objects.update(cancel_until=now - timedelta(days=1), late_refund_percent=50)
    made = register(evening, ada, now=now)
    pay(made.order)
    refunding.refund(
        order_id=made.order.pk, amount=200, points=0, key="g", now=now, reason="Cold.", actor="operator 1"
    )  # fmt: skip
    pay(made.order, 200, "more")
    registering.cancel(registration_id=made.pk, now=now)
    pay(made.order, 100, "stray")

    assert list(Refund.objects.order_by("pk").values_list("amount", "why")) == [
        (200, "goodwill"), (200, "surplus"), (900, "cancelled"), (100, "late"),
    ]  # fmt: skip
    books_are_whole()


def test_points_are_held_with_the_order_and_taken_with_the_money(evening, ada):
    both = factories.ticket(evening, "both", price=500, points=100, currency=factories.CurrencyFactory())
    factories.points_for(ada, 150)

    made = register(evening, ada, both)
    assert balance_of(ada) == (50, 100)
    pay(made.order)

    made.order.refresh_from_db()
    assert (balance_of(ada), made.order.state, Hold.objects.get().state) == ((50, 0), "paid", "captured")
    books_are_whole()


def test_a_place_for_points_alone_is_theirs_at_once(evening, ada):
    points = factories.ticket(evening, "points", points=100, currency=factories.CurrencyFactory())
    factories.points_for(ada, 150)

    made = register(evening, ada, points)

    assert (made.state, made.order.state, balance_of(ada)) == ("confirmed", "paid", (50, 0))
    assert events("activity.order_paid")[0]["points"] == "100"
    books_are_whole()


def test_whoever_has_too_few_points_gets_no_place_and_loses_none(evening, ada):
    points = factories.ticket(evening, "points", points=100, currency=factories.CurrencyFactory())
    factories.points_for(ada, 99)

    with pytest.raises(placing.CannotOrder, match="not enough points"):
        register(evening, ada, points)

    assert Registration.objects.count() == 0
    assert balance_of(ada) == (99, 0)
    books_are_whole()


def test_points_of_an_order_that_is_not_paid_come_back(evening, ada):
    both = factories.ticket(evening, "both", price=500, points=100, currency=factories.CurrencyFactory())
    factories.points_for(ada, 100)
    now = timezone.now()
    register(evening, ada, both, now=now)

    paying.expire_unpaid(now=now + timedelta(hours=72))

    assert balance_of(ada) == (100, 0)
    books_are_whole()


def test_cancelling_in_time_gives_everything_back_and_late_what_was_promised(evening, ada):
    now = timezone.now()
    Activity.objects.update(cancel_until=now + timedelta(days=1), late_refund_percent=50)
    both = factories.ticket(evening, "both", price=501, points=101, currency=factories.CurrencyFactory())
    bo = factories.MemberFactory(ref="bo", age_band="adult")
    for number, (member, moment) in enumerate([(ada, now), (bo, now + timedelta(days=1))]):
        factories.points_for(member, 101)
        made = register(evening, member, both)
        pay(made.order, ref=f"t{number}")
        registering.cancel(registration_id=made.pk, now=moment)

    assert list(Refund.objects.order_by("pk").values_list("amount", "points", "why")) == [
        (501, 101, "cancelled"), (250, 50, "cancelled"),
    ]  # fmt: skip
    assert (balance_of(ada), balance_of(bo)) == ((101, 0), (50, 0))
    assert [(each["amount"], each["why"]) for each in events("activity.order_refunded")] == [
        ("5.01", "cancelled"), ("2.50", "cancelled"),
    ]  # fmt: skip
    books_are_whole()


def test_an_activity_called_off_gives_everything_back_however_late_it_is(evening, ada):
    Activity.objects.update(cancel_until=timezone.now() - timedelta(days=1))
    points = factories.ticket(evening, "points", points=100, currency=factories.CurrencyFactory())
    bo, cy = factories.MemberFactory(age_band="adult"), factories.MemberFactory(age_band="adult")
    factories.points_for(cy, 100)
    single = Ticket.objects.get(code="single")
    pay(register(evening, ada, single).order)
    unpaid = register(evening, bo, single)
    register(evening, cy, points)

    life.step(activity_id=evening.pk, to=ActivityState.CANCELLED, now=timezone.now(), reason="Snow.")

    assert sorted(Refund.objects.values_list("amount", "points", "why")) == [
        (0, 100, "called_off"), (2_000, 0, "called_off"),
    ]  # fmt: skip
    unpaid.order.refresh_from_db()
    assert (unpaid.order.state, balance_of(cy)) == ("cancelled", (100, 0))
    books_are_whole()


def test_the_team_gives_back_a_part_with_a_reason_and_never_more_than_was_paid(evening, ada):
    order = register(evening, ada).order
    pay(order)

    def refund(amount, key, reason="The heating failed."):
        return refunding.refund(
            order_id=order.pk, amount=amount, points=0, key=key, now=timezone.now(), reason=reason, actor="operator 1"
        )

    assert refund(500, "one")[1] is True
    assert refund(500, "one")[1] is False
    with pytest.raises(refunding.CannotRefund, match="More than was paid"):
        refund(1_501, "two")
    with pytest.raises(refunding.CannotRefund, match="Say why"):
        refund(1, "three", reason=" ")
    with pytest.raises(refunding.CannotRefund, match="how much"):
        refund(0, "four")
    registering.cancel(registration_id=order.registration_id, now=timezone.now(), by=EndedBy.TEAM)

    assert sorted(Refund.objects.values_list("amount", flat=True)) == [500, 1_500]
    books_are_whole()


def test_what_is_paid_back_by_hand_waits_for_somebody_to_say_so(evening, ada):
    made = register(evening, ada)
    pay(made.order)
    registering.cancel(registration_id=made.pk, now=timezone.now())

    assert refunding.carry_out(now=timezone.now()) == 0
    assert refunding.carry_out(now=timezone.now() + timedelta(days=9)) == 0
    refund = Refund.objects.get()
    assert (refund.state, refund.tries) == ("due", 1)
    assert refunding.confirm(refund_id=refund.pk, now=timezone.now(), actor="operator 1", ref="SEPA 7")[1] is True
    assert refunding.confirm(refund_id=refund.pk, now=timezone.now(), actor="operator 2")[1] is False
    refund.refresh_from_db()
    assert (refund.state, refund.actor, refund.provider_ref) == ("done", "operator 1", "SEPA 7")


class Stubborn:
    """A provider that is away a few times."""

    code = "offline"
    minutes_to_pay = 30

    def __init__(self, failures):
        self.failures, self.asked = failures, []

    def refund(self, refund):
        self.asked.append(refund.pk)
        if len(self.asked) <= self.failures:
            raise providers.CannotMove("The line is dead.")
        return "re_1"


@pytest.mark.parametrize(("failures", "state", "asked"), [(2, "done", 3), (99, "failed", 8)])
def test_a_provider_that_is_away_is_asked_again_and_at_last_a_person_hears_of_it(
    evening, ada, monkeypatch, failures, state, asked
):
    stubborn = Stubborn(failures)
    monkeypatch.setattr(providers, "named", lambda _code: stubborn)
    made = register(evening, ada)
    pay(made.order)
    registering.cancel(registration_id=made.pk, now=timezone.now())

    for hours in range(24 * 8):
        refunding.carry_out(now=timezone.now() + timedelta(hours=hours))

    refund = Refund.objects.get()
    assert (refund.state, len(stubborn.asked)) == (state, asked)
    assert refund.error == ("" if state == "done" else "The line is dead.")


def test_tickets_say_why_they_are_not_to_be_had(evening, ada):
    from activities.domain.orders.pricing import offers_of

    now = timezone.now()
    silver = factories.ladder(silver=10).tiers.get()
    factories.ticket(evening, "early", price=1_500, sells_until=now)
    factories.ticket(evening, "later", price=2_500, sells_from=now + timedelta(days=1))
    factories.ticket(evening, "silver", price=0, tier=silver, capacity=2)
    minor = factories.MemberFactory(age_band="minor")
    ward = factories.MemberFactory(age_band="minor", attributes={"guardian": True})

    def found(member):
        return {each.ticket.code: each.why_not and each.why_not.code for each in offers_of(evening, member, now=now)}

    assert found(ada) == {
        "early": "ticket_not_sold", "later": "ticket_sold_later", "silver": "tier_too_low", "single": None,
    }  # fmt: skip
    assert found(minor)["single"] == "not_adult"
    assert found(ward)["single"] is None
    with pytest.raises(registering.CannotRegister, match="Sold from"):
        register(evening, ada, Ticket.objects.get(code="later"))


def test_whoever_does_not_choose_gets_the_only_ticket_and_is_asked_where_there_are_more(evening, ada):
    assert register(evening, ada).ticket.code == "single"
    other = factories.ticket(evening, "other", price=100)
    with pytest.raises(registering.CannotRegister, match="Choose a ticket"):
        register(evening, factories.MemberFactory(age_band="adult"))
    foreign = factories.ticket(factories.announced("else"))
    with pytest.raises(registering.CannotRegister, match="no such ticket"):
        register(evening, factories.MemberFactory(age_band="adult"), foreign)
    assert register(evening, factories.MemberFactory(age_band="adult"), other).ticket == other


def test_a_ticket_has_seats_of_its_own_and_its_own_line(evening):
    few = factories.ticket(evening, "few", price=0, capacity=1)
    single = Ticket.objects.get(code="single")
    people = [factories.MemberFactory(age_band="adult") for _ in range(4)]

    states = [register(evening, people[0], few).state, register(evening, people[1], few).state]
    assert states == ["confirmed", "waiting"]
    assert register(evening, people[2], single).state == "held"
    registering.cancel(registration_id=Registration.objects.get(member=people[0]).pk, now=timezone.now())

    assert Registration.objects.get(member=people[1]).state == "offered"
    books_are_whole()


@pytest.mark.parametrize(
    ("_case", "values", "tickets", "sentence"),
    [
        ("nothing_is_paid", {"kind": "paid"}, [{"price": 0}], "Nothing of it is paid"),
        ("no_money", {"kind": "sharing", "money": ""}, [{"price": 5}], "Its tickets cost money"),
        ("bad_money", {"kind": "sharing", "money": "QQQ"}, [{"price": 5}], "QQQ is no money"),
    ],
)
def test_announcing_asks_for_prices_in_some_money(_case, values, tickets, sentence):
    activity = factories.activity(**values)
    for number, each in enumerate(tickets):
        Ticket.objects.create(activity=activity, code=f"t{number}", names={"en": "T"}, **each)

    with pytest.raises(life.CannotStep, match=sentence):
        life.step(activity_id=activity.pk, to=ActivityState.ANNOUNCED, now=timezone.now())


def test_a_member_activity_may_be_for_whoever_has_points():
    activity = factories.activity(kind="member")
    factories.ticket(activity, points=10, currency=factories.CurrencyFactory())

    assert life.step(activity_id=activity.pk, to=ActivityState.ANNOUNCED, now=timezone.now())[0].state == "open"


def test_whoever_has_not_paid_when_it_begins_has_no_place(evening, ada):
    made = register(evening, ada, now=evening.starts_at - timedelta(hours=1))

    advancing.advance_activities(now=evening.starts_at)

    made.refresh_from_db()
    assert (made.state, made.order.state) == ("lapsed", "expired")
    books_are_whole()
