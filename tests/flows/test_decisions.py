"""Decisions about people, each a sentence that a test can break. docs/people.md names those that are tested with
their feature."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from incentives.domain import publishing
from incentives.domain.ledger import keys, operations, queries
from incentives.domain.ledger.verify import verify
from incentives.models import NEVER, Currency, Lot
from members.domain.ladders import editing
from members.models import EventType, Member, Referral
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.MemberFactory(ref="ada")
    factories.MemberFactory(ref="bo")
    yield
    assert [proof for proof in verify() if not proof.holds] == []


def member(ref):
    return Member.objects.get(ref=ref)


def points():
    return Currency.objects.get(code="points")


def balance(ref, code="points"):
    return next((x.available for x in queries.balances(member(ref).pk) if x.currency == code), 0)


def publishes(ref, name, **more):
    factories.report(item(name, ref, **more))
    while factories.judge().events:
        pass


@pytest.mark.parametrize("metric", ["earned:points", "balance:points"])
def test_only_what_nobody_can_give_away_or_buy_decides_about_tiers(metric):
    with pytest.raises(editing.BadLadder, match="only a qualifying currency decides about tiers"):
        editing.put_ladder(code="rank", values={"metric": metric}, tiers={"high": {"threshold": 50}})


def test_growth_stays_with_whoever_earned_it():
    factories.rule({"then": [award(100, "growth")]})
    publishes("ada", "e1")
    with pytest.raises(operations.NotTransferable):
        operations.transfer(
            payer_id=member("ada").pk, payee_id=member("bo").pk, currency=Currency.objects.get(code="growth"),
            amount=60, key=keys.of_request("gift", "x"), now=timezone.now(),
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Currency.objects.filter(code="growth").update(is_transferable=True)


def test_only_the_one_who_invited_is_paid_for_a_guest_and_nobody_above():
    bo, cy = member("bo"), factories.MemberFactory(ref="cy")
    bo.invited_by = member("ada")
    bo.save()
    cy.invited_by = bo
    cy.save()
    factories.rule({"then": [award(1), award(10, to="inviter")]})

    publishes("cy", "e1")

    assert [balance(ref) for ref in ("cy", "bo", "ada")] == [1, 10, 0]


def test_sharing_itself_is_nothing_that_a_rule_could_hear_of():
    """Pay is for what a guest does later: sending an invitation tells no timeline anything."""
    heard = set(EventType.objects.filter(code__startswith="invitation").values_list("code", flat=True))
    assert heard == set()
    found = publishing.check_document({"code": "r", "when": "invitation.sent", "then": [award(5)]})
    assert found.errors


def test_shortening_an_expiry_never_touches_points_already_earned():
    factories.rule({"then": [award(10)]})
    publishes("ada", "e1")
    currency = points()
    currency.expiry = {"kind": "days", "days": 1}
    currency.save()

    publishes("ada", "e2")
    operations.expire_due(now=timezone.now() + timedelta(days=40))

    assert balance("ada") == 10
    assert Lot.objects.get(remaining__gt=0).expires_at == NEVER


def test_a_rule_that_pays_less_from_now_on_takes_nothing_back():
    factories.rule({"then": [award(10)]})
    publishes("ada", "e1")

    factories.rule({"then": [award(3)]}, since=timezone.now())
    publishes("ada", "e2")

    assert balance("ada") == 13


def test_a_referral_that_was_sure_stays_paid_when_the_guest_goes():
    """Only fraud takes it back: leaving, or a ban for something else, does not."""
    guest = factories.MemberFactory(ref="guest", invited_by=member("ada"))
    factories.rule({"then": [award(50, to="inviter")]})
    publishes("guest", "e1")

    for status in ("left", "banned"):
        guest.status = status
        guest.save()
        while factories.judge().events:
            pass

    assert balance("ada") == 50
    assert not Referral.objects.exists()
