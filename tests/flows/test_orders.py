"""Tickets, orders and their money, as an app tells them."""

from __future__ import annotations

import pytest
from django.utils import timezone

from activities.domain import registering
from activities.models import Activity, Order, Payment, Refund, Registration, Ticket
from members.models import Member, Partner
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client_of):
    for ref in ("ada", "bo", "cy"):
        factories.MemberFactory(ref=ref, age_band="adult")
    factories.ticket(factories.announced(capacity=3, money="EUR", guests_max=1))
    return client_of()


def post(client, path, body=None, key=None):
    keyed = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    return client.post(f"/api/v1/{path}", body or {}, **keyed)


def put(client, code, **body):
    return client.put(f"/api/v1/activities/evening/tickets/{code}", body)


def ordered(client, ref="ada", **more):
    said = {"member": ref, "ticket": "single", **more}
    answer = post(client, "activities/evening/registrations", said, key=f"r-{ref}")
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_a_place_is_ordered_paid_in_parts_and_given_back_in_part(client):
    made = ordered(client, guests=1)
    due = made["order"]
    assert (made["state"], made["ticket"], due["amount"], due["money"], due["left"]) == (
        "held", "single", "40.00", "EUR", "40.00",
    )  # fmt: skip
    assert due["expires_at"] == made["until"]
    assert due["pay"]["words"] == f"Pay with the reference {due['pay']['ref']}."

    first = post(client, f"orders/{due['id']}/payments", {"amount": "15", "ref": "cash 1", "operator": "Ines"})
    assert (first.status_code, first.json()["left"], first.json()["state"]) == (201, "25.00", "placed")
    assert post(client, f"orders/{due['id']}/payments", {"amount": "15", "ref": "cash 1"}).status_code == 200
    last = post(client, f"orders/{due['id']}/payments", {"amount": "25.00", "ref": "cash 2"}).json()
    assert (last["state"], last["paid"], last["pay"]) == ("paid", "40.00", None)
    assert [each["amount"] for each in last["payments"]] == ["15.00", "25.00"]
    assert client.get(f"/api/v1/registrations/{made['id']}").json()["state"] == "confirmed"

    part = {"amount": "5.50", "reason": "The heating failed.", "operator": "Ines"}
    given = post(client, f"orders/{due['id']}/refunds", part, key="part")
    assert (given.status_code, given.json()["state"], given.json()["amount"]) == (201, "due", "5.50")
    assert post(client, f"orders/{due['id']}/refunds", part, key="part").json() == given.json()
    for _ in range(2):
        done = post(client, f"refunds/{given.json()['id']}/confirmation", {"ref": "SEPA 1", "operator": "Ines"}).json()
        assert done["state"] == "done"
    shown = client.get(f"/api/v1/orders/{due['id']}").json()
    assert (shown["refunded"], [each["reason"] for each in shown["refunds"]]) == ("5.50", ["The heating failed."])
    assert Refund.objects.get().actor == "Ines"


def test_a_ticket_in_points_is_theirs_at_once_and_goes_back_in_points(client):
    points = factories.CurrencyFactory(code="points")
    factories.points_for(Member.objects.get(ref="ada"), 150)
    made = put(client, "points", names={"en": "For points"}, points="100", currency="points")
    assert (made.status_code, made.json()["points"], made.json()["currency"]) == (201, "100", points.code)

    due = ordered(client, ticket="points")["order"]

    assert (due["state"], due["points"], due["amount"], due["pay"]) == ("paid", "100", "0", None)
    back = post(client, f"orders/{due['id']}/refunds", {"points": "40", "reason": "Half of it."}, key="p").json()
    assert (back["state"], back["points"], back["amount"]) == ("done", "40", "0")
    assert [each["available"] for each in client.get("/api/v1/members/ada/balances").json()] == ["90"]


def test_tickets_say_what_is_left_and_why_not(client):
    put(client, "early", names={"en": "Early"}, price="15.00", sells_until="2020-01-01T00:00:00Z")
    put(client, "few", names={"en": "Few"}, capacity=1)
    ordered(client)

    found = {each["code"]: each for each in client.get("/api/v1/activities/evening/tickets?member=bo").json()}
    plain = client.get("/api/v1/activities/evening/tickets").json()

    assert {code: (each["price"], each["left"], each["may"]) for code, each in found.items()} == {
        "early": ("15.00", 2, False), "few": ("0", 1, True), "single": ("20.00", 2, True),
    }  # fmt: skip
    assert found["early"]["why_not"] == {
        "code": "ticket_not_sold",
        "sentence": "This ticket is not sold any more.",
    }
    assert [(each["code"], each["may"]) for each in plain] == [("few", None), ("early", None), ("single", None)]


def test_a_changed_price_leaves_what_was_ordered_alone(client):
    due = ordered(client)["order"]

    changed = put(client, "single", price="99.00", names={"en": "Dear"})

    assert (changed.status_code, changed.json()["price"], changed.json()["names"]) == (200, "99.00", {"en": "Dear"})
    assert client.get(f"/api/v1/orders/{due['id']}").json()["amount"] == "20.00"
    assert ordered(client, "bo")["order"]["amount"] == "99.00"
    assert Ticket.history.filter(price=9_900).count() == 1
    put(client, "single", price="99.00")
    assert Ticket.history.filter(price=9_900).count() == 1


@pytest.mark.parametrize(
    ("_case", "body", "pointer", "words"),
    [
        ("below_nothing", {"price": "-1"}, "/price", "greater than or equal to 0"),
        ("a_part_of_a_cent", {"price": "1.005"}, "/price", "EUR has 2 decimals."),
        ("more_than_all_money", {"price": "99999999999999"}, "/price", "At most 10,000,000,000.00 EUR"),
        ("points_of_nothing", {"points": "5"}, "/currency", "which"),
        ("half_a_point", {"points": "0.5", "currency": "points"}, "/points", "0 decimals"),
        ("sold_backwards", {"sells_from": "2027-01-02T00:00:00Z", "sells_until": "2027-01-01T00:00:00Z"}, "",
         "Its sale ends before it begins."),
        ("fewer_than_taken", {"capacity": 1}, "/capacity", "2 seats are taken"),
        ("a_word_we_do_not_know", {"prise": "1"}, "/prise", "Did you mean price?"),
    ],
)  # fmt: skip
def test_a_bad_ticket_is_refused_and_leaves_nothing(client, _case, body, pointer, words):
    factories.CurrencyFactory(code="points")
    ordered(client, guests=1)
    before = list(Ticket.objects.values())

    answer = put(client, "single", **body)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"#{pointer}"), answer.json()
    assert words in str(answer.json())
    assert list(Ticket.objects.values()) == before


def test_a_ticket_of_what_is_over_stays_and_a_price_wants_some_money(client):
    Activity.objects.update(money="")
    assert put(client, "new", price="5").json()["errors"][0]["pointer"] == "#/price"
    Activity.objects.update(money="EUR", state="finished")
    assert put(client, "new", price="5").json()["detail"] == "It is over; its tickets stay as they are."
    assert put(client, "New Ticket", names={"en": "x"}).status_code == 400
    assert put(client, "x" * 41).status_code == 400
    assert list(Ticket.objects.values_list("code", flat=True)) == ["single"]


def test_the_money_of_an_activity_stays_while_its_tickets_are_paid_in_it(client):
    def patch(**body):
        return client.patch("/api/v1/activities/evening", body)

    assert patch(late_refund_percent=50).json()["late_refund_percent"] == 50
    assert patch(money="QQQ").json()["errors"][0]["pointer"] == "#/money"
    assert patch(money="").status_code == 400
    assert patch(money="CHF").json()["money"] == "CHF"
    ordered(client)
    assert patch(money="EUR").json()["detail"] == "Its tickets are paid in CHF; that stays."


@pytest.mark.parametrize(
    ("_case", "body", "status", "kind"),
    [
        ("nothing", {"amount": "0", "ref": "a"}, 400, "invalid"),
        ("half_a_cent", {"amount": "0.005", "ref": "a"}, 400, "invalid"),
        ("no_name", {"amount": "5"}, 400, "invalid"),
        ("another_amount", {"amount": "6", "ref": "told"}, 409, "payment_conflict"),
    ],
)
def test_news_of_bad_money_is_refused(client, _case, body, status, kind):
    due = ordered(client)["order"]
    assert post(client, f"orders/{due['id']}/payments", {"amount": "5", "ref": "told"}).status_code == 201

    answer = post(client, f"orders/{due['id']}/payments", body)

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}"), answer.json()
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("_case", "body", "status", "kind"),
    [
        ("more_than_was_paid", {"amount": "20.01", "reason": "x"}, 422, "too_much"),
        ("points_that_were_not_paid", {"points": "1", "reason": "x"}, 422, "too_much"),
        ("nothing", {"reason": "x"}, 422, "nothing_to_refund"),
        ("no_reason", {"amount": "1", "reason": ""}, 400, "invalid"),
    ],
)
def test_a_bad_refund_is_refused_and_nothing_goes_back(client, _case, body, status, kind):
    due = ordered(client)["order"]
    post(client, f"orders/{due['id']}/payments", {"amount": "20", "ref": "a"})

    answer = post(client, f"orders/{due['id']}/refunds", body, key="bad")

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}"), answer.json()
    assert (Refund.objects.count(), Order.objects.get().refunded) == (0, 0)


def test_what_is_not_there_is_said(client):
    for path in ("orders/7", "orders/019a5e3c-7c1e-7d2a-9c60-2f0a8f1f4a24"):
        assert client.get(f"/api/v1/{path}").json()["type"] == "/problems/unknown_order"
    for refund in (7, 2**70):
        answer = post(client, f"refunds/{refund}/confirmation")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown_refund")
    missing = post(client, "activities/evening/registrations", {"member": "ada", "ticket": "gold"}, key="r")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/unknown_ticket")


def test_an_order_that_a_service_collects_takes_no_news_by_hand(client):
    due = ordered(client)["order"]
    Order.objects.update(provider="stripe", pay_url="https://pay.example/1")

    answer = post(client, f"orders/{due['id']}/payments", {"amount": "20", "ref": "a"})

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/not_by_hand")
    assert client.get(f"/api/v1/orders/{due['id']}").json()["pay"]["url"] == "https://pay.example/1"


@pytest.mark.parametrize("count", [1, 3])
def test_lists_ask_the_database_as_often_however_long_they_are(client, django_assert_num_queries, count):
    for number, ref in enumerate(("ada", "bo", "cy")[:count]):
        ordered(client, ref)
        put(client, f"more-{number}", names={"en": "More"}, price="1")
    client.get("/api/v1/activities/evening/orders")

    with django_assert_num_queries(4):
        assert len(client.get("/api/v1/activities/evening/orders").json()["results"]) == count
    with django_assert_num_queries(6):
        assert len(client.get("/api/v1/activities/evening/tickets?member=ada").json()) == count + 1


def test_orders_are_found_by_state_and_ticket(client):
    ordered(client)
    registering.cancel(registration_id=Registration.objects.get().pk, now=timezone.now())

    def listed(query):
        return [each["state"] for each in client.get(f"/api/v1/activities/evening/orders?{query}").json()["results"]]

    assert (listed("state=cancelled"), listed("state=placed"), listed("ticket=single"), listed("ticket=x")) == (
        ["cancelled"], [], ["cancelled"], [],
    )  # fmt: skip


def test_a_group_is_begun_shared_by_its_code_and_complete(client):
    put(client, "trio", names={"en": "Two"}, price="15", group_size=2, alone="single")
    first = ordered(client, ticket="trio", stays_alone=True)
    code = first["order"]["group"]["code"]
    shown = client.get(f"/api/v1/groups/{code.lower()}").json()
    assert (shown["size"], shown["left"], shown["paid"], shown["state"]) == (2, 1, 0, "open")
    assert (first["order"]["alone_amount"], first["state"]) == ("20.00", "held")
    second = ordered(client, "bo", ticket=None, group=code)

    for each in (first, second):
        post(client, f"orders/{each['order']['id']}/payments", {"amount": "15", "ref": each["id"]})

    assert client.get(f"/api/v1/groups/{code}").json()["state"] == "completed"
    assert client.get(f"/api/v1/registrations/{first['id']}").json()["state"] == "confirmed"
    full = post(client, "activities/evening/registrations", {"member": "cy", "group": code}, key="cy")
    assert (full.status_code, full.json()["type"]) == (422, "/problems/group_full")
    assert client.get("/api/v1/groups/none").json()["type"] == "/problems/unknown_group"
    bad = put(client, "trio", alone="nothing")
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (404, "#/alone")


def test_codes_for_free_tickets_are_made_and_used(client):
    Partner.objects.create(code="shop", name="A shop", contract_from=timezone.localdate(), tickets_max=2)
    wanted = {"ticket": "single", "uses_max": 1, "partner": "shop", "code": "BOOKS"}
    made = post(client, "activities/evening/ticket-codes", wanted, key="c")
    assert (made.status_code, made.json()["code"], made.json()["uses"]) == (201, "BOOKS", 0)
    assert post(client, "activities/evening/ticket-codes", wanted, key="c").json() == made.json()

    place = ordered(client, ticket=None, free_code="books", link="")

    assert (place["state"], place["ticket"], place["order"], place["brought_by"]) == ("confirmed", "single", None, None)
    (shown,) = client.get("/api/v1/activities/evening/ticket-codes").json()["results"]
    assert (shown["uses"], shown["partner"]) == (1, "shop")
    answers = [
        post(client, "activities/evening/registrations", {"member": "bo", "free_code": "BOOKS"}, key="bo"),
        post(client, "activities/evening/ticket-codes", {**wanted, "uses_max": 2, "code": ""}, key="d"),
        post(client, "activities/evening/ticket-codes", {**wanted, "partner": "nobody"}, key="e"),
        post(client, "activities/evening/ticket-codes", {**wanted, "partner": None}, key="f"),
    ]
    assert [(each.status_code, each.json()["type"].rpartition("/")[2]) for each in answers] == [
        (422, "code_used_up"), (422, "beyond_allotment"), (404, "unknown_partner"), (422, "code_taken"),
    ]  # fmt: skip
