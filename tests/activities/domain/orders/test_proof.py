"""The proof of orders finds what no longer agrees, and names it."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from activities.domain import registering
from activities.domain.orders import codes, paying, proof
from activities.models import Activity, Order, Payment, Refund, Registration, Ticket, TicketCode
from incentives.models import Hold
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def evening():
    """Four orders: paid in both, waiting in both, cancelled, and in a group; and a place by a code."""
    made = factories.announced(capacity=20, money="EUR")
    both = factories.ticket(made, "both", price=500, points=100, currency=factories.CurrencyFactory())
    single, trio = factories.ticket(made), factories.ticket(made, "trio", group_size=3)
    now = timezone.now()
    for number, ticket in enumerate((both, both, single, trio)):
        member = factories.MemberFactory(ref=f"m{number}", age_band="adult")
        factories.points_for(member, 100)
        order = registering.register(activity_id=made.pk, member=member, now=now, ticket=ticket)[0].order
        if number != 1:
            paying.pay(
                order_id=order.pk, provider="offline", ref=member.ref, amount=order.amount, money="EUR", at=now, now=now
            )  # fmt: skip
        if number == 2:
            registering.cancel(registration_id=order.registration_id, now=now)
    code = codes.make(ticket=single, uses_max=2, now=now)
    member = factories.MemberFactory(ref="free", age_band="adult")
    registering.register(activity_id=made.pk, member=member, now=now, free_code=code.code)
    return made


def wrong():
    return {each.number: each.wrong for each in proof.verify() if not each.holds}


def of(ref):
    return Order.objects.filter(member__ref=ref)


def test_all_is_well(evening):
    out = StringIO()
    call_command("verify_orders", "--json", stdout=out)

    said = json.loads(out.getvalue())
    assert (said["orders"], len(said["proofs"]), wrong()) == ("ok", 13, {})


@pytest.mark.parametrize(
    ("number", "spoil"),
    [
        (1, lambda: Payment.objects.filter(order__member__ref="m0").update(amount=499)),
        (2, lambda: Refund.objects.update(amount=F("amount") - 1)),
        (3, lambda: of("m2").update(paid_at=None, refunded=1_999)),
        (4, lambda: of("m0").update(points=99)),
        (5, lambda: of("m0").update(points_refunded=1)),
        (6, lambda: of("m1").update(hold_id="019a5e3c-7c1e-7d2a-9c60-2f0a8f1f4a24")),
        (6, lambda: Hold.objects.filter(state="open").update(state="captured")),
        (
            7,
            lambda: Registration.objects.filter(member__ref="m1").update(
                state="confirmed", confirmed_at=F("registered_at")
            ),
        ),
        (3, lambda: of("m3").update(state="placed")),
        (8, lambda: of("m3").update(seats=3)),
        (9, lambda: Activity.objects.update(seats_taken=F("seats_taken") + 1)),
        (10, lambda: Ticket.objects.filter(code="both").update(seats_taken=1)),
        (11, lambda: TicketCode.objects.update(uses=2)),
    ],
)
def test_what_does_not_agree_is_named(evening, number, spoil):
    spoil()

    found = wrong()
    out = StringIO()
    assert number in found
    with pytest.raises(SystemExit) as left:
        call_command("verify_orders", stdout=out)
    assert (left.value.code, "WRONG" in out.getvalue()) == (1, True)
