"""The life of an activity: what each step needs, what it brings, and that the clock takes it once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import advancing, life, registering
from activities.enums import ActivityState
from activities.models import Activity, ActivityStep, Registration
from members.models import Event
from tests import factories

pytestmark = pytest.mark.django_db


def step(activity, to, **more):
    return life.step(activity_id=activity.pk, to=ActivityState(to), now=more.pop("now", timezone.now()), **more)


def register(activity, member, now=None):
    return registering.register(activity_id=activity.pk, member=member, now=now or timezone.now())[0]


def events(code):
    return list(Event.objects.filter(type__code=code).order_by("pk").values_list("member__ref", flat=True))


def test_a_life_from_the_draft_to_closed_books_is_told_and_written_down():
    activity = factories.activity()

    step(activity, "announced", by="operator 1")
    step(activity, "running", now=activity.starts_at)
    step(activity, "finished", now=activity.ends_at)
    done, is_new = step(activity, "reviewed")

    assert (done.state, is_new) == ("reviewed", True)
    steps = ActivityStep.objects.values_list("from_state", "to_state", "by")
    assert list(steps) == [
        ("draft", "announced", "operator 1"), ("announced", "open", "clock"), ("open", "running", ""),
        ("running", "finished", ""), ("finished", "reviewed", ""),
    ]  # fmt: skip
    assert events("activity.announced") == ["speaker"]
    assert events("activity.spoke") == ["speaker"]
    assert step(activity, "reviewed")[1] is False


@pytest.mark.parametrize(
    ("before", "to"), [("draft", "open"), ("finished", "open"), ("cancelled", "announced"), ("reviewed", "cancelled")]
)
def test_steps_that_no_life_takes_are_refused(before, to):
    activity = factories.activity()
    Activity.objects.filter(pk=activity.pk).update(state=before)

    with pytest.raises(life.CannotStep) as refused:
        step(activity, to, reason="Because.")

    assert refused.value.kind == "no_such_step"
    assert ActivityStep.objects.count() == 0


@pytest.mark.parametrize(
    ("_case", "values", "sentence"),
    [
        ("no_name", {"names": {"en": " "}}, "Give it a name."),
        ("no_place", {"place": ""}, "Say where it is"),
        ("bad_questions", {"questions": [{"code": "A"}]}, "its code is a short word"),
        ("brand_unexpected", {"kind": "brand", "capacity": 200}, "Say how many people are expected."),
        ("brand_too_small", {"kind": "brand", "capacity": None, "audience_expected": 40}, "fewer than 100: say why"),
        ("brand_too_few_seats", {"kind": "brand", "capacity": 50, "audience_expected": 120}, "fewer seats than people"),
        ("member_too_large", {"kind": "member", "capacity": 61}, "at most 60 seats"),
        ("member_for_nobody", {"kind": "member", "capacity": 10}, "Say which members it is for"),
    ],
)
def test_announcing_says_everything_that_is_missing(_case, values, sentence):
    activity = factories.activity(**values)

    with pytest.raises(life.CannotStep, match=sentence) as refused:
        step(activity, "announced")

    assert refused.value.kind == "not_ready"
    activity.refresh_from_db()
    assert activity.state == "draft"


def test_a_sharing_activity_has_a_speaker():
    activity = factories.activity()
    activity.people.all().delete()

    with pytest.raises(life.CannotStep, match="Somebody speaks"):
        step(activity, "announced")


def test_what_lies_in_the_past_is_not_announced():
    past = timezone.now() - timedelta(hours=1)
    activity = factories.activity(starts_at=past, closes_at=past)

    with pytest.raises(life.CannotStep) as refused:
        step(activity, "announced")

    assert set(refused.value.sentences) >= {"It begins in the past.", "Registration closes in the past."}


def test_a_small_brand_activity_with_a_reason_is_announced():
    activity = factories.activity(
        kind="brand", audience_expected=40, small_reason="The opening of a tiny shop.", capacity=None
    )

    assert step(activity, "announced")[0].state == "open"


def test_a_cancelled_activity_frees_every_seat_and_tells_everybody_why():
    activity = factories.announced(capacity=1)
    one, two = factories.MemberFactory(), factories.MemberFactory()
    register(activity, one)
    register(activity, two)

    with pytest.raises(life.CannotStep, match="Say why"):
        step(activity, "cancelled")
    done, _new = step(activity, "cancelled", reason="The host is ill.")

    assert done.state == "cancelled"
    activity.refresh_from_db()
    assert activity.seats_taken == 0
    found = Registration.objects.order_by("pk").values_list("state", "ended_by", "reason")
    assert list(found) == [("cancelled", "team", "The host is ill.")] * 2
    data = [
        json.loads(each.payload.data) for each in Event.objects.filter(type__code="activity.cancelled").order_by("pk")
    ]
    assert [(each["by"], each["had_place"]) for each in data] == [("team", True), ("team", False)]
    assert events("activity.offered") == []


def test_the_clock_opens_starts_and_finishes_each_once():
    now = timezone.now()
    activity = factories.announced(opens_at=now + timedelta(days=1))

    assert advancing.advance_activities(now=now)["opened"] == 0
    assert advancing.advance_activities(now=now + timedelta(days=1))["opened"] == 1
    assert advancing.advance_activities(now=now + timedelta(days=1))["opened"] == 0
    assert advancing.advance_activities(now=activity.starts_at)["started"] == 1
    assert advancing.advance_activities(now=activity.starts_at)["started"] == 0
    assert advancing.advance_activities(now=activity.ends_at)["finished"] == 1
    assert advancing.advance_activities(now=activity.ends_at)["finished"] == 0

    assert events("activity.spoke") == ["speaker"]


def test_a_late_clock_takes_every_step_at_once():
    activity = factories.announced(opens_at=timezone.now() + timedelta(days=1))

    advancing.advance_activities(now=activity.ends_at)

    activity.refresh_from_db()
    assert activity.state == "finished"


def test_whoever_waits_when_it_begins_hears_that_no_place_became_free():
    activity = factories.announced(capacity=1)
    one, two = factories.MemberFactory(), factories.MemberFactory()
    register(activity, one)
    register(activity, two)

    advancing.advance_activities(now=activity.starts_at)

    assert Registration.objects.get(member=two).state == "lapsed"
    assert events("activity.lapsed") == [two.ref]
    assert Registration.objects.get(member=one).state == "confirmed"


def test_reminders_come_a_day_and_an_hour_before_and_once_each():
    activity = factories.announced()
    member = factories.MemberFactory()
    register(activity, member)
    starts_at = activity.starts_at

    counts = [
        advancing.remind(now=starts_at - before)
        for before in (
            timedelta(days=2),
            timedelta(hours=24),
            timedelta(hours=23),
            timedelta(minutes=60),
            timedelta(minutes=5),
        )
    ]

    assert counts == [0, 1, 0, 1, 0]
    hours = [
        json.loads(each.payload.data)["hours"]
        for each in Event.objects.filter(type__code="activity.reminder").order_by("pk")
    ]
    assert hours == [24, 1]


def test_whoever_registered_an_hour_before_is_not_reminded_of_it():
    activity = factories.announced()
    now = activity.starts_at - timedelta(minutes=50)
    register(activity, factories.MemberFactory(), now=now)

    assert advancing.remind(now=now + timedelta(minutes=1)) == 0


def test_who_did_not_come_is_said_once_and_only_where_the_door_was_watched():
    watched, unwatched = factories.announced("watched"), factories.announced("unwatched")
    came, missing = factories.MemberFactory(), factories.MemberFactory()
    for member in (came, missing):
        register(watched, member)
        register(unwatched, member)
    advancing.advance_activities(now=watched.ends_at)
    Registration.objects.filter(activity=watched, member=came).update(checked_in_at=watched.starts_at)

    assert advancing.find_missing(now=watched.ends_at + timedelta(hours=11)) == 0
    assert advancing.find_missing(now=watched.ends_at + timedelta(hours=12)) == 1
    assert advancing.find_missing(now=watched.ends_at + timedelta(hours=13)) == 0

    assert events("activity.missed") == [missing.ref]
    assert Registration.objects.get(activity=unwatched, member=missing).missed_at is None
