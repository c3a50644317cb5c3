"""What other systems' suites promise about invitations, and what we answer; the cases' numbers stand in the names."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from incentives.domain.ledger import queries
from members.domain.invitations import making
from members.models import Member, Space, SpaceMember
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client_of):
    factories.world()
    factories.EventTypeFactory(
        code="order.paid", schema={"order": {"type": "string"}, "total": {"type": "decimal", "min": 0, "max": 10**6}}
    )
    factories.MemberFactory(ref="ada", email="ada@x.example")
    return client_of()


def accept(client, code, **body):
    return client.post(f"/api/v1/invitations/{code}/accept", json.dumps(body), content_type="application/json")


def code_of(**more):
    return making.invite(inviter=Member.objects.get(ref="ada"), now=timezone.now(), **more).code


def points(ref):
    lines = queries.balances(Member.objects.get(ref=ref).pk)
    return next(int(line.available) for line in lines if line.currency == "points")


def judge():
    while factories.judge().events:
        pass


def order(number):
    factories.report(item(f"o{number}", "bo", "order.paid", data={"order": f"o{number}", "total": "10"}))
    judge()


@pytest.mark.parametrize(
    ("_case", "whom", "limits", "after"),
    [
        ("first_purchase_to_the_referrer", ["inviter"], [{"per": "member", "every": "ever", "times": 1}], [(5, 0), (5, 0)]),
        ("every_purchase_to_the_referrer", ["inviter"], [], [(5, 0), (10, 0)]),
        ("every_purchase_to_both", ["inviter", "member"], [], [(5, 5), (10, 10)]),
        ("every_purchase_to_the_referred", ["member"], [], [(0, 5), (0, 10)]),
    ],
)  # fmt: skip
def test_c117_purchases_of_the_referred_pay_whom_the_rule_names(client, _case, whom, limits, after):
    then = [award(5, to="inviter") if each == "inviter" else award(5) for each in whom]
    factories.rule({"code": "bought", "when": "order.paid", "then": then, "limits": limits})
    accept(client, code_of(), ref="bo", email="bo@y.example")
    judge()

    found = []
    for number in range(2):
        order(number)
        found.append((points("ada"), points("bo")))

    assert found == after


def test_c117_registering_pays_both(client):
    factories.rule({"code": "joined", "when": "referral.joined", "then": [award(3), award(4, to="inviter")]})

    accept(client, code_of(), ref="bo", email="bo@y.example")
    judge()

    assert (points("bo"), points("ada")) == (3, 4)


def test_c119_an_invitation_by_email_makes_one_member(client):
    code = code_of(email="bo@y.example")

    first = accept(client, code, ref="bo", email="bo@y.example")
    second = accept(client, code, ref="bo2", email="bo@y.example")

    assert (first.status_code, second.status_code, second.json()["type"]) == (201, 422, "/problems/used")
    assert not Member.objects.filter(ref="bo2").exists()


@pytest.mark.parametrize(
    ("_case", "made", "email", "kind"),
    [
        ("another_address", {"email": "bo@y.example"}, "cy@y.example", "other_person"),
        ("no_address", {"email": "bo@y.example"}, "", "other_person"),
        ("outside_the_domain", {"email_domain": "y.example"}, "bo@z.example", "other_domain"),
    ],
)
def test_c121_who_was_not_meant_is_refused_with_a_reason(client, _case, made, email, kind):
    answer = accept(client, code_of(**made), ref="bo", **({"email": email} if email else {}))

    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{kind}")
    assert answer.json()["detail"].endswith(".")


def test_c123_nobody_opens_a_door_that_they_are_not_behind_themselves(client):
    """Of a peer's second half (a wrong token leaves the account inactive) ours is C121: nobody is let in at all."""
    space = Space.objects.create(ref="circle", state="open")
    ada = Member.objects.get(ref="ada")
    body = {"inviter": "ada", "space": "circle"}

    refused = client.post("/api/v1/invitations", json.dumps(body), content_type="application/json")
    now = timezone.now()
    SpaceMember.objects.create(space=space, member=ada, state="in", asked_at=now, joined_at=now)
    made = client.post("/api/v1/invitations", json.dumps(body), content_type="application/json")
    accept(client, made.json()["code"], ref="bo", email="bo@y.example")

    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/may_not_invite")
    assert "Only who is in circle may open it to others" in refused.json()["detail"]
    assert SpaceMember.objects.get(member__ref="bo").state == "in"
