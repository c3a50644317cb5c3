"""What changes after members know of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import changing, registering
from activities.models import Activity, Registration
from members.models import Event
from tests import factories

pytestmark = pytest.mark.django_db


def change(activity, **values):
    return changing.change(activity_id=activity.pk, values=values, now=timezone.now())


def test_another_time_is_told_to_whoever_is_registered_and_reminds_anew():
    activity, member = factories.announced(), factories.MemberFactory()
    made, _new = registering.register(activity_id=activity.pk, member=member, now=timezone.now())
    Registration.objects.update(reminded_day_at=timezone.now())

    later = activity.starts_at + timedelta(days=1)
    change(activity, starts_at=later, ends_at=later + timedelta(hours=1))
    change(activity, texts={"en": "More words."})

    told = Event.objects.filter(type__code="activity.changed")
    assert [each.member for each in told] == [member]
    made.refresh_from_db()
    assert made.reminded_day_at is None


def test_new_seats_are_offered_and_taken_ones_cannot_go():
    activity = factories.announced(capacity=1)
    for _ in range(3):
        registering.register(activity_id=activity.pk, member=factories.MemberFactory(), now=timezone.now())

    change(activity, capacity=2)
    with pytest.raises(changing.CannotEdit, match="2 seats are taken"):
        change(activity, capacity=1)

    states = Registration.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["confirmed", "offered", "waiting"]
    assert Activity.objects.get().capacity == 2


@pytest.mark.parametrize(
    ("_case", "values", "field"),
    [
        ("the_address_stays", {"code": "other"}, "code"),
        ("the_kind_stays", {"kind": "paid"}, "kind"),
        ("not_into_the_past", {"starts_at": timezone.now() - timedelta(days=1)}, "starts_at"),
        ("no_bad_questions", {"questions": [{}]}, "questions"),
    ],
)
def test_promises_stand(_case, values, field):
    activity = factories.announced()

    with pytest.raises(changing.CannotEdit) as refused:
        change(activity, **values)

    assert refused.value.field == field


def test_what_is_over_keeps_only_its_numbers_open():
    activity = factories.activity()
    Activity.objects.filter(pk=activity.pk).update(state="reviewed")

    with pytest.raises(changing.CannotEdit, match="It is over"):
        change(activity, place="Elsewhere")
    change(activity, reach=120, cost=5_000, money="EUR")

    assert Activity.objects.get().reach == 120
