"""The last use, claimed by twenty at once, is given once: from the quota, from a grant, and for points."""

from __future__ import annotations

import pytest
from django.utils import timezone

from incentives.domain.ledger import operations, queries
from incentives.domain.ledger.verify import verify
from incentives.domain.privileges import birthdays, granting, using
from incentives.models import Currency, Privilege, PrivilegeGrant, PrivilegeGround, PrivilegeTally, PrivilegeUse
from tests import factories
from tests.faults.test_pump import in_threads


def claims(member_id: int, outcomes: list[str], numbers: range = range(20)) -> list:
    def claim(number):
        def act():
            try:
                using.use_privilege(
                    member_id=member_id, code="pin", key=bytes([number] * 32), now=timezone.now(), actor="test"
                )
            except using.CannotUse as error:
                outcomes.append(error.kind)
            else:
                outcomes.append("used")

        return act

    return [claim(number) for number in numbers]


@pytest.mark.postgresql
@pytest.mark.parametrize("ground", ["quota", "grant", "points"])
def test_the_last_use_is_given_once(committed_db, ground):
    factories.world()
    ada = factories.MemberFactory(ref="ada")
    pin = Privilege.objects.create(code="pin", quota=1, takes_attention=False)
    points = Currency.objects.get(code="points")
    if ground == "quota":
        PrivilegeGround.objects.create(privilege=pin, kind="everyone")
    elif ground == "grant":
        granting.grant_privilege(member_id=ada.pk, privilege=pin, key="k", now=timezone.now(), uses_max=1)
    else:
        PrivilegeGround.objects.create(privilege=pin, kind="purchase", currency=points, price=10, bought_max=1)
        operations.adjust(
            member_id=ada.pk, currency=points, amount=1000, key=b"k" * 32, now=timezone.now(), reason="A gift."
        )
    outcomes: list[str] = []

    assert in_threads(*claims(ada.pk, outcomes)) == []

    assert outcomes.count("used") == 1
    assert PrivilegeUse.objects.count() == 1
    assert [tally.used for tally in PrivilegeTally.objects.all()] == (
        [] if ground == "grant" else [1] * len(PrivilegeTally.objects.all())
    )
    assert [grant.uses for grant in PrivilegeGrant.objects.all()] == ([1] if ground == "grant" else [])
    left = next(line.available for line in queries.balances(ada.pk) if line.currency == "points")
    assert left == (990 if ground == "points" else 0)
    assert [proof for proof in verify() if not proof.holds] == []


@pytest.mark.postgresql
def test_the_last_place_for_buyers_is_sold_once_to_many_at_once_by_two_prices(committed_db):
    factories.world()
    pin = Privilege.objects.create(code="pin", takes_attention=True, places=10)
    points = Currency.objects.get(code="points")
    for price in (10, 20):
        PrivilegeGround.objects.create(privilege=pin, kind="purchase", currency=points, price=price, bought_max=1)
    buyers = [factories.MemberFactory(ref=f"m{number}") for number in range(10)]
    for number, buyer in enumerate(buyers):
        operations.adjust(
            member_id=buyer.pk,
            currency=points,
            amount=100,
            key=bytes([100 + number] * 32),
            now=timezone.now(),
            reason="Hi.",
        )
    outcomes: list[str] = []
    acts = [act for at, buyer in enumerate(buyers) for act in claims(buyer.pk, outcomes, range(2 * at, 2 * at + 2))]

    assert in_threads(*acts) == []

    assert (outcomes.count("used"), len(outcomes)) == (1, 20)
    assert PrivilegeTally.objects.get(ground=PrivilegeTally.BOUGHT).used == 1
    left = sum(line.available for buyer in buyers for line in queries.balances(buyer.pk) if line.currency == "points")
    assert left in (980, 990)
    assert [proof for proof in verify() if not proof.holds] == []


@pytest.mark.postgresql
def test_two_jobs_at_once_grant_one_gift(committed_db):
    factories.world()
    factories.MemberFactory(ref="ada", birthday=f"{timezone.now():%m-%d}", joined_at="2020-01-01T00:00:00Z")
    Privilege.objects.create(code="gift", kind="birthday", every="year", quota=1, grant_days=7)

    assert in_threads(*[lambda: birthdays.grant_birthday_gifts(now=timezone.now())] * 6) == []

    assert PrivilegeGrant.objects.count() == 1
