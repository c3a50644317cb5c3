"""Several workers at one correction, and points that move meanwhile: each member once, and the books add up."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from incentives.domain.corrections import running, steps
from incentives.domain.corrections.making import Wanted, make
from incentives.domain.ledger import InsufficientPoints, keys, operations
from incentives.domain.ledger.verify import verify
from incentives.models import Account, Correction, CorrectionStep
from members.models import Event, Member
from tests import factories
from tests.faults.test_pump import in_threads


@pytest.mark.postgresql
def test_four_workers_do_and_undo_each_member_once_while_points_are_spent(committed_db):
    factories.world()
    members = [factories.MemberFactory() for _ in range(40)]
    ines = get_user_model().objects.create_user("ines")
    points = factories.CurrencyFactory()
    made = make(
        Wanted(
            found_by="refs", act="add", reason="Thank you.", refs=tuple(each.ref for each in members),
            currency="points", amount=Decimal(10), by=ines,
        ),
        now=timezone.now(),
    )  # fmt: skip
    assert in_threads(*[running.carry_on] * 4) == []
    running.carry_on()
    assert Correction.objects.get().members == 40
    steps.approve(correction_id=made.pk, now=timezone.now(), by=ines)

    assert in_threads(*[running.carry_on] * 4) == []
    running.carry_on()
    assert list(Account.objects.values_list("balance", flat=True)) == [10] * 40
    assert Event.objects.filter(type__code="correction.made").count() == 40

    def spend():
        for number, member in enumerate(Member.objects.order_by("pk")):
            try:
                operations.spend(
                    member_id=member.pk, currency=points, amount=4, key=keys.of_request(f"s{number}", "s"),
                    now=timezone.now(),
                )  # fmt: skip
            except InsufficientPoints:
                continue

    steps.undo(correction_id=made.pk, now=timezone.now(), by=ines, why="It was for others.")
    assert in_threads(*[running.carry_on] * 3, spend) == []
    running.carry_on()

    made.refresh_from_db()
    lost = sum(line.lost.get("points", 0) for line in made.lines.all())
    assert (made.state, set(made.lines.values_list("state", flat=True))) == ("undone", {"undone"})
    spent = Event.objects.filter(type__code="points.spent").count() * 4
    assert (lost, sum(Account.objects.values_list("balance", flat=True))) == (spent, 0)
    assert CorrectionStep.objects.filter(state__in=["done", "undone"]).count() == 2
    assert [proof for proof in verify() if not proof.holds] == []
