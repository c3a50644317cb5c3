"""Spaces the whole way: where events happen, who comes in, who waits, who leaves, and how a space is doing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incentives.domain import referrals, traces
from incentives.domain.erasing import erase
from incentives.domain.ledger import queries
from incentives.domain.merging import merge
from members.domain import page_links
from members.domain.invitations import making
from members.domain.invitations.accepting import accept
from members.domain.spaces import joining
from members.domain.spaces.health import weeks_of
from members.domain.spaces.queries import belonging_of
from members.models import Event, Member, Referral, Space, SpaceMember
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
# A Wednesday.
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    for ref in ("ada", "bo", "cy", "di"):
        factories.MemberFactory(ref=ref)


def one(ref):
    return Member.objects.get(ref=ref)


def space(ref="circle", **values):
    return Space.objects.create(ref=ref, **{"state": "open", **values})


def enter(where, *refs, now=NOW, **more):
    return [joining.enter(space=where, member=one(ref), now=now, **more)[0].state for ref in refs]


def told(ref, code="space."):
    found = Event.objects.filter(member__ref=ref, type__code__startswith=code).order_by("pk")
    return [event.type.code for event in found]


def points(ref):
    return {line.currency: int(line.available) for line in queries.balances(one(ref).pk)}.get("points", 0)


def test_a_rule_pays_for_what_happens_in_one_space_and_says_so_of_the_others(client_of):
    client = client_of()
    where = space()
    space("workshop")
    factories.rule({"if": 'event.space == "circle"', "then": [award(10)]})
    sent = [item("e1", "ada", space="circle"), item("e2", "bo", space="workshop"), item("e3", "cy")]

    answer = client.post("/api/v1/events", sent, format="json")
    factories.judge()

    assert [result["status"] for result in answer.json()["results"]] == ["accepted"] * 3
    assert [points(ref) for ref in ("ada", "bo", "cy")] == [10, 0, 0]
    by_id = {event.key.external_id: event for event in Event.objects.filter(key__isnull=False).select_related("key")}
    assert [by_id[key].space_id for key in ("e1", "e3")] == [where.pk, None]
    (clause,) = traces.trace_of(by_id["e2"].pk).rules[0].clauses
    assert (clause.passed, clause.read) == (False, {"event.space": "workshop"})


def test_the_space_is_part_of_what_was_said_and_an_unknown_one_is_refused_unless_its_source_makes_them():
    space()
    factories.SourceFactory(code="chat", unknown_spaces="create")
    first = factories.report(item("e1", "ada", space="circle"))
    elsewhere = factories.report(item("e1", "ada"), item("e1", "ada", space="circle"))
    unknown = factories.report(item("e2", "ada", space="cirle"), item("e3", "ada", space="no space"), item("e4", "ada"))
    made = factories.report({**item("e5", "ada", space="new-here"), "source": "chat"})

    assert [result.verdict for result in first.results] == ["accepted"]
    assert [result.verdict for result in elsewhere.results] == ["conflict", "duplicate"]
    verdicts = [(result.verdict, result.code, result.pointer) for result in unknown.results]
    assert verdicts == [
        ("rejected", "unknown_space", "/space"), ("rejected", "invalid", "/space"), ("accepted", "", ""),
    ]  # fmt: skip
    assert "an operator can add it" in unknown.results[0].sentence
    assert [result.verdict for result in made.results] == ["accepted"]
    assert set(Space.objects.values_list("ref", "state")) == {("circle", "open"), ("new-here", "forming")}


def test_where_no_event_names_a_space_nothing_is_asked_about_spaces():
    space()
    factories.rule({"then": [award(10)]})
    factories.report(item("e0", "ada"))
    factories.judge()

    with CaptureQueriesContext(connection) as asked:
        factories.report(item("e1", "ada"), item("e2", "bo"))
        factories.judge()

    said = [query["sql"] for query in asked]
    assert [sql for sql in said if 'FROM "members_space"' in sql or "members_appointment" in sql] == []


def test_a_full_space_keeps_a_line_that_moves_up_in_order_and_again_changes_nothing():
    where = space(capacity=2)

    states = enter(where, "ada", "bo", "cy", "di", "cy")
    before = [joining.place_of(each) for each in SpaceMember.objects.order_by("pk")]
    joining.leave(space=where, member=one("ada"), now=NOW + DAY)
    admitted = [joining.admit_waiting(now=NOW + DAY) for _ in range(2)]

    assert states == ["in", "in", "waiting", "waiting", "waiting"]
    assert before == [None, None, 1, 2]
    assert admitted == [1, 0]
    assert dict(SpaceMember.objects.values_list("member__ref", "state")) == {
        "ada": "left", "bo": "in", "cy": "in", "di": "waiting",
    }  # fmt: skip
    assert (told("ada"), told("cy"), told("di")) == (["space.joined", "space.left"], ["space.joined"], [])


def test_so_many_newcomers_a_week_and_the_rest_on_monday_of_the_programmes_zone(settings):
    settings.TIME_ZONE = "America/New_York"
    where = space(intake_max=1)
    # The week in which New York changes its clocks ends on Sunday, 1 November 2026.
    sunday = datetime(2026, 11, 1, 12, tzinfo=UTC)

    enter(where, "ada", "bo", "cy", now=sunday)
    joining.leave(space=where, member=one("ada"), now=sunday)
    early = joining.admit_waiting(now=datetime(2026, 11, 2, 4, 59, tzinfo=UTC))
    monday = [joining.admit_waiting(now=datetime(2026, 11, 2, 5, tzinfo=UTC)) for _ in range(2)]

    assert (early, monday) == (0, [1, 0])
    assert list(SpaceMember.objects.filter(state="waiting").values_list("member__ref", flat=True)) == ["cy"]


def test_a_resting_space_lets_wait_a_closed_one_refuses_the_team_takes_no_place_and_a_hand_goes_past_the_line():
    resting, closed, small = space("a", state="resting"), space("b", state="closed"), space("c", capacity=1)
    Member.objects.filter(ref="di").update(is_house=True)
    Member.objects.filter(ref="cy").update(status="suspended")

    assert enter(resting, "ada") == ["waiting"]
    assert joining.admit_waiting(now=NOW + 30 * DAY) == 0
    for where, ref, kind in ((closed, "ada", "space_closed"), (small, "cy", "may_not_enter")):
        with pytest.raises(joining.CannotEnter) as refused:
            joining.enter(space=where, member=one(ref), now=NOW)
        assert refused.value.kind == kind
    assert enter(small, "di", "ada", "bo") == ["in", "in", "waiting"]
    assert enter(small, "bo", by_hand=True) == ["in"]


def test_who_waits_and_was_suspended_since_holds_up_nobody():
    where = space(capacity=1)
    enter(where, "ada", "bo", "cy")
    Member.objects.filter(ref="bo").update(status="suspended")
    joining.leave(space=where, member=one("ada"), now=NOW)

    assert joining.admit_waiting(now=NOW) == 1
    assert SpaceMember.objects.get(member__ref="cy").state == "in"


def test_a_code_opens_a_space_or_tells_the_place_in_its_line(client_of):
    client = client_of()
    where = space(capacity=1)
    code = client.post("/api/v1/invitations", {"uses_max": 9, "space": "circle"}, format="json").json()
    path = f"/api/v1/invitations/{code['code']}/accept"

    answers = [client.post(path, {"ref": ref}, format="json") for ref in ("new-1", "new-2", "new-2")]

    assert code["space"] == "circle"
    seen = [(each.status_code, each.json()["space_state"], each.json()["place"]) for each in answers]
    assert seen == [(201, "in", None), (201, "waiting", 1), (200, "waiting", 1)]
    left = client.delete("/api/v1/spaces/circle/members/new-1")
    again = client.delete("/api/v1/spaces/circle/members/new-1")
    assert (left.json()["left"], again.json()["left"]) == (True, False)
    assert joining.admit_waiting(now=NOW) == 1
    put = client.put("/api/v1/spaces/circle/members/new-2")
    assert (put.status_code, put.json()["state"]) == (200, "in")
    shown = client.get("/api/v1/spaces/circle").json()
    assert (shown["members"], shown["waiting"], shown["hosts"]) == (1, 0, [])
    Space.objects.filter(pk=where.pk).update(state="closed")
    late = client.post(path, {"ref": "new-3"}, format="json")
    assert (late.status_code, late.json()["space"]) == (201, None)


def test_a_newcomer_under_review_comes_into_the_space_once_somebody_has_looked():
    where = space()
    Member.objects.filter(ref="ada").update(email="ada@example.org")
    SpaceMember.objects.create(space=where, member=one("ada"), state="in", asked_at=NOW, joined_at=NOW)
    code = making.invite(inviter=one("ada"), now=NOW, space=where)

    accept(code=code.code, ref="eve", email="a.da@example.org", now=NOW)
    before = SpaceMember.objects.filter(member__ref="eve").count()
    referrals.confirm_referral(referral_id=Referral.objects.get().pk, by=None, now=NOW)

    assert before == 0
    assert (SpaceMember.objects.get(member__ref="eve").state, told("eve")) == ("in", ["space.joined"])


def test_two_who_are_one_person_are_in_each_space_once_and_somebody_erased_is_in_none():
    circle, workshop, small = space(), space("workshop"), space("small", capacity=1)
    enter(circle, "ada", now=NOW + DAY)
    enter(circle, "bo")
    enter(workshop, "bo")
    enter(small, "ada", "bo")

    merge(survivor_id=one("bo").pk, merged_id=one("ada").pk, now=NOW + 2 * DAY, reason="one person")
    rows = SpaceMember.objects.filter(member__ref="bo").order_by("pk").values_list("space__ref", "state", "joined_at")
    assert sorted(rows) == [("circle", "in", NOW), ("small", "in", NOW), ("workshop", "in", NOW)]
    assert not SpaceMember.objects.filter(member__ref="ada").exists()

    erase(member_id=one("bo").pk, ref="bo", reason="asked", now=NOW + 3 * DAY)
    assert set(SpaceMember.objects.values_list("state", "left_at")) == {("left", NOW + 3 * DAY)}


def test_a_week_of_a_space_counts_the_silent_what_the_team_wrote_and_topics_nobody_took_up(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    where = space()
    said = {"content_id": {"type": "string"}, "topic": {"type": "string", "optional": True}}
    words = {"step": "published", "id": "content_id", "topic": "topic"}
    factories.EventTypeFactory(code="wrote", schema=said, is_contribution=True, content=words)
    factories.MemberFactory(ref="team", is_house=True)
    # Two weeks before, Monday the 9th in Berlin begins on Sunday evening in UTC.
    monday = datetime(2026, 11, 8, 23, tzinfo=UTC)
    enter(where, "ada", "bo", "team", now=monday)
    enter(where, "cy", now=monday - timedelta(seconds=1))

    def wrote(number, ref, topic, at, **more):
        data = {"content_id": f"c{number}", "topic": topic}
        return item(f"e{number}", ref, "wrote", data=data, time=at.isoformat(), **more)

    factories.report(
        wrote(1, "ada", "cats", monday + DAY, space="circle"),
        wrote(2, "cy", "cats", monday + 2 * DAY, space="circle"),
        wrote(3, "team", "dogs", monday + DAY, space="circle"),
        wrote(4, "team", "dogs", monday + 2 * DAY, space="circle"),
        wrote(5, "bo", "birds", monday + 8 * DAY, space="circle"),
    )
    factories.judge()

    weeks = {f"{week.monday:%m-%d}": week for week in weeks_of(where, now=NOW)}

    assert list(weeks)[:3] == ["11-23", "11-16", "11-09"]
    week = weeks["11-09"]
    assert (week.members, week.newcomers, weeks["11-02"].newcomers) == (3, 2, 1)
    assert (week.silent.count, week.silent.of, weeks["11-16"].silent) == (1, 2, None)
    assert (week.contents, week.by_team, week.topics, week.unanswered) == (4, 2, 2, 1)
    assert (weeks["11-16"].topics, weeks["11-16"].unanswered) == (1, 1)


def test_a_members_page_names_their_spaces_and_their_place_in_line():
    where = space(names={"en": "Reading circle"}, gives={"en": "An evening a month."})
    enter(space("full", names={"en": "Small room"}, capacity=1), "bo", "cy", "ada")
    enter(where, "ada")
    browser = Client()
    browser.get(page_links.make_page_link(member=one("ada"))[0])

    page = browser.get("/me/").content.decode()

    assert "Reading circle" in page
    assert "You are number 2 in line" in page
    assert [each.place for each in belonging_of(one("ada"), now=NOW).places] == [2, None]


def test_an_operator_makes_a_space_sees_how_it_does_and_lets_somebody_in():
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("operator", "", "x"))
    texts = {name: json.dumps({"en": "Words"}) for name in ("names", "for_whom", "why", "gives", "is_not")}
    made = client.post("/admin/members/space/add/", {"ref": "circle", "state": "open", "capacity": 1, **texts})
    where = Space.objects.get()
    enter(where, "ada", "bo")

    page = client.get(f"/admin/members/space/{where.pk}/change/").content.decode()
    row = SpaceMember.objects.get(member__ref="bo")
    acted = {"action": "let_in", "_selected_action": [row.pk]}
    client.post("/admin/members/spacemember/", acted)
    added = client.post("/admin/members/spacemember/add/", {"space": where.pk, "member": one("cy").pk})
    Space.objects.update(state="closed")
    refused = client.post("/admin/members/spacemember/add/", {"space": where.pk, "member": one("di").pk})

    assert (made.status_code, added.status_code, refused.status_code) == (302, 302, 200)
    assert "How it is doing" in page
    assert set(SpaceMember.objects.values_list("member__ref", "state")) == {("ada", "in"), ("bo", "in"), ("cy", "in")}
    assert client.get("/admin/members/space/").status_code == 200
