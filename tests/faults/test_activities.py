"""Seats under pressure: many at once, and the clock at the same time."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import advancing, life, registering
from activities.enums import ActivityState
from activities.models import Activity, Registration
from members.models import Event, Member
from tests import factories
from tests.faults.test_pump import in_threads

CLIENTS, SEATS = 500, 50


@pytest.mark.postgresql
def test_five_hundred_clients_for_fifty_seats_get_exactly_fifty(committed_db):
    """Sixteen threads, each a client after another: as many connections as a busy service has."""
    factories.world()
    activity = factories.announced(capacity=SEATS)
    Member.objects.bulk_create([Member(ref=f"c{number}") for number in range(CLIENTS)])
    people = list(Member.objects.filter(ref__startswith="c").order_by("pk"))

    def clients(some):
        def run():
            for member in some:
                registering.register(activity_id=activity.pk, member=member, now=timezone.now())

        return run

    assert in_threads(*(clients(people[start::16]) for start in range(16))) == []

    states = list(Registration.objects.values_list("state", flat=True))
    assert (states.count("confirmed"), states.count("waiting"), len(states)) == (SEATS, CLIENTS - SEATS, CLIENTS)
    assert Activity.objects.get().seats_taken == SEATS
    assert Event.objects.filter(type__code="activity.registered").count() == SEATS


@pytest.mark.postgresql
def test_one_member_who_presses_twenty_times_has_one_seat(committed_db):
    factories.world()
    activity, member = factories.announced(), factories.MemberFactory()

    def press():
        registering.register(activity_id=activity.pk, member=member, now=timezone.now())

    assert in_threads(*[press] * 20) == []

    assert Registration.objects.count() == 1
    assert Activity.objects.get().seats_taken == 1


@pytest.mark.postgresql
def test_seats_add_up_whatever_members_and_clocks_do_at_once(committed_db):
    factories.world()
    activity = factories.announced(capacity=3, guests_max=1, offer_hours=1)
    people = [factories.MemberFactory(ref=f"m{number}") for number in range(12)]
    now = timezone.now()

    def come_and_go(member, guests):
        def run():
            for _ in range(4):
                made, _new = registering.register(
                    activity_id=activity.pk, member=member, now=timezone.now(), guests=guests
                )
                if made.state == "offered":
                    with suppress(registering.CannotChange):
                        registering.accept_offer(registration_id=made.pk, member_id=member.pk, now=timezone.now())
                registering.cancel(registration_id=made.pk, now=timezone.now())
            registering.register(activity_id=activity.pk, member=member, now=timezone.now(), guests=guests)

        return run

    def clock():
        for hours in range(6):
            advancing.pass_offers_on(now=now + timedelta(hours=hours))

    jobs = [come_and_go(member, number % 2) for number, member in enumerate(people)]
    assert in_threads(*jobs, clock, clock) == []

    activity.refresh_from_db()
    assert activity.seats_taken == sum(each.seats for each in activity.registrations.seated()) <= 3
    assert Registration.objects.live().count() <= len(people)


@pytest.mark.postgresql
def test_two_workers_take_a_step_once(committed_db):
    factories.world()
    activity = factories.announced()
    registering.register(activity_id=activity.pk, member=factories.MemberFactory(), now=timezone.now())

    def work():
        advancing.advance_activities(now=activity.ends_at)

    assert in_threads(work, work, work, work) == []

    assert list(activity.steps.values_list("to_state", flat=True)) == ["announced", "open", "running", "finished"]
    assert Event.objects.filter(type__code="activity.spoke").count() == 1


@pytest.mark.postgresql
def test_whoever_registers_while_it_is_called_off_is_told_or_refused(committed_db):
    factories.world()
    activity = factories.announced(capacity=None)
    people = [factories.MemberFactory(ref=f"m{number}") for number in range(8)]

    def register(member):
        def run():
            try:
                registering.register(activity_id=activity.pk, member=member, now=timezone.now())
            except registering.CannotRegister as error:
                assert error.kind == "activity_cancelled"

        return run

    def call_off():
        life.step(activity_id=activity.pk, to=ActivityState.CANCELLED, now=timezone.now(), reason="Snow.")

    assert (
        in_threads(*(register(each) for each in people[:4]), call_off, *(register(each) for each in people[4:])) == []
    )

    assert Registration.objects.live().count() == 0
    assert Activity.objects.get().seats_taken == 0
