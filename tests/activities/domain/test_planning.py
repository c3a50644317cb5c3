"""Whom this month's activity for members is for, and who may register first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.domain import deciding, life, planning, registering
from activities.models import Activity, ActivityInvitation
from incentives.domain.ledger import operations
from incentives.models import Currency
from members.models import Connection, Event, Member, Space, SpaceMember
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LAST_MONTH = datetime(2026, 10, 10, 12, tzinfo=UTC)


@pytest.fixture
def growth(db):
    factories.world()
    return Currency.objects.get(code="growth")


def grown(growth, *amounts, at=LAST_MONTH):
    """Members m1, m2 … who grew by so much."""
    made = []
    for number, amount in enumerate(amounts, start=1):
        member = factories.MemberFactory(ref=f"m{number}-{at:%m}")
        made.append(member)
        if amount:
            operations.adjust(
                member_id=member.pk, currency=growth, amount=amount, key=bytes([number, at.month]) * 16, now=at,
                reason="They wrote a guide.",
            )  # fmt: skip
    return made


def knows(one, other):
    low, high = sorted((one.pk, other.pk))
    Connection.objects.create(low_id=low, high_id=high, since=NOW, first_at=NOW, last_at=NOW, days=2, is_mutual=True)


def last_one(**values):
    starts_at = datetime(2026, 10, 29, 18, tzinfo=UTC)
    said = {
        "kind": "member",
        "zone": "Europe/Berlin",
        "place": "Back room",
        "capacity": 5,
        "state": "reviewed",
        **values,
    }
    return factories.activity("october", starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), **said)


def test_top_by_growth_and_one_seat_in_five_for_whom_nobody_there_knows(growth):
    last_one()
    people = grown(growth, 90, 80, 70, 60, 50, 0)
    # Number five grew, and knows number one; number six is known to nobody.
    knows(people[0], people[4])

    plan = planning.plan_of(now=NOW)

    assert [(each.member, each.reason) for each in plan.invited] == [
        (people[0], "growth"), (people[1], "growth"), (people[2], "growth"), (people[3], "growth"), (people[5], "new"),
    ]  # fmt: skip
    assert plan.invited[0].words == "Number 1 by last month's growth: 90."
    assert plan.invited[4].words == "Nobody on this list knows them yet."


def test_what_was_earned_in_other_months_does_not_count(growth):
    last_one()
    grown(growth, 500, at=datetime(2026, 11, 3, tzinfo=UTC))
    (october,) = grown(growth, 5)

    plan = planning.plan_of(now=NOW)

    assert next(each for each in plan.invited if each.reason == "growth").member == october


def test_date_place_and_size_follow_the_last_one_over_a_change_of_clocks(growth):
    last = last_one()

    plan = planning.plan_of(now=datetime(2026, 11, 10, tzinfo=UTC))

    # Four weeks after 29 October, at 19:00 there still.
    assert plan.starts_at == datetime(2026, 11, 26, 18, tzinfo=UTC)
    assert (plan.last, plan.place, plan.capacity, plan.code) == (last, "Back room", 5, "members-2026-11")
    # With too little time to come it is a week later.
    assert planning.plan_of(now=NOW).starts_at == datetime(2026, 12, 3, 18, tzinfo=UTC)


def test_nobody_is_invited_twice_in_two_months_and_hosts_and_strangers_are_not_asked(growth):
    last = last_one()
    invited, absent, house, host, fresh = grown(growth, 90, 80, 70, 60, 50)
    ActivityInvitation.objects.create(
        activity=last, member=invited, reason="growth", invited_at=NOW - timedelta(days=60)
    )
    Member.objects.filter(pk=absent.pk).update(status="left")
    Member.objects.filter(pk=house.pk).update(is_house=True)
    last.people.create(member=host, part="host")

    def found():
        return [each.member for each in planning.plan_of(now=NOW).invited if each.reason == "growth"]

    assert found() == [fresh]
    ActivityInvitation.objects.update(invited_at=NOW - timedelta(days=62))
    assert found() == [invited, fresh]


def test_a_plan_becomes_a_draft_once_and_who_is_invited_registers_first(growth):
    last_one(tier=None, only_space=False)
    people = grown(growth, 90, 80, 70)
    stranger = factories.MemberFactory()
    plan = planning.plan_of(now=NOW)
    given = {"plan": plan, "starts_at": plan.starts_at, "place": "The roof", "capacity": 6, "now": NOW}

    made = planning.draft(**given, members=[people[0], people[2]])
    with pytest.raises(planning.CannotPlan, match="planned already"):
        planning.draft(**given, members=people)

    assert (made.state, made.place, made.capacity, made.invited_hours) == ("draft", "The roof", 6, 48)
    assert not Event.objects.filter(type__code="activity.invited").exists()
    space = Space.objects.create(ref="readers")
    for each in (*people, stranger):
        SpaceMember.objects.create(space=space, member=each, state="in", asked_at=NOW, joined_at=NOW)
    Activity.objects.filter(pk=made.pk).update(only_space=True, space=space)
    life.step(activity_id=made.pk, to="announced", now=NOW)
    told = Event.objects.filter(type__code="activity.invited").order_by("pk").values_list("member_id", flat=True)
    assert list(told) == [people[0].pk, people[2].pk]
    assert registering.register(activity_id=made.pk, member=people[0], now=NOW)[0].state == "confirmed"
    with pytest.raises(registering.CannotRegister, match="Whoever was invited registers first; everybody else from"):
        registering.register(activity_id=made.pk, member=stranger, now=NOW + timedelta(hours=47, minutes=59))
    made.refresh_from_db()
    later = NOW + timedelta(hours=48)
    assert deciding.verdict_of(made, stranger, now=later).may
    assert registering.register(activity_id=made.pk, member=stranger, now=later)[0].state == "confirmed"


def test_what_cannot_be_drafted_is_refused_and_leaves_nothing(growth):
    plan = planning.plan_of(now=NOW)
    for values in ({"starts_at": NOW}, {"capacity": 0}, {"capacity": 61}):
        given = {"starts_at": plan.starts_at, "place": "", "capacity": 5, **values}
        with pytest.raises(planning.CannotPlan):
            planning.draft(plan=plan, members=[], now=NOW, **given)
    assert not Activity.objects.exists()
