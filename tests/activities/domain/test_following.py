"""Somebody is erased, merged, or takes their data along; their seats follow."""

from __future__ import annotations

import pytest
from django.utils import timezone

from activities.domain import registering
from activities.models import Activity, ActivityPerson, Registration
from incentives.domain.erasing import erase
from incentives.domain.merging import merge
from incentives.domain.takeout import data_of
from tests import factories

pytestmark = pytest.mark.django_db


def register(activity, member, **more):
    return registering.register(activity_id=activity.pk, member=member, now=timezone.now(), **more)[0]


def test_an_erased_member_leaves_a_free_seat_and_no_words():
    activity = factories.announced(capacity=1, questions=[{"code": "note", "names": {"en": "Note"}}])
    gone, waiting = factories.MemberFactory(ref="gone"), factories.MemberFactory()
    register(activity, gone, answers={"note": "I am Ada."}, channel="poster")
    register(activity, waiting)

    erase(member_id=gone.pk, ref="gone", reason="Asked for it.", now=timezone.now())

    left = Registration.objects.get(member=gone)
    assert (left.state, left.answers, left.channel) == ("cancelled", {}, "")
    assert Registration.objects.get(member=waiting).state == "offered"
    assert Activity.objects.get().seats_taken == 1


def test_two_who_are_one_have_one_seat():
    both, other = factories.announced("both", capacity=3), factories.announced("other")
    one, two = factories.MemberFactory(), factories.MemberFactory()
    register(both, one)
    register(both, two)
    register(other, two)
    ActivityPerson.objects.create(activity=both, member=two, part="host")

    merge(survivor_id=one.pk, merged_id=two.pk, now=timezone.now(), reason="The same person.")

    live = Registration.objects.live().order_by("activity__code").values_list("activity__code", "member_id")
    assert list(live) == [("both", one.pk), ("other", one.pk)]
    assert Activity.objects.get(code="both").seats_taken == 1
    assert ActivityPerson.objects.get(part="host").member == one


def test_whoever_came_under_either_name_has_come():
    activity = factories.announced()
    one, two = factories.MemberFactory(), factories.MemberFactory()
    register(activity, one)
    came = register(activity, two)
    Registration.objects.filter(pk=came.pk).update(checked_in_at=timezone.now())

    merge(survivor_id=one.pk, merged_id=two.pk, now=timezone.now(), reason="The same person.")

    left = Registration.objects.live().get()
    assert (left.pk, left.member, left.checked_in_at is not None) == (came.pk, one, True)


def test_a_members_data_hold_their_activities():
    activity, member = factories.announced(), factories.MemberFactory()
    register(activity, member)
    ActivityPerson.objects.create(activity=activity, member=member, part="helper")

    found = data_of(member, now=timezone.now())

    (line,) = found["registrations"]
    assert (line["activity"], line["state"]) == ("evening", "confirmed")
    assert found["hosted"] == [{"activity": "evening", "part": "helper"}]
