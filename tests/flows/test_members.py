"""What members may do, and what else is known of them, through every door."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incentives.domain import referrals
from incentives.domain.ledger import keys, operations
from incentives.domain.ledger.permits import MayNotReceive, MayNotSpend
from incentives.domain.ledger.verify import verify
from incentives.models import Account, Judgement
from members.domain.invitations.accepting import CannotJoin, accept
from members.domain.invitations.making import CannotInvite, invite
from members.domain.statuses import StatusFixed, change_status
from members.enums import MemberStatus
from members.models import AttributeDefinition, Event, Member, Referral, Work
from tests import factories
from tests.conftest import NOON
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.CurrencyFactory(code="gifts", is_transferable=True)
    yield
    assert [proof for proof in verify() if not proof.holds] == []


@pytest.fixture
def client(client_of):
    return client_of()


def call(client, method, path, body=None, **headers):
    return client.generic(
        method, f"/api/v1/{path}", json.dumps(body or {}), content_type="application/json", headers=headers
    )


def judge():
    while factories.judge().events:
        pass


def give(member, currency="gifts", amount=100):
    operations.open_balance(
        member_id=member.pk, currency=factories.CurrencyFactory(code=currency), amount=amount,
        key=keys.of_request(f"{member.ref} {currency}", "open"), effective_at=NOON,
    )  # fmt: skip


@pytest.mark.parametrize("status", ["suspended", "banned", "left"])
def test_whoever_is_not_active_neither_spends_nor_is_given_points_nor_invites(client, status):
    ada, bo = factories.MemberFactory(ref="ada"), factories.MemberFactory(ref="bo")
    gifts = factories.CurrencyFactory(code="gifts")
    give(ada)
    give(bo)
    code = invite(inviter=ada, now=timezone.now()).code
    change_status(member_id=ada.pk, status=MemberStatus(status), now=timezone.now(), reason="A test.")
    ada.refresh_from_db()
    moves = {"currency": gifts, "amount": 10, "key": b"k" * 32, "now": NOON}

    for move in (
        lambda: operations.spend(member_id=ada.pk, **moves),
        lambda: operations.hold(member_id=ada.pk, expires_at=NOON + timedelta(days=1), **moves),
        lambda: operations.transfer(payer_id=ada.pk, payee_id=bo.pk, **moves),
    ):
        with pytest.raises(MayNotSpend):
            move()
    with pytest.raises(MayNotReceive):
        operations.transfer(payer_id=bo.pk, payee_id=ada.pk, **moves)
    with pytest.raises(CannotInvite):
        invite(inviter=ada, now=timezone.now())
    with pytest.raises(CannotJoin) as refused:
        accept(code=code, ref="cy", now=timezone.now())
    told = call(
        client, "POST", "spends", {"member": "ada", "currency": "gifts", "amount": "5"}, **{"Idempotency-Key": "1"}
    )
    link = call(client, "POST", "members/ada/page-link")

    assert refused.value.kind == "inviter_not_active"
    assert (told.status_code, told.json()["type"]) == (422, "/problems/may_not_spend")
    assert link.status_code == (422 if status == "left" else 201)
    assert set(Account.objects.filter(currency_id=gifts.pk, bucket=1).values_list("balance", flat=True)) == {100}


def test_a_refusal_to_spend_is_over_when_the_member_is_back(client):
    give(factories.MemberFactory(ref="ada", status="suspended"))
    spend = ("POST", "spends", {"member": "ada", "currency": "gifts", "amount": "5"})

    refused = call(client, *spend, **{"Idempotency-Key": "one"})
    back = call(client, "PUT", "members/ada", {"status": "active"})
    paid = call(client, *spend, **{"Idempotency-Key": "one"})

    assert (refused.status_code, back.status_code, paid.status_code) == (422, 200, 201)
    told = Event.objects.get(type__code="member.status_changed").payload.data
    assert json.loads(told) == {"from_status": "suspended", "to_status": "active"}


def test_a_session_ends_with_the_right_to_enter(client):
    ada = factories.MemberFactory(ref="ada")
    url = call(client, "POST", "members/ada/page-link").json()["url"]
    visitor = Client()
    visitor.get(url.partition("8000")[2])
    assert visitor.get("/me/").status_code == 200

    change_status(member_id=ada.pk, status=MemberStatus.LEFT, now=timezone.now())

    assert visitor.get("/me/").status_code == 302
    assert Client().get(url.partition("8000")[2]).status_code == 403


@pytest.mark.parametrize(
    ("before", "wanted", "status"),
    [("active", "banned", 400), ("active", "erased", 400), ("banned", "active", 400), ("banned", "banned", 200),
     ("active", "suspended", 200), ("left", "active", 200)],
)  # fmt: skip
def test_an_app_sets_what_is_an_apps_to_set(client, before, wanted, status):
    factories.MemberFactory(ref="ada", status=before)

    answer = call(client, "PUT", "members/ada", {"status": wanted})

    assert answer.status_code == status, answer.json()
    assert Member.objects.get(ref="ada").status == (wanted if status == 200 else before)


def test_nobody_comes_back_from_being_erased():
    ada = factories.MemberFactory(ref="ada", status="erased")

    with pytest.raises(StatusFixed):
        change_status(member_id=ada.pk, status=MemberStatus.ACTIVE, now=timezone.now())


def test_a_newcomer_under_review_gets_no_welcome_before_somebody_has_looked():
    factories.rule({"code": "welcome", "when": "member.joined", "then": [award(10)]})
    factories.MemberFactory(ref="ada", email="ada@x.example")
    for ref in ("good", "bad"):
        code = invite(inviter=Member.objects.get(ref="ada"), now=timezone.now()).code
        accept(code=code, ref=ref, email="a.da+1@x.example", now=timezone.now())
    judge()
    assert set(Referral.objects.values_list("state", flat=True)) == {"review"}
    assert not Account.objects.filter(balance__gt=0).exists()
    assert Event.objects.filter(type__code="member.joined").count() == 2

    good, bad = (Referral.objects.get(member__ref=ref) for ref in ("good", "bad"))
    referrals.confirm_referral(referral_id=good.pk, by=None, now=timezone.now())
    referrals.reject_referral(referral_id=bad.pk, by=None, now=timezone.now(), note="One person twice.")
    judge()

    assert list(Account.objects.filter(balance__gt=0).values_list("member_id", "balance")) == [(good.pk, 10)]


def test_somebody_with_the_address_of_a_banned_member_is_looked_at_first():
    factories.MemberFactory(ref="out", email="mallory@x.example", status="banned")
    code = invite(inviter=None, uses_max=None, now=timezone.now()).code

    joined = accept(code=code, ref="in", email="Mallory@x.example", now=timezone.now())

    assert (joined.referral.state, joined.referral.reasons) == ("review", ["banned_email"])
    with pytest.raises(CannotJoin) as refused:
        accept(code=code, ref="out", now=timezone.now())
    assert refused.value.kind == "may_not_join"


def define(code, kind, **more):
    return AttributeDefinition.objects.create(code=code, kind=kind, names={"en": code.title()}, **more)


def test_rules_read_attributes_and_the_trace_shows_what_they_read(client):
    define("plan", "choice", choices=["basic", "gold"], is_for_rules=True)
    define("since", "date", is_for_rules=True)
    define("rate", "decimal", minimum=0, maximum=9, is_for_rules=True)
    condition = 'has(member.attributes.plan) && member.attributes.plan == "gold"'
    since = 'has(member.attributes.since) && now - member.attributes.since > duration("1d")'
    amount = "floor(has(member.attributes.rate) ? member.attributes.rate * 2 : 1)"
    factories.rule({"if": {"all": [{"expr": condition}, {"expr": since}]}, "then": [award(amount)]})
    for ref, given in (
        ("ada", {"plan": "gold", "since": "2026-01-01", "rate": "2.5"}), ("bo", {"plan": "basic"}), ("cy", {}),
    ):  # fmt: skip
        made = call(client, "PUT", f"members/{ref}", {"time_zone": "Asia/Tokyo", "attributes": given})
        assert made.status_code == 201, made.json()
        assert made.json()["attributes"] == given
        factories.report(item(f"e-{ref}", ref))
    judge()

    ada = Member.objects.get(ref="ada")
    assert list(Account.objects.filter(balance__gt=0).values_list("member_id", "balance")) == [(ada.pk, 5)]
    trace = call(client, "GET", "events/app/e-ada").json()["rules"][0]
    assert trace["clauses"][0]["read"] == {"member.attributes.plan": "gold"}
    assert trace["clauses"][1]["read"]["member.attributes.since"].startswith("2025-12-31T15:00:00")
    assert Judgement.objects.filter(member_id=ada.pk).exists()
    assert not Work.objects.exists()


def test_attributes_are_checked_by_the_api_and_shown_to_whom_they_are_for(client):
    define("plan", "choice", choices=["basic", "gold"], is_required=True, shown_to="member")
    define("note", "string", is_personal=True)

    missing = call(client, "PUT", "members/ada", {})
    wrong = call(client, "PUT", "members/ada", {"attributes": {"plan": "silver", "nto": "x"}})
    made = call(client, "PUT", "members/ada", {"attributes": {"plan": "gold", "note": "Met in Basel"}})
    kept = call(client, "PUT", "members/ada", {"display_name": "Ada"})
    visitor = Client()
    visitor.get(call(client, "POST", "members/ada/page-link").json()["url"].partition("8000")[2])
    page = visitor.get("/me/").content.decode()

    assert [error["pointer"] for error in missing.json()["errors"]] == ["#/attributes/plan"]
    assert {error["pointer"] for error in wrong.json()["errors"]} == {"#/attributes/plan", "#/attributes/nto"}
    assert (made.status_code, kept.json()["attributes"]) == (201, {"plan": "gold", "note": "Met in Basel"})
    assert "gold" in page
    assert "Met in Basel" not in page
    assert [line["code"] for line in call(client, "GET", "attributes").json()] == ["note", "plan"]


def test_a_batch_answers_each_item_for_itself_and_repeating_it_changes_nothing(client):
    factories.MemberFactory(ref="ada", display_name="Ada", language="en")
    body = {
        "members": [
            {"ref": "ada", "language": "de"},
            {"ref": "bo", "display_name": "Bo"},
            {"ref": "cy", "language": 7, "status": "banned"},
            {"ref": "bo", "display_name": "Bo again"},
            {"display_name": "Nobody"},
        ]
    }

    first = call(client, "POST", "members/batch", body).json()["results"]
    again = call(client, "POST", "members/batch", body).json()["results"]

    assert [result["status"] for result in first] == ["changed", "created", "rejected", "rejected", "rejected"]
    assert [result["status"] for result in again[:2]] == ["unchanged", "unchanged"]
    assert {error["pointer"] for error in first[2]["errors"]} == {"#/members/2/language"}
    assert [error["pointer"] for error in first[4]["errors"]] == ["#/members/4/ref"]
    assert list(Member.objects.order_by("ref").values_list("ref", "display_name", "language")) == [
        ("ada", "Ada", "de"), ("bo", "Bo", ""),
    ]  # fmt: skip
    assert Event.objects.filter(type__code="member.joined").count() == 1


def test_a_batch_asks_the_database_no_more_often_for_more_members(client):
    def queries(first, count):
        with CaptureQueriesContext(connection) as asked:
            members = [{"ref": f"m{number}"} for number in range(first, first + count)]
            assert call(client, "POST", "members/batch", {"members": members}).status_code == 200
        return len(asked)

    queries(0, 1)
    assert queries(10, 2) == queries(20, 40)
