"""Who gets a place, who waits for one, and what becomes of a place that is given up."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import advancing, questions, registering
from activities.enums import EndedBy
from activities.models import Activity, Registration
from members.models import Event, Segment, SegmentMember, Space, SpaceMember, Standing, Tier
from tests import factories

pytestmark = pytest.mark.django_db


def register(activity, member, **more):
    return registering.register(activity_id=activity.pk, member=member, now=timezone.now(), **more)[0]


def told(member, *, prefix="activity."):
    found = Event.objects.filter(member=member, type__code__startswith=prefix).order_by("pk")
    return list(found.values_list("type__code", flat=True))


def people(count):
    return [factories.MemberFactory() for _ in range(count)]


def seats_add_up():
    for each in Activity.objects.all():
        assert each.seats_taken == sum(r.seats for r in each.registrations.seated())


def test_register_gives_a_place_and_says_so_once():
    activity, member = factories.announced(), factories.MemberFactory()

    first, is_new = registering.register(activity_id=activity.pk, member=member, now=timezone.now(), channel="poster")
    again, is_newer = registering.register(activity_id=activity.pk, member=member, now=timezone.now())

    assert (first, is_new, again, is_newer) == (first, True, first, False)
    assert first.state == "confirmed"
    assert told(member) == ["activity.registered"]
    event = Event.objects.get(type__code="activity.registered")
    assert json.loads(event.payload.data) == {
        "activity": "evening",
        "kind": "sharing",
        "guests": 0,
        "channel": "poster",
    }
    activity.refresh_from_db()
    assert activity.seats_taken == 1


def test_guests_take_seats_and_whoever_does_not_fit_waits():
    activity = factories.announced(capacity=3, guests_max=2)
    one, two, three = people(3)

    assert register(activity, one, guests=2).state == "confirmed"
    assert register(activity, two).state == "waiting"
    assert register(activity, three).state == "waiting"

    assert [r.place_in_line() for r in Registration.objects.in_line()] == [1, 2]
    assert told(two) == ["activity.waitlisted"]
    seats_add_up()


def test_a_seat_that_becomes_free_is_offered_to_the_next_and_to_nobody_else():
    activity = factories.announced(capacity=1)
    one, two, three, four = people(4)
    first, second, third = (register(activity, each) for each in (one, two, three))

    registering.cancel(registration_id=first.pk, now=timezone.now())

    second.refresh_from_db()
    third.refresh_from_db()
    assert (second.state, third.state) == ("offered", "waiting")
    assert told(two) == ["activity.waitlisted", "activity.offered"]
    assert register(activity, four).state == "waiting"
    seats_add_up()


def test_an_offer_is_taken_or_passes_on_when_its_time_is_over():
    activity = factories.announced(capacity=1, offer_hours=2)
    one, two, three = people(3)
    first, second, third = (register(activity, each) for each in (one, two, three))
    now = timezone.now()
    registering.cancel(registration_id=first.pk, now=now)

    assert advancing.pass_offers_on(now=now + timedelta(hours=1)) == 0
    assert advancing.pass_offers_on(now=now + timedelta(hours=2)) == 1
    assert advancing.pass_offers_on(now=now + timedelta(hours=2)) == 0

    second.refresh_from_db()
    assert (second.state, second.ended_by) == ("lapsed", "clock")
    assert told(two) == ["activity.waitlisted", "activity.offered", "activity.lapsed"]
    with pytest.raises(registering.CannotChange, match="No place is kept for you"):
        registering.accept_offer(registration_id=second.pk, member_id=two.pk, now=now + timedelta(hours=2))
    taken, is_new = registering.accept_offer(registration_id=third.pk, member_id=three.pk, now=now + timedelta(hours=3))
    assert (taken.state, is_new) == ("confirmed", True)
    assert registering.accept_offer(registration_id=third.pk, member_id=three.pk, now=now)[1] is False
    seats_add_up()


def test_an_offer_whose_time_is_over_is_no_offer_though_no_job_has_run():
    activity = factories.announced(capacity=1, offer_hours=1)
    one, two = people(2)
    first, second = register(activity, one), register(activity, two)
    now = timezone.now()
    registering.cancel(registration_id=first.pk, now=now)

    with pytest.raises(registering.CannotChange) as refused:
        registering.accept_offer(registration_id=second.pk, member_id=two.pk, now=now + timedelta(hours=1))

    assert refused.value.kind == "no_offer"


def test_whoever_declines_lets_it_pass_at_once():
    activity = factories.announced(capacity=1)
    one, two, three = people(3)
    first, second, third = (register(activity, each) for each in (one, two, three))
    registering.cancel(registration_id=first.pk, now=timezone.now())

    registering.decline_offer(registration_id=second.pk, member_id=two.pk, now=timezone.now())

    third.refresh_from_db()
    assert third.state == "offered"
    assert registering.decline_offer(registration_id=second.pk, member_id=two.pk, now=timezone.now())[1] is False


def test_higher_tiers_are_offered_first_and_within_a_tier_whoever_came_first():
    ladder = factories.ladder(bronze=0, gold=100)
    activity = factories.announced(capacity=1)
    one, two, three, four = people(4)
    for member in (three, four):
        Standing.objects.create(since=timezone.now(), member=member, ladder=ladder, tier=Tier.objects.get(code="gold"))
    first = register(activity, one)
    for each in (two, three, four):
        register(activity, each)

    registering.cancel(registration_id=first.pk, now=timezone.now())

    line = Registration.objects.in_line()
    assert [each.member for each in line] == [four, two]
    assert Registration.objects.get(member=three).state == "offered"


def test_where_tiers_do_not_count_the_line_is_a_line():
    ladder = factories.ladder(bronze=0, gold=100)
    activity = factories.announced(capacity=1, waits_by_tier=False)
    one, two, three = people(3)
    Standing.objects.create(since=timezone.now(), member=three, ladder=ladder, tier=Tier.objects.get(code="gold"))
    first = register(activity, one)
    register(activity, two)
    register(activity, three)

    registering.cancel(registration_id=first.pk, now=timezone.now())

    assert Registration.objects.get(member=two).state == "offered"


def test_whoever_needs_more_seats_than_are_free_keeps_their_place_and_the_next_who_fits_goes_ahead():
    activity = factories.announced(capacity=2, guests_max=1)
    one, two, three, four = people(4)
    first = register(activity, one)
    register(activity, two)
    big = register(activity, three, guests=1)
    small = register(activity, four)

    registering.cancel(registration_id=first.pk, now=timezone.now())

    big.refresh_from_db()
    small.refresh_from_db()
    assert (big.state, small.state) == ("waiting", "offered")


def test_nobody_is_offered_a_place_once_registration_has_closed():
    now = timezone.now()
    activity = factories.announced(capacity=1, closes_at=now + timedelta(days=1))
    one, two = people(2)
    first, second = register(activity, one), register(activity, two)

    registering.cancel(registration_id=first.pk, now=now + timedelta(days=2))

    second.refresh_from_db()
    assert second.state == "waiting"


def test_a_list_closed_to_newcomers_still_serves_those_on_it():
    activity = factories.announced(capacity=1)
    one, two, three = people(3)
    first, second = register(activity, one), register(activity, two)
    Activity.objects.filter(pk=activity.pk).update(has_waiting_list=False)

    with pytest.raises(registering.CannotRegister, match="no waiting list"):
        register(activity, three)
    registering.cancel(registration_id=first.pk, now=timezone.now())

    second.refresh_from_db()
    assert second.state == "offered"


def test_a_banned_member_in_line_is_passed_over():
    activity = factories.announced(capacity=1)
    one, two, three = people(3)
    first = register(activity, one)
    register(activity, two)
    register(activity, three)
    two.status = "banned"
    two.save()

    registering.cancel(registration_id=first.pk, now=timezone.now())

    assert Registration.objects.get(member=two).state == "waiting"
    assert Registration.objects.get(member=three).state == "offered"


@pytest.mark.parametrize(
    ("_case", "before", "kind"),
    [
        ("drafts_are_nobodys", "draft", "not_open"),
        ("a_cancelled_one_says_so", "cancelled", "activity_cancelled"),
        ("one_that_runs_has_begun", "running", "has_begun"),
        ("one_that_is_over_is_over", "finished", "over"),
    ],
)
def test_register_is_refused_in_other_states(_case, before, kind):
    activity, member = factories.announced(), factories.MemberFactory()
    Activity.objects.filter(pk=activity.pk).update(state=before)

    with pytest.raises(registering.CannotRegister) as refused:
        register(activity, member)

    assert refused.value.kind == kind
    assert Registration.objects.count() == 0


def test_register_obeys_the_clock_though_no_job_has_run():
    now = timezone.now()
    activity = factories.announced(opens_at=now + timedelta(hours=1), closes_at=now + timedelta(hours=2))
    member = factories.MemberFactory()

    def at(hours):
        return registering.register(activity_id=activity.pk, member=member, now=now + timedelta(hours=hours))

    with pytest.raises(registering.CannotRegister, match="Registration opens on"):
        at(0.5)
    with pytest.raises(registering.CannotRegister, match="Registration closed on"):
        at(2)
    made, _new = at(1)

    assert made.state == "confirmed"
    activity.refresh_from_db()
    assert activity.state == "open"


def test_a_privilege_opens_registration_earlier():
    from incentives.models import Privilege

    now = timezone.now()
    privilege = Privilege.objects.create(code="early", way="app")
    privilege.grounds.create(kind="tier", tier=factories.ladder(silver=10).tiers.get())
    activity = factories.announced(opens_at=now + timedelta(hours=10), early_privilege=privilege, early_hours=5)
    silver, plain = people(2)
    Standing.objects.create(
        since=timezone.now(), member=silver, ladder_id=privilege.grounds.get().tier.ladder_id, tier=Tier.objects.get()
    )

    def at(member, hours):
        return registering.register(activity_id=activity.pk, member=member, now=now + timedelta(hours=hours))[0]

    with pytest.raises(registering.CannotRegister):
        at(silver, 4)
    with pytest.raises(registering.CannotRegister):
        at(plain, 6)
    assert at(silver, 6).state == "confirmed"


def test_register_is_refused_to_whoever_does_not_meet_the_demands():
    silver = factories.ladder(silver=10).tiers.get()
    segment = Segment.objects.create(code="bakers", kind="static")
    space = Space.objects.create(ref="circle", names={"en": "The circle"}, state="open")
    activity = factories.announced(tier=silver, segment=segment, space=space, only_space=True)
    member = factories.MemberFactory()

    def refusal():
        with pytest.raises(registering.CannotRegister) as refused:
            register(activity, member)
        return refused.value.kind

    assert refusal() == "tier_too_low"
    Standing.objects.create(since=timezone.now(), member=member, ladder=silver.ladder, tier=silver)
    assert refusal() == "not_among"
    SegmentMember.objects.create(segment=segment, member=member, since=timezone.now())
    assert refusal() == "not_in_space"
    SpaceMember.objects.create(
        space=space, member=member, state="in", asked_at=timezone.now(), joined_at=timezone.now()
    )
    assert register(activity, member).state == "confirmed"


@pytest.mark.parametrize(
    ("_case", "values", "guests"),
    [("none_are_allowed", {}, 1), ("more_than_allowed", {"guests_max": 2}, 3), ("below_none", {"guests_max": 2}, -1),
     ("more_than_there_are_seats", {"guests_max": 5, "capacity": 3}, 3)],
)  # fmt: skip
def test_register_refuses_guests_that_cannot_be_brought(_case, values, guests):
    activity, member = factories.announced(**values), factories.MemberFactory()

    with pytest.raises(registering.CannotRegister) as refused:
        register(activity, member, guests=guests)

    assert refused.value.kind == "too_many_guests"


def test_whoever_needs_approval_waits_for_it_without_a_seat():
    activity = factories.announced(capacity=1, needs_approval=True)
    one, two, three = people(3)
    first, second, third = (register(activity, each) for each in (one, two, three))
    assert {first.state, second.state} == {"asked"}

    assert registering.approve(registration_id=first.pk, now=timezone.now())[0].state == "confirmed"
    assert registering.approve(registration_id=first.pk, now=timezone.now())[1] is False
    assert registering.approve(registration_id=second.pk, now=timezone.now())[0].state == "waiting"
    assert registering.refuse(registration_id=third.pk, now=timezone.now(), reason="Too late.")[0].state == "refused"
    assert registering.refuse(registration_id=third.pk, now=timezone.now())[1] is False

    assert told(three) == ["activity.refused"]
    with pytest.raises(registering.CannotChange, match="Nobody waits"):
        registering.refuse(registration_id=first.pk, now=timezone.now())
    with pytest.raises(registering.CannotChange, match="Nobody waits"):
        registering.approve(registration_id=third.pk, now=timezone.now())
    seats_add_up()


def test_cancelling_after_the_deadline_is_late_and_told_as_such():
    now = timezone.now()
    activity = factories.announced(cancel_until=now + timedelta(days=1))
    early, late = people(2)
    first, second = register(activity, early), register(activity, late)

    registering.cancel(registration_id=first.pk, now=now)
    cancelled, is_new = registering.cancel(registration_id=second.pk, now=now + timedelta(days=1))

    assert (cancelled.is_late, is_new) == (True, True)
    assert registering.cancel(registration_id=second.pk, now=now)[1] is False
    data = {e.member_id: json.loads(e.payload.data) for e in Event.objects.filter(type__code="activity.cancelled")}
    assert (data[early.pk]["late"], data[late.pk]["late"]) == (False, True)
    assert data[late.pk]["had_place"] is True


def test_members_cancel_until_it_begins_and_the_team_until_somebody_has_come():
    activity, member = factories.announced(), factories.MemberFactory()
    made = register(activity, member)
    begun = activity.starts_at

    with pytest.raises(registering.CannotChange, match="It has begun"):
        registering.cancel(registration_id=made.pk, now=begun)
    with pytest.raises(registering.CannotChange, match="no such registration"):
        registering.cancel(registration_id=made.pk, member_id=member.pk + 1, now=timezone.now())
    Registration.objects.filter(pk=made.pk).update(checked_in_at=begun)
    with pytest.raises(registering.CannotChange, match="come already"):
        registering.cancel(registration_id=made.pk, now=begun, by=EndedBy.TEAM)
    Registration.objects.filter(pk=made.pk).update(checked_in_at=None)
    registering.cancel(registration_id=made.pk, now=begun, by=EndedBy.TEAM, reason="Ill.")

    made.refresh_from_db()
    assert (made.state, made.ended_by, made.reason) == ("cancelled", "team", "Ill.")


def test_whoever_cancelled_may_register_anew():
    activity, member = factories.announced(), factories.MemberFactory()
    first = register(activity, member)
    registering.cancel(registration_id=first.pk, now=timezone.now())

    second = register(activity, member)

    assert second.pk != first.pk
    assert second.state == "confirmed"


def test_answers_are_kept_as_they_were_asked_for():
    asked = [
        {"code": "diet", "names": {"en": "Diet"}, "kind": "choice", "options": [{"code": "vegan", "names": {"en": "Vegan"}}, {"code": "any", "names": {"en": "Any"}}],
         "required": True},
        {"code": "note", "names": {"en": "Note"}},
    ]  # fmt: skip
    activity, member = factories.announced(questions=asked), factories.MemberFactory()

    with pytest.raises(questions.BadAnswer, match="needs an answer"):
        register(activity, member)
    with pytest.raises(questions.BadAnswer, match="Choose one of: vegan, any"):
        register(activity, member, answers={"diet": "meat"})
    assert Registration.objects.count() == 0

    assert register(activity, member, answers={"note": " Hello ", "diet": "vegan"}).answers == {
        "diet": "vegan", "note": "Hello",
    }  # fmt: skip
