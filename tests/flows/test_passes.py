"""Passes the whole way: as a quest's reward, sold by an order, given by hand, and told by API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import registering
from activities.domain.orders import paying, proof, refunding
from activities.enums import EndedBy
from activities.models import Order, Registration
from incentives.domain.ledger.verify import verify
from incentives.models import Privilege, PrivilegeGrant, PrivilegeUse
from tests import factories
from tests.factories import item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _books_are_whole_at_the_end(db):
    factories.world()
    yield
    assert [each for each in (*verify(), *proof.verify()) if not each.holds] == []


@pytest.fixture
def ada():
    return factories.MemberFactory(ref="ada", age_band="adult", time_zone="Europe/Berlin")


@pytest.fixture
def client(client_of, ada):
    Privilege.objects.create(code="visits", names={"en": "Ten visits"})
    factories.announced(capacity=5, guests_max=1, money="EUR")
    return client_of()


def judge():
    while factories.judge().events:
        pass


def put(client, code="single", **body):
    return client.put(f"/api/v1/activities/evening/tickets/{code}", {"names": {"en": "A place"}, **body}, format="json")


def grant(client, key="g", **body):
    path = "/api/v1/members/ada/privileges/visits/grants"
    return client.post(path, body, format="json", headers={"Idempotency-Key": key})


def register(client, key="r", **body):
    said = {"member": "ada", "ticket": "single", **body}
    path = "/api/v1/activities/evening/registrations"
    return client.post(path, said, format="json", headers={"Idempotency-Key": key})


def offered(client):
    return client.get("/api/v1/activities/evening/tickets?member=ada").json()[0]


def test_a_pass_is_asked_for_taken_and_given_back_by_api(client):
    made = put(client, price="20.00", privilege="visits")
    assert (made.status_code, made.json()["privilege"], made.json()["pass_only"]) == (201, "visits", False)
    before = offered(client)
    assert (before["may"], before["by_pass"]["may"], before["by_pass"]["why_not"]["code"]) == (
        True, False, "not_granted",
    )  # fmt: skip
    assert grant(client, uses_max=3, days=30).status_code == 201
    assert offered(client)["by_pass"] == {
        "privilege": "visits", "names": {"en": "Ten visits"}, "may": True, "why_not": None, "left": 3,
        "until": offered(client)["by_pass"]["until"], "price": None,
    }  # fmt: skip

    place = register(client, guests=1, with_pass=True).json()

    assert (place["state"], place["pass_uses"], place["order"], place["ticket"]) == ("confirmed", 2, None, "single")
    assert offered(client)["by_pass"]["left"] == 1
    uses = client.get("/api/v1/members/ada/privileges/visits/uses").json()
    refused = client.post(f"/api/v1/members/ada/privileges/visits/uses/{uses[0]['id']}/cancel")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/opens_a_place")

    path = f"/api/v1/registrations/{place['id']}/steps"
    gone = client.post(path, {"step": "cancel"}, format="json", headers={"Idempotency-Key": "c"}).json()

    assert (gone["state"], gone["pass_uses"], offered(client)["by_pass"]["left"]) == ("cancelled", 0, 3)


@pytest.mark.parametrize(
    ("_case", "ticket", "said", "kind"),
    [
        ("only_for_holders", {"privilege": "visits", "pass_only": True}, {}, "/problems/not_granted"),
        ("rather_not", {"privilege": "visits", "pass_only": True}, {"with_pass": False}, "/problems/pass_only"),
        ("no_pass_at_all", {"price": "5.00"}, {"with_pass": True}, "/problems/no_pass"),
    ],
)
def test_a_pass_that_opens_nothing_is_refused_with_its_reason(client, _case, ticket, said, kind):
    put(client, **ticket)

    answer = register(client, **said)

    assert (answer.status_code, answer.json()["type"], Registration.objects.count()) == (422, kind, 0)


@pytest.mark.parametrize(
    ("_case", "body", "status", "kind"),
    [
        ("unknown", {"privilege": "nothing"}, 404, "/problems/unknown_privilege"),
        ("a_null_byte", {"privilege": "a\x00b"}, 400, None),
        ("only_without_one", {"pass_only": True}, 400, "/problems/invalid"),
        ("only_with_a_price", {"privilege": "visits", "pass_only": True, "price": "5.00"}, 400, "/problems/invalid"),
    ],
)
def test_a_ticket_with_a_pass_that_cannot_be_is_refused(client, _case, body, status, kind):
    answer = put(client, **body)

    assert answer.status_code == status or (_case == "a_null_byte" and answer.status_code == 404)
    assert kind is None or answer.json()["type"] == kind


def test_a_quest_s_reward_is_a_pass_by_which_a_member_comes_free(client, ada):
    put(client, privilege="visits", pass_only=True)
    factories.quest({"code": "writer"})
    factories.rule({
        "code": "reward", "when": "quest.completed", "if": 'event.data.quest == "writer"',
        "then": [{"do": "grant", "privilege": "visits", "uses": 1}],
    })  # fmt: skip
    factories.report(item("e1", "ada"))
    judge()
    assert register(client).json()["type"] == "/problems/not_granted"
    factories.report(item("e2", "ada"))
    judge()

    place = register(client, key="again").json()

    assert (place["state"], place["pass_uses"], Order.objects.count()) == ("confirmed", 1, 0)
    assert PrivilegeGrant.objects.get().rule_code == "reward"
    factories.announced("second", money="EUR")
    answer = client.put(
        "/api/v1/activities/second/tickets/single", {"names": {"en": "x"}, "privilege": "visits", "pass_only": True},
        format="json",
    )  # fmt: skip
    assert answer.status_code == 201
    other = client.get("/api/v1/activities/second/tickets?member=ada").json()[0]
    assert (other["may"], other["why_not"]["code"]) == (False, "quota_used")


@pytest.fixture
def sold(client, ada):
    """Ada has paid for ten visits, which an activity of their own sells."""
    season = factories.announced(
        "season", starts_at=timezone.now() + timedelta(days=90), money="EUR", late_refund_percent=50,
        cancel_until=timezone.now() + timedelta(days=9),
    )  # fmt: skip
    factories.ticket(season, price=9_000)
    factories.rule({
        "code": "sold", "when": "activity.order_paid", "if": 'event.data.activity == "season"',
        "then": [{"do": "grant", "privilege": "visits", "uses": 10, "days": 365}],
    })  # fmt: skip
    now = timezone.now()
    made = registering.register(activity_id=season.pk, member=ada, now=now)[0]
    paying.pay(order_id=made.order.pk, provider="offline", ref="a", amount=9_000, money="EUR", at=now, now=now)
    judge()
    return made


def test_an_order_sells_a_pass_and_takes_it_back_with_the_money(client, sold):
    put(client, price="20.00", privilege="visits")
    assert register(client).json()["pass_uses"] == 1
    given = PrivilegeGrant.objects.get()
    assert (given.uses_max, given.uses, given.rule_code) == (10, 1, "sold")

    registering.cancel(registration_id=sold.pk, now=timezone.now(), by=EndedBy.TEAM)
    refunding.take_back_rewards(now=timezone.now())

    given.refresh_from_db()
    assert given.revoked_at is not None
    # What it opened stays open.
    assert (PrivilegeUse.objects.get().state, Registration.objects.get(activity__code="evening").state) == (
        "used", "confirmed",
    )  # fmt: skip


def test_a_pass_stays_where_only_a_part_of_its_price_goes_back(sold):
    registering.cancel(registration_id=sold.pk, now=timezone.now() + timedelta(days=10))
    refunding.take_back_rewards(now=timezone.now() + timedelta(days=10))

    assert PrivilegeGrant.objects.get().revoked_at is None
