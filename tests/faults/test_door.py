"""The door under pressure: many devices, late batches, and what happens to a registration meanwhile."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import advancing, registering
from activities.domain.checking_in.codes import code_of
from activities.domain.checking_in.scanning import Scanned, take, take_all
from activities.domain.checking_in.taking_back import undo
from activities.models import Activity, Registration, Scan
from incentives.domain.ledger import queries
from incentives.domain.ledger.verify import verify
from members.domain.counters.making import make_counter
from members.models import Attendance, Counter, CounterValue, Event, EventType, Member
from tests import factories
from tests.faults.test_pump import in_threads


def begun(**more):
    now = timezone.now()
    return factories.announced(now=now - timedelta(days=9), starts_at=now - timedelta(minutes=30), **more)


def registered(activity, ref="ada"):
    member = Member.objects.filter(ref=ref).first() or factories.MemberFactory(ref=ref)
    moment = activity.starts_at - timedelta(hours=3)
    return registering.register(activity_id=activity.pk, member=member, now=moment)[0]


@pytest.mark.postgresql
def test_one_code_scanned_by_ten_devices_at_once_is_one_arrival(committed_db):
    factories.world()
    evening = begun()
    code = code_of(registered(evening))

    def device(number):
        scanned = Scanned(f"n{number}", evening.starts_at + timedelta(seconds=number % 3), code)
        return lambda: take(activity_id=evening.pk, scanned=scanned, now=timezone.now())

    assert in_threads(*(device(number) for number in range(10))) == []

    assert Scan.objects.count() == 10
    assert Event.objects.filter(type__code="activity.checked_in").count() == 1
    assert Registration.objects.get().checked_in_at == evening.starts_at


@pytest.mark.postgresql
def test_a_batch_that_two_workers_send_at_once_is_taken_once(committed_db):
    factories.world()
    evening = begun(capacity=None)
    codes = [code_of(registered(evening, f"m{number}")) for number in range(20)]
    batch = [Scanned(f"n{n}", evening.starts_at + timedelta(seconds=n), code) for n, code in enumerate(codes)]
    answers = []

    def worker(scans):
        return lambda: answers.extend(take_all(activity_id=evening.pk, scans=scans, now=timezone.now()))

    assert in_threads(worker(batch), worker(batch[::-1]), worker(batch)) == []

    assert sum(each.is_new for each in answers) == 20
    assert {each.scan.result for each in answers} == {"came"}
    assert Scan.objects.count() == 20
    assert Event.objects.filter(type__code="activity.checked_in").count() == 20


@pytest.mark.postgresql
@pytest.mark.parametrize("_round", range(5))
def test_whoever_is_cancelled_while_they_are_scanned_came_or_did_not(committed_db, _round):
    factories.world()
    evening = begun()
    ada = registered(evening)
    scanned = Scanned("n", evening.starts_at, code_of(ada))

    def cancel():
        with suppress(registering.CannotChange):
            registering.cancel(registration_id=ada.pk, now=timezone.now(), by="team")

    def scan():
        take(activity_id=evening.pk, scanned=scanned, now=timezone.now())

    assert in_threads(cancel, scan) == []

    ada.refresh_from_db()
    came = Scan.objects.get().result == "came"
    assert (ada.state, ada.checked_in_at is not None) == (("confirmed", True) if came else ("cancelled", False))
    assert Event.objects.filter(type__code="activity.checked_in").count() == came
    assert Activity.objects.get().seats_taken == came


@pytest.mark.postgresql
def test_the_last_seat_goes_to_one_who_walks_in(committed_db):
    factories.world()
    evening = begun(capacity=1)
    people = [factories.MemberFactory(ref=f"m{number}") for number in range(8)]

    def walk(member):
        scanned = Scanned(f"n-{member.ref}", evening.starts_at, member=member)
        return lambda: take(activity_id=evening.pk, scanned=scanned, now=timezone.now())

    assert in_threads(*map(walk, people)) == []

    assert sorted(Scan.objects.values_list("result", "why")) == [("came", ""), *[("refused", "full")] * 7]
    activity = Activity.objects.get()
    assert (activity.seats_taken, activity.capacity, Registration.objects.count()) == (1, 1, 1)


@pytest.mark.postgresql
def test_scans_undos_and_the_clock_at_once_agree_in_the_end(committed_db):
    factories.world()
    now = timezone.now()
    evening = factories.announced(now=now - timedelta(days=9), starts_at=now - timedelta(days=2), capacity=None)
    everybody = [registered(evening, f"m{number}") for number in range(6)]
    take(activity_id=evening.pk, scanned=Scanned("first", evening.starts_at, code_of(everybody[0])), now=now)
    advancing.advance_activities(now=evening.ends_at)

    def scans(each):
        def run():
            for number in range(4):
                moment = evening.starts_at + timedelta(minutes=number)
                scanned = Scanned(f"n{each.pk}-{number}", moment, code_of(each))
                take(activity_id=evening.pk, scanned=scanned, now=timezone.now())

        return run

    def missing():
        for _ in range(3):
            advancing.find_missing(now=timezone.now())

    def undoing():
        with suppress(Exception):
            undo(registration_id=everybody[0].pk, nonce="u", reason="Mistaken.", now=timezone.now())

    assert in_threads(*map(scans, everybody[:4]), missing, undoing, missing) == []
    advancing.find_missing(now=timezone.now())

    for each in Registration.objects.all():
        assert (each.checked_in_at is None) == (each.missed_at is not None)
        assert (each.came_event_id is None) == (each.checked_in_at is None)
        assert (each.missed_event_id is None) == (each.missed_at is None)


@pytest.mark.postgresql
@pytest.mark.parametrize("_round", range(3))
def test_a_coming_that_is_taken_back_while_it_is_judged_and_scanned_anew_is_paid_once_or_not(committed_db, _round):
    factories.world()
    came = EventType.objects.get(code="activity.checked_in")
    make_counter(counter=Counter(code="evenings", event_type=came, kind="count"))
    factories.rule({"code": "came", "when": "activity.checked_in", "then": [factories.award(40)]})
    evening = begun(capacity=None)
    everybody = [registered(evening, f"m{number}") for number in range(4)]
    for each in everybody:
        scanned = Scanned(f"a{each.pk}", evening.starts_at, code_of(each))
        take(activity_id=evening.pk, scanned=scanned, now=evening.starts_at)

    def undoes(each):
        return lambda: undo(registration_id=each.pk, nonce=f"u{each.pk}", reason="Mistaken.", now=timezone.now())

    def returns(each):
        scanned = Scanned(f"b{each.pk}", timezone.now(), code_of(each))
        return lambda: take(activity_id=evening.pk, scanned=scanned, now=timezone.now())

    def judges():
        for _ in range(4):
            factories.judge()

    assert in_threads(*map(undoes, everybody), *map(returns, everybody[:2]), judges, judges) == []
    while factories.judge().events:
        pass

    for each in Registration.objects.select_related("member"):
        is_there = each.checked_in_at is not None
        available = {line.currency: line.available for line in queries.balances(each.member_id)}
        counts = CounterValue.objects.filter(member_id=each.member_id).values_list("value", flat=True)
        assert available.get("points", 0) == (40 if is_there else 0)
        assert sum(counts) == is_there
        assert Attendance.objects.filter(member_id=each.member_id).count() == is_there
        told = Event.objects.filter(member_id=each.member_id, type=came, retraction__isnull=True)
        assert [event.pk for event in told] == ([each.came_event_id] if is_there else [])
    assert [proof for proof in verify() if not proof.holds] == []
