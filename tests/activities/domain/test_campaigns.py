"""A campaign's activities: drafted with it, part of it in what is told, and stopped one by one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activities.domain import changing, life, registering
from activities.domain.checking_in.scanning import Scanned, take
from activities.enums import ActivityState
from activities.models import Activity, ActivityPerson, Order
from config import roles
from config.site.gatherings import showing
from incentives.domain import pending
from incentives.domain.campaigns import gatherings
from incentives.domain.campaigns.drafting import draft
from incentives.domain.campaigns.preview import preview_of
from incentives.domain.campaigns.reporting import report_of
from incentives.domain.campaigns.starting import CannotStart, start
from incentives.domain.campaigns.stopping import CannotStop, kept_of, stop
from incentives.domain.ledger.verify import verify
from members.models import EventPayload, Member, Segment, SegmentMember
from tests import factories
from tests.incentives.domain.campaigns.worlds import START, answers, guest, judge, points, running

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
EVENING = "spring-evening"


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.MemberFactory(ref="ada", joined_at=START - 90 * DAY)
    yield
    assert [proof for proof in verify() if not proof.holds] == []


def evening(**more):
    return running("friends-evening", **more)


def drafted() -> Activity:
    return Activity.objects.get(code=EVENING)


def announced(now=START + DAY) -> Activity:
    """The campaign's own draft with a place and a speaker, as an operator would have it, announced."""
    made = drafted()
    changing.change(activity_id=made.pk, values={"place": "The workshop"}, now=now)
    ActivityPerson.objects.create(activity=made, member=Member.objects.get_or_create(ref="speaker")[0], part="speaker")
    return life.step(activity_id=made.pk, to=ActivityState.ANNOUNCED, now=now)[0]


def comes(activity, member, *, registered_at=None) -> None:
    made, _new = registering.register(
        activity_id=activity.pk, member=member, now=registered_at or activity.starts_at - DAY
    )
    scan = Scanned(nonce=f"n-{member.pk}", scanned_at=activity.starts_at, registration=made)
    assert take(activity_id=activity.pk, scanned=scan, now=activity.starts_at).scan.result == "came"


def test_the_preview_shows_date_kind_seats_and_what_is_missing_and_stores_nothing():
    made = draft(template="friends-evening", answers=answers("friends-evening"), by=None)

    seen = preview_of(made, now=START)

    ((shown),) = seen.activities
    assert seen.problems == []
    assert (shown.planned.code, shown.kind, shown.planned.seats) == (EVENING, "sharing", 24)
    assert shown.planned.starts_at == datetime(2026, 7, 14, 19, tzinfo=UTC)
    assert shown.planned.ends_at - shown.planned.starts_at == timedelta(hours=2)
    assert [sentence.split(":")[0] for sentence in shown.missing] == ["Say where it is", "Somebody speaks"]
    assert not Activity.objects.exists()


@pytest.mark.parametrize(
    ("_case", "more", "sentence"),
    [
        ("after_its_stage", {"numbers": {"day": 29}}, "spring-evening would not be within its stage"),
        ("before_its_stage", {"numbers": {"day": 1}, "begins_at": START + timedelta(hours=9)}, "not be within its stage"),
        ("longer_than_its_stage", {"numbers": {"day": 28, "minutes": 600}, "ends_at": START + timedelta(days=27, hours=9)},
         "not be within its stage"),
    ],
)  # fmt: skip
def test_an_activity_outside_of_its_stage_keeps_the_campaign_from_starting(_case, more, sentence):
    made = draft(template="friends-evening", answers=answers("friends-evening", **more), by=None)

    with pytest.raises(CannotStart, match=sentence):
        start(campaign_id=made.pk, by=None, now=START)

    assert not Activity.objects.exists()


def test_a_code_that_is_taken_and_a_kind_that_is_not_known_are_said():
    made = draft(template="friends-evening", answers=answers("friends-evening"), by=None)
    (planned,) = (each.planned for each in preview_of(made, now=START).activities)
    factories.activity(EVENING)
    strange = gatherings.PlannedActivity(
        "x", "party", {}, {}, "", planned.starts_at, planned.ends_at, None, 0, True, planned.stage
    )

    assert gatherings.problems([planned, strange]) == [
        "There is something called spring-evening already; choose another code.", "There is no kind of activity party.",
    ]  # fmt: skip
    assert gatherings.foreseen(made, [strange], now=START) == []


def test_starting_drafts_it_and_starting_again_drafts_nothing_twice():
    voices = Segment.objects.create(code="voices", kind="static")
    SegmentMember.objects.create(segment=voices, member=Member.objects.get(ref="ada"), since=START)
    campaign = evening(voices=voices)

    start(campaign_id=campaign.pk, by=None, now=START + DAY)

    made = drafted()
    assert (made.state, made.campaign.code, made.follows_campaign, made.capacity) == ("draft", "spring", True, 24)
    assert (made.zone, made.guests_max, made.segment) == ("UTC", 1, None)
    # Known voices go first for a fifth of the time, so the fourteenth day of the letters is later.
    assert made.starts_at == datetime(2026, 7, 20, 19, tzinfo=UTC)


def test_one_for_the_audience_is_for_its_segment():
    audience = Segment.objects.create(code="regulars", kind="static")
    SegmentMember.objects.create(segment=audience, member=Member.objects.get(ref="ada"), since=START)
    campaign = evening(audience=audience)
    (planned,) = (each.planned for each in preview_of(campaign, now=START).activities)

    other = gatherings.PlannedActivity(
        "spring-more",
        "member",
        {"en": "More"},
        {},
        "Here",
        planned.starts_at,
        planned.ends_at,
        9,
        0,
        True,
        planned.stage,
    )
    gatherings.begin(campaign, [other])

    assert Activity.objects.get(code="spring-more").segment == audience


def test_its_events_name_the_campaign_and_only_its_rules_hear_of_them():
    campaign = evening()
    own = announced()
    foreign = factories.announced("foreign", now=START + DAY, starts_at=own.starts_at + DAY)
    ada = Member.objects.get(ref="ada")
    bo = guest(ada, "bo", now=START + 2 * DAY).member
    for activity in (own, foreign):
        comes(activity, ada)
    comes(own, bo)
    judge()
    pending.settle_due(now=own.starts_at + 9 * DAY)
    judge()

    # 10 for coming, once, and 30 for bo, who is new.
    assert (points(ada), points(bo)[0]) == ((40, 0), 10)
    told = EventPayload.objects.filter(event__type__code="activity.checked_in", event__member=ada).order_by("event_id")
    assert [json.loads(data).get("campaign") for data in told.values_list("data", flat=True)] == ["spring", None]
    report = report_of(campaign, now=own.starts_at + 9 * DAY)
    assert {each.slot: each.cost for each in report.slots} == {"attract": 0, "induce": 50}


def test_the_page_of_an_activity_promises_what_its_own_campaign_pays_and_no_other(time_machine):
    time_machine.move_to(START + DAY)
    evening()
    ada = Member.objects.get(ref="ada")
    own, foreign = announced(), factories.announced("foreign", starts_at=START + 9 * DAY)

    ways = [[way.name for way in showing._ways(each, ada, is_host=False, now=START + DAY)] for each in (own, foreign)]

    assert ways == [["You came to the evening"], []]


def test_stopping_removes_what_nobody_touched_and_keeps_what_was_worked_on():
    campaign = evening()
    before = kept_of(campaign, now=START + DAY)
    for number, touch in enumerate((
        lambda made: ActivityPerson.objects.create(activity=made, member=Member.objects.get(ref="ada"), part="host"),
        factories.ticket,
        lambda made: changing.change(activity_id=made.pk, values={"place": "Here"}, now=START),
    )):  # fmt: skip
        made = factories.activity(f"more-{number}", kind="brand", campaign=campaign, follows_campaign=True)
        touch(made)

    kept = stop(campaign_id=campaign.pk, reason="Too loud.", by=None, now=START + DAY)
    again = stop(campaign_id=campaign.pk, reason="Again.", by=None, now=START + DAY)

    assert before.activities == ()
    assert kept.activities == again.activities
    assert [(each.code, each.state) for each in kept.activities] == [(f"more-{n}", "draft") for n in range(3)]
    assert set(Activity.objects.values_list("code", flat=True)) == {"more-0", "more-1", "more-2"}


def test_what_members_know_stays_unless_it_is_ticked_and_then_they_read_why():
    campaign = evening()
    own = announced()
    other = factories.announced("other", now=START + DAY, starts_at=START + 5 * DAY)
    changing.change(activity_id=other.pk, values={"campaign": campaign}, now=START + DAY)
    ada = Member.objects.get(ref="ada")
    for each in (own, other):
        registering.register(activity_id=each.pk, member=ada, now=START + 2 * DAY)

    kept = stop(
        campaign_id=campaign.pk, reason="Internal: the budget.", by=None, now=START + 3 * DAY, call_off=["other"],
        call_off_reason="The room is flooded.",
    )  # fmt: skip

    assert [(each.code, each.taken) for each in kept.activities] == [(EVENING, 1)]
    own.refresh_from_db()
    other.refresh_from_db()
    assert (own.state, other.state) == ("open", "cancelled")
    assert own.registrations.get().state == "confirmed"
    assert (other.registrations.get().state, other.registrations.get().reason) == ("cancelled", "The room is flooded.")
    assert other.steps.last().reason == "The room is flooded."


@pytest.mark.parametrize(
    ("_case", "call_off", "reason", "sentence"),
    [
        ("no_reason", [EVENING], " ", "Say why the activities are called off"),
        ("not_its_own", ["foreign"], "Flooded.", "There is no activity foreign of it to call off"),
        ("unknown", [EVENING, "x"], "Flooded.", "There is no activity x of it to call off"),
        ("over", ["over"], "Flooded.", "There is no activity over of it to call off"),
    ],
)
def test_what_cannot_be_called_off_stops_nothing(_case, call_off, reason, sentence):
    campaign = evening()
    announced()
    factories.announced("foreign", now=START, starts_at=START + 5 * DAY)
    factories.activity("over", campaign=campaign, state="reviewed")

    with pytest.raises(CannotStop, match=sentence):
        stop(
            campaign_id=campaign.pk, reason="Enough.", by=None, now=START + DAY, call_off=call_off,
            call_off_reason=reason,
        )  # fmt: skip

    campaign.refresh_from_db()
    assert (campaign.state, drafted().state) == ("running", "open")


def under(campaign, activity, **more):
    return changing.change(activity_id=activity.pk, values={"campaign": campaign, **more}, now=START + DAY)


def test_a_draft_is_put_under_a_campaign_and_taken_out_again():
    campaign = evening()
    made = factories.activity("mine", starts_at=START + 5 * DAY)

    assert under(campaign, made).campaign == campaign
    assert not Activity.objects.get(code="mine").follows_campaign
    assert under(None, made).campaign is None


@pytest.mark.parametrize(
    ("_case", "state", "more", "sentence"),
    [
        ("before_it", "draft", {"starts_at": START - DAY}, "It does not begin while spring runs, from 2026-07-01"),
        ("after_it", "announced", {"starts_at": START + 28 * DAY}, "It does not begin while spring runs"),
        ("has_begun", "running", {}, "It has begun; only what is to come"),
    ],
)
def test_what_does_not_fit_is_not_put_under_a_campaign(_case, state, more, sentence):
    campaign = evening()
    made = factories.activity("mine", state=state, **{"starts_at": START + 5 * DAY, **more})

    with pytest.raises(changing.CannotEdit, match=sentence) as refused:
        under(campaign, made)

    assert refused.value.field == "campaign"
    assert Activity.objects.get(code="mine").campaign is None


def test_a_campaign_that_does_not_run_takes_nothing_and_what_members_know_stays_in_it():
    campaign = evening()
    own = announced()
    with pytest.raises(changing.CannotEdit, match="Members know it as a part of spring; it stays"):
        under(None, own)
    stop(campaign_id=campaign.pk, reason="Enough.", by=None, now=START + DAY)
    mine = factories.activity("mine", starts_at=START + 5 * DAY)

    with pytest.raises(changing.CannotEdit, match="spring does not run"):
        under(campaign, mine)

    assert (drafted().campaign, Activity.objects.get(code="mine").campaign) == (campaign, None)


def test_the_database_refuses_a_campaigns_draft_without_its_campaign():
    with pytest.raises(IntegrityError, match=r"what_a_campaign_drafted_is_its_own|CHECK"), transaction.atomic():
        factories.activity("mine", follows_campaign=True)


def test_the_report_says_of_each_what_it_brought_and_asks_as_often_however_many_there_are():
    campaign = evening()
    own = announced()
    ada, bo = Member.objects.get(ref="ada"), guest(None, "bo", now=START + 2 * DAY).member
    for member in (ada, bo):
        comes(own, member)
    registering.register(activity_id=own.pk, member=factories.MemberFactory(ref="cy"), now=own.starts_at - DAY)
    Activity.objects.filter(pk=own.pk).update(money="EUR", cost=9_000)
    ticket = factories.ticket(drafted())
    Order.objects.create(
        registration=own.registrations.get(member=bo), activity=own, member=bo, ticket=ticket, seats=1, money="EUR",
        amount=2_000, paid=2_000, refunded=500, state="paid", placed_at=timezone.now(), paid_at=timezone.now(),
    )  # fmt: skip

    def asked():
        with CaptureQueriesContext(connection) as queries:
            lines = report_of(campaign, now=own.ends_at).activities
        return len(queries), lines

    once, (line,) = asked()
    factories.activity("mine", campaign=campaign, starts_at=own.starts_at + DAY)
    twice, lines = asked()

    assert (line.code, line.registered, line.came, line.new_members) == (EVENING, 3, 2, 1)
    assert (line.money, line.cost, line.income) == ("EUR", Decimal(90), Decimal(15))
    assert [(each.code, each.came, each.cost, each.income) for each in lines[1:]] == [("mine", 0, None, 0)]
    assert once == twice


def desk() -> Client:
    user = get_user_model().objects.create_user("desk", is_staff=True)
    user.groups.add(Group.objects.get(name=roles.COMMUNITY))
    client = Client()
    client.force_login(user)
    return client


def test_an_app_puts_an_activity_under_a_campaign_lists_them_and_stops_with_some_called_off(client_of, time_machine):
    time_machine.move_to(START + DAY)
    evening()
    announced()
    client = client_of()
    factories.activity("mine", starts_at=START + 5 * DAY)

    def send(method, path, body):
        return getattr(client, method)(f"/api/v1/{path}", json.dumps(body), content_type="application/json")

    put = send("patch", "activities/mine", {"campaign": "spring"})
    unknown = send("patch", "activities/mine", {"campaign": "winter"})
    new = {
        "kind": "brand", "names": {"en": "A fair"}, "starts_at": "2026-07-09T10:00:00Z",
        "ends_at": "2026-07-09T12:00:00Z", "campaign": "spring",
    }  # fmt: skip
    made = client.post(
        "/api/v1/activities", json.dumps({"code": "fair", **new}), content_type="application/json",
        headers={"Idempotency-Key": "a"},
    )  # fmt: skip
    late = client.post(
        "/api/v1/activities", json.dumps({"code": "late", **new, "ends_at": "2027-07-09T12:00:00Z",
                                          "starts_at": "2027-07-09T10:00:00Z"}),
        content_type="application/json", headers={"Idempotency-Key": "b"},
    )  # fmt: skip
    listed = client.get("/api/v1/activities?campaign=spring").json()["results"]
    refused = send("post", "campaigns/spring/stop", {"reason": "Enough.", "call_off": [EVENING]})
    stopped = send(
        "post", "campaigns/spring/stop",
        {"reason": "Enough.", "call_off": [EVENING], "call_off_reason": "The speaker is ill."},
    )  # fmt: skip
    report = client.get("/api/v1/campaigns/spring/report").json()

    assert (put.status_code, put.json()["campaign"], made.status_code, made.json()["campaign"]) == (
        200,
        "spring",
        201,
        "spring",
    )
    assert (unknown.status_code, unknown.json()["type"].rpartition("/")[2]) == (400, "unknown_campaign")
    assert (late.status_code, late.json()["errors"][0]["pointer"]) == (400, "#/campaign")
    assert {each["code"] for each in listed} == {EVENING, "mine", "fair"}
    assert (refused.status_code, stopped.status_code, drafted().state) == (422, 200, "cancelled")
    assert {each["code"] for each in stopped.json()["kept"]["activities"]} == {"mine", "fair"}
    assert {each["code"]: each["came"] for each in report["activities"]} == {"mine": 0, EVENING: 0, "fair": 0}


def test_the_desk_sees_them_before_during_and_ticks_what_is_called_off(time_machine):
    time_machine.move_to(START + DAY)
    operator = desk()
    made = draft(template="friends-evening", answers=answers("friends-evening"), by=None)
    page = f"/admin/incentives/campaign/{made.pk}"
    before = operator.get(f"{page}/change/").content.decode()
    start(campaign_id=made.pk, by=None, now=START + DAY)
    own = announced()

    during = operator.get(f"{page}/change/").content.decode()
    dialog = operator.get(f"{page}/stop/").content.decode()
    silent = operator.post(f"{page}/stop/", {"_form_submitted": "on", "reason": "Enough.", "call_off": [EVENING]})
    was = own.state
    operator.post(
        f"{page}/stop/",
        {"_form_submitted": "on", "reason": "Enough.", "call_off": [EVENING], "call_off_reason": "Flooded."},
    )  # fmt: skip

    assert "Before it can be announced:" in before
    assert "Say where it is: a place or a link." in before
    assert "would go on, unless you call them off" in during
    assert "What its activities brought" in during
    assert "An evening to bring a friend to" in dialog
    assert "everybody who is registered reads it" in silent.content.decode()
    assert (was, drafted().state) == ("open", "cancelled")


def test_the_desk_puts_an_activity_under_a_running_campaign_and_filters_by_it(time_machine):
    time_machine.move_to(START + DAY)
    campaign = evening()
    operator = desk()
    blank = operator.get("/admin/activities/activity/add/").context["adminform"].form
    given = {name: "" if (value := blank.get_initial_for_field(field, name)) is None else value
             for name, field in blank.fields.items()}  # fmt: skip
    rows = {
        f"{prefix}-{word}_FORMS": 0 for prefix in ("tickets", "people", "invitations") for word in ("TOTAL", "INITIAL")
    }
    given |= rows | {
        "code": "fair", "kind": "brand", "names": '{"en": "A fair"}', "summaries": "{}", "texts": "{}",
        "questions": "[]", "starts_at_0": "2026-07-09", "starts_at_1": "10:00", "ends_at_0": "2026-07-09",
        "ends_at_1": "12:00", "campaign": campaign.pk,
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value is not False}

    late = operator.post(
        "/admin/activities/activity/add/", {**given, "starts_at_0": "2027-07-09", "ends_at_0": "2027-07-09"}
    )
    kept = operator.post("/admin/activities/activity/add/", given)
    listed = operator.get(f"/admin/activities/activity/?campaign__id__exact={campaign.pk}").content.decode()

    assert "It does not begin while spring runs" in late.content.decode()
    assert kept.status_code == 302, kept.context["adminform"].form.errors
    assert Activity.objects.get(code="fair").campaign == campaign
    assert ("A fair" in listed, EVENING in listed) == (True, True)
