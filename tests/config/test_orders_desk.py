"""Tickets, orders and refunds as operators see and move them."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from activities.domain import registering
from activities.domain.orders import paying
from activities.models import Activity, Order, Payment, Refund, Ticket
from config.roles import furnish_roles
from members.models import Member
from tests import factories

pytestmark = pytest.mark.django_db
ORDERS, REFUNDS = "/admin/activities/order", "/admin/activities/refund"


@pytest.fixture
def evening():
    made = factories.announced(capacity=5, money="EUR")
    factories.ticket(made)
    return made


def desk(role=None):
    furnish_roles()
    user = get_user_model().objects.create_user(role or "root", is_staff=True, is_superuser=role is None)
    if role is not None:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def ordered(evening, ref="ada", paid=0):
    member = factories.MemberFactory(ref=ref, age_band="adult")
    order = registering.register(activity_id=evening.pk, member=member, now=timezone.now())[0].order
    if paid:
        now = timezone.now()
        paying.pay(order_id=order.pk, provider="offline", ref=f"{ref} paid", amount=paid, money="EUR", at=now, now=now)
        order.refresh_from_db()
    return order


def press(client, path, given):
    return client.post(path, {"_form_submitted": "on", **given}, follow=True)


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def test_finance_says_that_money_has_come_and_once(evening):
    order, client = ordered(evening), desk("finance")

    part = press(client, f"{ORDERS}/{order.pk}/paid/", {"amount": "5.00", "ref": "cash 1"})
    rest = press(client, f"{ORDERS}/{order.pk}/paid/", {"amount": "", "ref": "cash 2"})
    again = press(client, f"{ORDERS}/{order.pk}/paid/", {"amount": "5", "ref": "cash 1"})
    odd = press(client, f"{ORDERS}/{order.pk}/paid/", {"amount": "7", "ref": "cash 1"})

    assert (said(part), said(rest)) == (["The money has come: cash 1."], ["The money has come: cash 2."])
    assert said(again) == ["That was known."]
    assert said(odd) == ["This payment was told before with another order or amount."]
    order.refresh_from_db()
    assert (order.state, list(Payment.objects.values_list("amount", flat=True))) == ("paid", [500, 1_500])


def test_finance_gives_back_a_part_and_says_when_it_was_paid(evening):
    order, client = ordered(evening, paid=2_000), desk("finance")

    given = press(client, f"{ORDERS}/{order.pk}/give-back/", {"amount": "5.50", "reason": "Cold."})
    bad = press(client, f"{ORDERS}/{order.pk}/give-back/", {"amount": "20", "reason": "Colder."})
    odd = press(client, f"{ORDERS}/{order.pk}/give-back/", {"amount": "0.001", "reason": "Colder."})
    points = press(client, f"{ORDERS}/{order.pk}/give-back/", {"points": "1", "reason": "Colder."})

    assert said(given) == ["It goes back: Cold."]
    assert said(bad) == ["More than was paid, less what went back before, cannot go back."]
    assert (said(odd), said(points)) == (["EUR has 2 decimals."], ["These points have no such decimals."])
    refund = Refund.objects.get()
    done = press(client, f"{REFUNDS}/{refund.pk}/paid-back/", {"ref": "SEPA 1"})
    again = press(client, f"{REFUNDS}/{refund.pk}/paid-back/", {"ref": "SEPA 2"})
    assert (said(done), said(again)) == (["It was paid back."], ["That was known."])
    refund.refresh_from_db()
    assert (refund.state, refund.provider_ref, refund.amount) == ("done", "SEPA 1", 550)


def test_what_failed_is_asked_for_again_at_the_press_of_a_button(evening):
    order, client = ordered(evening, paid=2_000), desk("finance")
    registering.cancel(registration_id=order.registration_id, now=timezone.now())
    Order.objects.update(provider="stripe")
    Refund.objects.update(state="failed", error="No.", tries=8, next_try_at=None)
    refund = Refund.objects.get()

    answer = press(client, f"{REFUNDS}/{refund.pk}/try-again/", {})

    refund.refresh_from_db()
    assert (said(answer), refund.state, refund.tries) == (["It is asked for again within a minute."], "due", 0)


@pytest.mark.parametrize("role", ["viewer", "community operator"])
def test_whoever_only_looks_moves_no_money(evening, role):
    order, client = ordered(evening, paid=500), desk(role)

    assert client.get(f"{ORDERS}/{order.pk}/change/").status_code == 200
    assert press(client, f"{ORDERS}/{order.pk}/paid/", {"amount": "5", "ref": "x"}).status_code == 403
    assert press(client, f"{ORDERS}/{order.pk}/give-back/", {"amount": "5", "reason": "x"}).status_code == 403

    order.refresh_from_db()
    assert (order.paid, order.refunded) == (500, 0)


def test_steps_are_offered_where_they_make_sense(evening):
    unpaid, paid, client = ordered(evening), ordered(evening, "bo", paid=2_000), desk()
    registering.cancel(registration_id=paid.registration_id, now=timezone.now())
    refund = Refund.objects.get()

    def shown(path):
        page = client.get(path).content.decode()
        return [word for word in ("/paid/", "/give-back/", "/paid-back/", "/try-again/") if word in page]

    assert shown(f"{ORDERS}/{unpaid.pk}/change/") == ["/paid/"]
    assert shown(f"{ORDERS}/{paid.pk}/change/") == []
    assert shown(f"{REFUNDS}/{refund.pk}/change/") == ["/paid-back/"]
    page = client.get(f"{REFUNDS}/?q={Member.objects.get(ref='bo').ref}").content.decode()
    assert "€20" in page
    assert client.get(f"{ORDERS}/?q=bo paid").status_code == 200


@pytest.mark.parametrize("path", [ORDERS, REFUNDS])
def test_lists_ask_the_database_as_often_however_long_they_are(evening, path, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, counts = desk(), []
    for refs in (["a"], ["b", "c"]):
        for ref in refs:
            order = ordered(evening, ref, paid=2_000)
            registering.cancel(registration_id=order.registration_id, now=timezone.now())
        client.get(f"{path}/")
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"{path}/").status_code == 200
        counts.append(len(asked))

    assert counts[0] == counts[1]


def form(client, evening, *rows):
    """The activity's form as it stands, with these tickets in it."""
    page = client.get(f"/admin/activities/activity/{evening.pk}/change/")
    data = {}
    shown = page.context["adminform"].form
    for name in shown.fields:
        value = shown[name].value()
        if hasattr(value, "strftime"):
            local = timezone.localtime(value)
            data |= {f"{name}_0": f"{local:%Y-%m-%d}", f"{name}_1": f"{local:%H:%M:%S}"}
        elif value is not None and value is not False:
            data[name] = value
    for inline in page.context["inline_admin_formsets"]:
        prefix = inline.formset.prefix
        kept = inline.formset.initial_form_count()
        new = len(rows) - kept if prefix == "tickets" else 0
        data |= {f"{prefix}-TOTAL_FORMS": kept + new, f"{prefix}-INITIAL_FORMS": kept}
        for number, each in enumerate(inline.formset.initial_forms):
            data |= {f"{prefix}-{number}-{name}": each[name].value() or "" for name in each.fields}
    for number, row in enumerate(rows):
        data |= {f"tickets-{number}-{name}": value for name, value in row.items()}
    return client.post(f"/admin/activities/activity/{evening.pk}/change/", data, follow=True)


def test_tickets_are_made_and_changed_within_their_activity(evening):
    client = desk()
    new = {"code": "early", "names": '{"en": "Early"}', "price": "15.50", "points": "", "is_active": "on"}

    answer = form(client, evening, {"price": "21"}, new)

    assert answer.status_code == 200
    assert dict(Ticket.objects.values_list("code", "price")) == {"single": 2_100, "early": 1_550}


@pytest.mark.parametrize(
    ("_case", "row", "sentence"),
    [
        ("a_part_of_a_cent", {"price": "1.001"}, "EUR has 2 decimals."),
        ("points_of_nothing", {"points": "5"}, "Say how many points, and which."),
        ("fewer_than_taken", {"capacity": "1"}, "2 seats are taken"),
    ],
)
def test_a_bad_ticket_is_refused_in_the_form(evening, _case, row, sentence):
    client = desk()
    ordered(evening)
    ordered(evening, "bo")

    answer = form(client, evening, row)

    assert sentence in answer.content.decode()
    assert list(Ticket.objects.values_list("price", "points", "capacity")) == [(2_000, 0, None)]
    assert Activity.objects.get().seats_taken == 2
