"""The last place of a space, wanted by many at once, is given to one; a term is begun once."""

from __future__ import annotations

import pytest
from django.utils import timezone

from members.domain.roles import appointing
from members.domain.spaces import joining
from members.models import Appointment, Event, Member, Role, Space, SpaceMember
from tests import factories
from tests.faults.test_pump import in_threads


@pytest.mark.postgresql
def test_the_last_place_of_a_space_is_given_once_and_a_term_is_told_once(committed_db):
    factories.world()
    space = Space.objects.create(ref="circle", state="open", capacity=1)
    role = Role.objects.create(code="host")
    people = [factories.MemberFactory(ref=f"m{number}") for number in range(6)]

    def enter(member):
        return lambda: joining.enter(space=space, member=member, now=timezone.now())

    def appoint():
        appointing.appoint(member=Member.objects.get(ref="m0"), role=role, space=space, now=timezone.now())

    assert in_threads(*(enter(member) for member in people), *[appoint] * 4) == []
    joining.leave(space=space, member=SpaceMember.objects.get(state="in").member, now=timezone.now())
    assert in_threads(*[lambda: joining.admit_waiting(now=timezone.now())] * 4) == []

    assert sorted(SpaceMember.objects.values_list("state", flat=True)) == ["in", "left", *["waiting"] * 4]
    assert Appointment.objects.count() == 1
    told = Event.objects.filter(type__code__in=("space.joined", "role.appointed")).values_list("type__code", flat=True)
    assert sorted(told) == ["role.appointed", "space.joined", "space.joined"]
