"""Passes under pressure: the last use opens one place, and no use stays taken without one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import registering
from activities.domain.orders import proof
from activities.domain.registering import giving
from activities.models import Registration
from incentives.domain.privileges import granting, using
from incentives.domain.requests import Refused
from incentives.models import Privilege, PrivilegeGrant, PrivilegeUse
from tests import factories
from tests.faults.test_pump import in_threads

pytestmark = pytest.mark.postgresql


@pytest.fixture
def visits(committed_db):
    factories.world()
    return Privilege.objects.create(code="visits", names={"en": "Visits"})


def evenings(visits, count, **more):
    found = []
    for number in range(count):
        found.append(factories.announced(f"evening-{number}", capacity=30, money="EUR", guests_max=1))
        factories.ticket(found[-1], **{"privilege": visits, "pass_only": True, "price": 0, **more})
    return found


def grant(member, visits, uses_max, key="k", **more):
    return granting.grant_privilege(
        member_id=member.pk, privilege=visits, key=key, now=timezone.now(), uses_max=uses_max, **more
    )[0]  # fmt: skip


def come(evening, member, **more) -> Callable[[], None]:
    def run():
        with suppress(Refused):
            registering.register(activity_id=evening.pk, member=member, now=timezone.now(), **more)

    return run


def cancel(registration_id) -> Callable[[], None]:
    def run():
        with suppress(Refused):
            registering.cancel(registration_id=registration_id, now=timezone.now())

    return run


def books_are_whole():
    assert [each for each in proof.verify() if not each.holds] == []


def test_the_last_use_opens_one_of_twenty_places_that_are_asked_for_at_once(visits):
    ada = factories.MemberFactory(ref="ada", age_band="adult")
    given = grant(ada, visits, 1)

    assert in_threads(*[come(each, ada) for each in evenings(visits, 20)]) == []

    given.refresh_from_db()
    assert (Registration.objects.filter(state="confirmed").count(), PrivilegeUse.objects.count(), given.uses) == (
        1, 1, 1,
    )  # fmt: skip
    books_are_whole()


def test_twenty_who_press_twice_use_their_pass_once(visits):
    (evening,) = evenings(visits, 1)
    people = [factories.MemberFactory(age_band="adult") for _ in range(20)]
    for member in people:
        grant(member, visits, 2)

    assert in_threads(*[come(evening, member) for member in people for _ in range(2)]) == []

    assert PrivilegeUse.objects.count() == 20
    assert set(PrivilegeGrant.objects.values_list("uses", flat=True)) == {1}
    books_are_whole()


def test_coming_with_guests_and_changing_ones_mind_at_once_leaves_no_use_without_a_place(visits):
    """Two grants that end at different times and a number of places for all: what is held in another order would wait
    for each other."""
    Privilege.objects.update(places=1_000, every="ever")
    people = [factories.MemberFactory(age_band="adult") for _ in range(4)]
    places = evenings(visits, 3, pass_only=False, price=2_000)
    for member in people:
        grant(member, visits, 3, "a", until=timezone.now() + timedelta(days=30))
        grant(member, visits, 3, "b")
    for _round in range(3):
        live = list(Registration.objects.live().values_list("pk", flat=True))
        works = [come(each, member, guests=1, with_pass=True) for each in places for member in people]
        assert in_threads(*works, *[cancel(pk) for pk in live]) == []
        books_are_whole()
    assert set(Registration.objects.live().values_list("state", flat=True)) <= {"confirmed"}


def test_a_use_that_is_given_back_alone_while_its_place_is_cancelled_comes_back_once(visits):
    (evening,) = evenings(visits, 1)
    ada = factories.MemberFactory(ref="ada", age_band="adult")
    given = grant(ada, visits, 1)
    come(evening, ada)()
    use = PrivilegeUse.objects.get()

    def alone():
        with suppress(using.CannotGiveBack):
            using.give_back(use_id=use.pk, member_id=ada.pk, now=timezone.now(), actor="test")

    registration_id = Registration.objects.get().pk
    assert in_threads(*[alone] * 4, *[cancel(registration_id)] * 4) == []

    given.refresh_from_db()
    assert given.uses == 0
    books_are_whole()


def test_a_worker_that_dies_between_the_uses_and_the_place_has_taken_nothing(visits, monkeypatch):
    (evening,) = evenings(visits, 1)
    ada = factories.MemberFactory(ref="ada", age_band="adult")
    given = grant(ada, visits, 2)

    class Killed(BaseException):
        """What a worker does not survive."""

    def die(*_args, **_more):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(giving, "seat", die)
        registering.register(activity_id=evening.pk, member=ada, now=timezone.now(), guests=1)

    given.refresh_from_db()
    assert (given.uses, PrivilegeUse.objects.count(), Registration.objects.count()) == (0, 0, 0)


def test_a_pass_is_counted_behind_a_row_lock(visits):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    (evening,) = evenings(visits, 1)
    ada = factories.MemberFactory(ref="ada", age_band="adult")
    grant(ada, visits, 1)

    with CaptureQueriesContext(connection) as asked:
        come(evening, ada)()

    held = [each["sql"] for each in asked if "privilegegrant" in each["sql"] and "UPDATE" in each["sql"]]
    assert "FOR NO KEY UPDATE" in held[0]
    assert held[1].startswith("UPDATE")
