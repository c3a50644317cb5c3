"""Buying together: so many places before a moment, or everybody gets their money back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import advancing, life, registering
from activities.domain.changing import CannotEdit
from activities.domain.orders import gathering, groups, paying, proof, tickets
from activities.enums import ActivityState
from activities.models import Activity, Group, Order, Refund, Registration, Ticket
from members.models import Event
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now()
CLOSES = NOW + timedelta(hours=10)


@pytest.fixture
def evening():
    made = factories.announced(capacity=6, money="EUR", guests_max=2, now=NOW)
    single = factories.ticket(made, price=2_000)
    factories.ticket(made, "trio", price=1_500, group_size=3, group_hours=10, alone=single)
    return made


@pytest.fixture(autouse=True)
def _books_are_whole_at_the_end(db):
    yield
    assert [each for each in proof.verify() if not each.holds] == []


def come(evening, ref, code="", now=NOW, **more):
    member = factories.MemberFactory(ref=ref, age_band="adult")
    ticket = Ticket.objects.get(code="trio")
    return registering.register(
        activity_id=evening.pk, member=member, now=now, ticket=ticket, group=code, **more
    )[0].order  # fmt: skip


def pay(order, amount=None, now=NOW, ref=None):
    paying.pay(
        order_id=order.pk, provider="offline", ref=ref or f"{order.pk}-{amount}", amount=amount or order.amount,
        money="EUR", at=now, now=now,
    )  # fmt: skip


def states():
    found = Registration.objects.order_by("pk").values_list("member__ref", "state", "order__state", "order__paid")
    return {ref: tuple(rest) for ref, *rest in found}


def events(code):
    found = Event.objects.filter(type__code=code).order_by("pk").select_related("payload", "member")
    return {each.member.ref: json.loads(each.payload.data) for each in found}


def refunds():
    found = Refund.objects.order_by("pk").values_list("order__member__ref", "amount", "why")
    return {ref: tuple(rest) for ref, *rest in found}


def full(evening, **more):
    """A group of three with all its places held."""
    first = come(evening, "ada", **more)
    return [first, *(come(evening, ref, first.group.code.lower(), **more) for ref in ("bo", "cy"))]


def test_a_group_is_complete_with_its_last_payment_and_not_before(evening):
    orders = full(evening)
    assert Group.objects.get().held() == 3

    pay(orders[1])
    pay(orders[0])
    assert states()["bo"] == ("held", "gathering", 1_500)
    assert Registration.objects.get(member__ref="bo").until == CLOSES
    assert events("activity.order_paid") == events("activity.registered") == {}
    pay(orders[2])

    assert set(states().values()) == {("confirmed", "paid", 1_500)}
    group = Group.objects.get()
    assert (group.state, group.paid(), group.leader.ref) == ("completed", 3, "ada")
    told = events("activity.group_completed")
    assert {ref: each["leader"] for ref, each in told.items()} == {"ada": True, "bo": False, "cy": False}
    assert (told["bo"]["ticket"], told["bo"]["size"], told["bo"]["activity"]) == ("trio", 3, "evening")
    assert list(events("activity.order_paid")) == ["ada", "bo", "cy"]
    assert gathering.close_due(now=CLOSES + timedelta(days=1)) == 0


def test_guests_are_places_of_the_group(evening):
    first = come(evening, "ada", guests=1)
    with pytest.raises(groups.CannotJoin, match="has 1 places left"):
        come(evening, "bo", first.group.code, guests=1)
    second = come(evening, "cy", first.group.code)
    pay(first)
    pay(second)

    assert (Group.objects.get().state, Registration.objects.count()) == ("completed", 2)


def test_a_group_that_is_not_complete_in_time_gives_everything_back(evening):
    orders = full(evening)
    pay(orders[0])
    pay(orders[1], 500)

    assert gathering.close_due(now=CLOSES - timedelta(seconds=1)) == 0
    assert advancing.advance_activities(now=CLOSES)["ungrouped"] == 1
    assert advancing.advance_activities(now=CLOSES)["ungrouped"] == 0

    assert states() == {
        "ada": ("lapsed", "expired", 1_500), "bo": ("lapsed", "expired", 500), "cy": ("lapsed", "expired", 0),
    }  # fmt: skip
    assert refunds() == {"ada": (1_500, "group"), "bo": (500, "group")}
    told = events("activity.group_failed")
    assert {ref: (each["kept"], each["leader"]) for ref, each in told.items()} == {
        "ada": (False, True), "bo": (False, False), "cy": (False, False),
    }  # fmt: skip
    assert Activity.objects.get().seats_taken == 0


def test_whoever_chose_so_keeps_the_place_by_paying_the_difference_in_time(evening):
    stays, pays = come(evening, "ada", stays_alone=True), come(evening, "bo", stays_alone=True)
    leaves, unpaid = come(evening, "cy"), come(evening, "di", stays_alone=True)
    for order in (stays, pays, leaves):
        pay(order)
    Ticket.objects.filter(code="single").update(price=9_900)

    gathering.close_due(now=CLOSES)

    assert {each["kept"] for ref, each in events("activity.group_failed").items() if ref in ("ada", "bo")} == {True}
    pays.refresh_from_db()
    assert (pays.amount, pays.left_to_pay, pays.expires_at) == (2_000, 500, CLOSES + timedelta(hours=24))
    pay(pays, 500, CLOSES + timedelta(hours=23))
    paying.expire_unpaid(now=CLOSES + timedelta(hours=24))
    assert states() == {
        "ada": ("lapsed", "expired", 1_500), "bo": ("confirmed", "paid", 2_000), "cy": ("lapsed", "expired", 1_500),
        "di": ("lapsed", "expired", 0),
    }  # fmt: skip
    assert refunds() == {"cy": (1_500, "group"), "ada": (1_500, "group")}
    assert unpaid.alone_amount == 2_000


def test_where_the_other_ticket_costs_the_same_the_place_is_kept_at_once(evening):
    Ticket.objects.filter(code="single").update(price=1_500)
    pay(come(evening, "ada", stays_alone=True))

    gathering.close_due(now=CLOSES)

    assert states() == {"ada": ("confirmed", "paid", 1_500)}
    assert list(events("activity.order_paid")) == ["ada"]


def test_no_time_is_left_to_pay_a_difference_once_it_begins(evening):
    Activity.objects.update(starts_at=CLOSES, ends_at=CLOSES + timedelta(hours=1))
    pay(come(evening, "ada", stays_alone=True))

    gathering.close_due(now=CLOSES)

    assert (states(), refunds()) == ({"ada": ("lapsed", "expired", 1_500)}, {"ada": (1_500, "group")})


@pytest.mark.parametrize(("seconds", "state"), [(-1, "completed"), (0, "failed")])
def test_a_payment_at_the_moment_itself_comes_too_late(evening, seconds, state):
    orders = full(evening)
    for order in orders[:2]:
        pay(order)

    pay(orders[2], now=CLOSES + timedelta(seconds=seconds))

    assert Group.objects.get().state == state
    assert set(refunds().values()) == (set() if state == "completed" else {(1_500, "group"), (1_500, "late")})
    assert len(refunds()) == (0 if state == "completed" else 3)


def test_a_member_who_cancels_before_gets_everything_back_and_the_place_is_anothers(evening):
    Activity.objects.update(cancel_until=NOW - timedelta(days=1), late_refund_percent=0)
    orders = full(evening)
    for order in orders[:2]:
        pay(order)

    registering.cancel(registration_id=orders[0].registration_id, now=NOW)

    assert refunds() == {"ada": (1_500, "cancelled")}
    pay(come(evening, "di", orders[0].group.code))
    pay(orders[2])
    assert Group.objects.get().state == "completed"
    assert {ref: each["leader"] for ref, each in events("activity.group_completed").items()} == {
        "bo": True, "cy": False, "di": False,
    }  # fmt: skip


def test_an_unpaid_place_that_expires_is_free_again_and_late_money_takes_it_while_the_group_gathers(evening, settings):
    settings.OFFLINE_ORDER_HOURS = 2
    orders = full(evening)
    paying.expire_unpaid(now=NOW + timedelta(hours=2))
    assert Group.objects.get().held() == 0

    pay(orders[0], now=NOW + timedelta(hours=3))

    assert states()["ada"] == ("held", "gathering", 1_500)
    for ref in ("di", "ed"):
        pay(come(evening, ref, orders[0].group.code, now=NOW + timedelta(hours=3)))
    pay(orders[1], now=NOW + timedelta(hours=4))
    assert (Group.objects.get().state, refunds()) == ("completed", {"bo": (1_500, "late")})


def test_more_than_was_due_goes_back_and_is_not_counted_for_the_difference(evening):
    pay(come(evening, "ada", stays_alone=True), 1_700)
    assert refunds() == {"ada": (200, "surplus")}

    gathering.close_due(now=CLOSES)

    assert Order.objects.get().refunded == 1_700
    assert states()["ada"][:2] == ("lapsed", "expired")


def test_an_activity_that_is_called_off_gives_back_what_groups_paid(evening):
    pay(full(evening)[0])

    life.step(activity_id=evening.pk, to=ActivityState.CANCELLED, now=NOW, reason="Snow.")
    gathering.close_due(now=CLOSES)

    assert (refunds(), Group.objects.get().state) == ({"ada": (1_500, "called_off")}, "failed")
    assert events("activity.group_failed") == {}


@pytest.mark.parametrize(
    ("_case", "more", "kind"),
    [
        ("no_such_code", {"code": "XXXXXXXXXX"}, "unknown_group"),
        ("too_many_of_us", {"code": "", "guests": 2, "size": 2}, "group_full"),
        ("nothing_else_to_pay", {"code": "", "stays_alone": True, "alone": None}, "no_other_ticket"),
        ("approved_by_a_person", {"code": "", "approval": True}, "needs_approval"),
    ],
)
def test_a_group_that_cannot_be_begun_or_joined_leaves_nothing(evening, _case, more, kind):
    if "size" in more:
        Ticket.objects.filter(code="trio").update(group_size=more.pop("size"))
    if "alone" in more:
        Ticket.objects.filter(code="trio").update(alone=more.pop("alone"))
    Activity.objects.update(needs_approval=more.pop("approval", False))

    with pytest.raises(groups.CannotJoin) as refused:
        come(evening, "ada", **more)

    assert (refused.value.kind, Registration.objects.count(), Group.objects.count()) == (kind, 0, 0)


def test_a_group_is_joined_while_it_gathers_with_its_own_ticket(evening):
    code = come(evening, "ada").group.code
    duo = factories.ticket(evening, "duo", price=1_800, group_size=2)
    bo = factories.MemberFactory(ref="bo", age_band="adult")

    def join(now=NOW, ticket=None):
        return registering.register(activity_id=evening.pk, member=bo, now=now, ticket=ticket, group=code)[0]

    with pytest.raises(groups.CannotJoin, match="buys another ticket"):
        join(ticket=duo)
    with pytest.raises(groups.CannotJoin, match="time of this group is over"):
        join(now=CLOSES)
    with pytest.raises(registering.CannotRegister, match="bought alone"):
        join(ticket=Ticket.objects.get(code="single"))
    assert join().ticket.code == "trio"


def test_a_complete_group_takes_nobody(evening):
    orders = full(evening)
    for order in orders:
        pay(order)
    with pytest.raises(groups.CannotJoin, match="is complete"):
        come(evening, "di", orders[0].group.code)


def test_nobody_waits_in_line_for_a_group(evening):
    Activity.objects.update(capacity=1)
    come(evening, "ada")
    with pytest.raises(registering.CannotRegister, match="Every seat is taken"):
        come(evening, "bo")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"group_size": 1}, "greater than or equal to 2"),
        ({"price": 0}, "pays in money"),
        ({"price": 2_001}, "costs less than the group's"),
        ({"group_size": None}, "Only a ticket of a group"),
    ],
)
def test_a_ticket_of_a_group_is_checked(evening, values, sentence):
    with pytest.raises(CannotEdit, match=sentence):
        tickets.put(activity_id=evening.pk, code="trio", values=values, now=NOW)


def test_the_size_of_a_group_stays_once_it_was_ordered_and_approval_is_for_none(evening):
    Activity.objects.update(needs_approval=True)
    with pytest.raises(CannotEdit, match="a person approves"):
        tickets.put(activity_id=evening.pk, code="trio", values={"price": 1_400}, now=NOW)
    Activity.objects.update(needs_approval=False)
    with pytest.raises(CannotEdit, match="of this activity"):
        foreign = factories.ticket(factories.announced("else", money="EUR"))
        tickets.put(activity_id=evening.pk, code="trio", values={"alone": foreign}, now=NOW)
    come(evening, "ada")
    with pytest.raises(CannotEdit, match="It has been ordered"):
        tickets.put(activity_id=evening.pk, code="trio", values={"group_size": 2}, now=NOW)
