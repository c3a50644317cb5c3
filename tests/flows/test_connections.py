"""From replies to people who know each other, and two who are introduced."""

from __future__ import annotations

import csv
import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incentives.domain.ledger import queries
from members.domain import page_links
from members.domain.connections import knowing
from members.models import Acquaintance, Attendance, Connection, Contact, Event, Introduction, Member
from members.tasks import advance_connections
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
NOW = timezone.now


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.EventTypeFactory(
        code="reply.written", schema={"to": {"type": "string"}}, is_conversation=True, counterpart="to"
    )
    factories.EventTypeFactory(
        code="round.played", schema={"game": {"type": "string"}}, is_conversation=True, gathering="game"
    )
    for ref in ("ada", "bo", "cy"):
        factories.MemberFactory(ref=ref, age_band="adult")


@pytest.fixture
def client(client_of):
    return client_of()


def judge() -> None:
    while factories.judge().events:
        pass


def reply(who: str, to: str, days_ago: int) -> None:
    moment = NOW() - timedelta(days=days_ago, minutes=1)
    name = f"{who}-{to}-{days_ago}"
    factories.report(item(name, who, type="reply.written", time=moment.isoformat(), data={"to": to}))


def play(who: str, game: str, days_ago: int) -> None:
    moment = NOW() - timedelta(days=days_ago, minutes=1)
    factories.report(item(f"{who}-{game}", who, type="round.played", time=moment.isoformat(), data={"game": game}))


def befriend(one: str, other: str) -> None:
    reply(one, other, 3)
    reply(other, one, 1)
    judge()
    knowing.advance_connections(now=NOW())


def count(client, ref="ada") -> int:
    return client.get(f"/api/v1/members/{ref}/connections").json()["count"]


def test_two_who_reply_to_each_other_know_each_other_and_rules_may_ask(client):
    factories.rule({"if": "member.connections >= 1", "then": [award(10)]})
    factories.report(item("before", "ada"))
    befriend("ada", "bo")
    counts = [knowing.advance_connections(now=NOW()) for _ in range(2)]
    advance_connections()
    factories.report(item("after", "ada"))
    judge()

    circle = client.get("/api/v1/members/ada/connections").json()
    assert counts == [0, 0]
    assert [(line["member"], line["days"], line["mutual"]) for line in circle["connections"]] == [("bo", 2, True)]
    assert (circle["count"], circle["band"], count(client, "bo"), count(client, "cy")) == (1, "0-4", 1, 0)
    balances = queries.balances(Member.objects.get(ref="ada").pk)
    assert next(int(line.available) for line in balances if line.currency == "points") == 10
    trace = client.get("/api/v1/events/app/after").json()
    assert trace["rules"][0]["clauses"][0]["read"] == {"member.connections": 1}


def test_who_played_together_and_then_spoke_knows_each_other_unless_it_was_a_crowd(client):
    for ref in [f"m{n}" for n in range(12)]:
        factories.MemberFactory(ref=ref)
        play(ref, "large", 5)
    for ref in ("ada", "bo"):
        play(ref, "small", 5)
        play(ref, "large", 5)
    play("cy", "large", 5)
    reply("ada", "bo", 2)
    reply("ada", "cy", 2)
    judge()
    knowing.advance_connections(now=NOW())

    assert [(row.low.ref, row.high.ref, row.is_mutual) for row in Connection.objects.all()] == [("ada", "bo", False)]
    assert Attendance.objects.count() == 17


def test_house_accounts_and_whoever_has_switched_it_off_leave_no_trace(client):
    Member.objects.filter(ref="bo").update(is_house=True)
    befriend("ada", "cy")
    befriend("ada", "bo")
    assert count(client) == 1

    off = client.put("/api/v1/members/cy/connections", {"off": True}, format="json").json()
    befriend("cy", "ada")

    assert (off["off"], off["count"], count(client)) == (True, 0, 0)
    assert (Connection.objects.count(), Contact.objects.count()) == (0, 0)
    client.put("/api/v1/members/cy/connections", {"off": False}, format="json")
    reply("cy", "ada", 0)
    reply("ada", "cy", 2)
    judge()
    assert knowing.advance_connections(now=NOW()) == 1


def test_a_hidden_connection_counts_for_neither_and_stays_hidden(client):
    befriend("ada", "bo")

    answer = client.delete("/api/v1/members/bo/connections/ada")
    reply("ada", "bo", 0)
    judge()
    knowing.advance_connections(now=NOW())

    assert (answer.json()["count"], count(client), count(client, "bo")) == (0, 0, 0)
    assert client.get("/api/v1/members/ada/connections").json()["connections"] == []
    assert client.delete("/api/v1/members/ada/connections/cy").json()["type"] == "/problems/unknown_connection"


def test_a_batch_asks_the_same_for_one_reply_and_for_four():
    def asked() -> int:
        with CaptureQueriesContext(connection) as made:
            factories.judge()
        return len(made)

    reply("ada", "bo", 9)
    asked()
    reply("ada", "bo", 8)
    one = asked()
    for days_ago in (7, 6, 5, 4):
        reply("ada", "cy", days_ago)

    assert asked() == one


def test_the_work_list_holds_members_at_three_and_four(client):
    for number, ref in ((2, "ada"), (3, "bo"), (4, "cy")):
        Acquaintance.objects.create(member=Member.objects.get(ref=ref), known=number)

    near = client.get("/api/v1/connections", {"least": 3, "most": 4}).json()["results"]

    assert sorted((line["member"], line["count"]) for line in near) == [("bo", 3), ("cy", 4)]


def introduce(client, first="ada", second="bo"):
    body = {"first": first, "second": second, "words": "You both bake."}
    return client.post("/api/v1/introductions", body, format="json")


def test_an_introduction_counts_once_both_have_said_yes_and_rules_reward_it(client):
    factories.rule({"code": "introduced", "when": "introduction.accepted", "then": [award(5)]})
    made = introduce(client, "bo", "ada").json()

    def say(ref, agrees=True):
        path = f"/api/v1/introductions/{made['id']}/answers"
        return client.post(path, {"member": ref, "agrees": agrees}, format="json").json()

    states = [say(ref)["state"] for ref in ("ada", "ada", "bo", "bo")]
    states.append(say("ada", agrees=False)["state"])
    judge()

    assert states == ["proposed", "proposed", "accepted", "accepted", "accepted"]
    told = Event.objects.filter(type__code="introduction.accepted").order_by("member_id").select_related("payload")
    assert [(event.member.ref, json.loads(event.payload.data)["other"]) for event in told] == [
        ("ada", "bo"),
        ("bo", "ada"),
    ]
    for ref in ("ada", "bo"):
        balances = queries.balances(Member.objects.get(ref=ref).pk)
        assert next(int(line.available) for line in balances if line.currency == "points") == 5


@pytest.mark.parametrize(
    ("_case", "second", "change", "kind"),
    [
        ("minor", "bo", {"age_band": "minor"}, "not_adult"),
        ("unknown_age", "bo", {"age_band": "unknown"}, "not_adult"),
        ("house", "bo", {"is_house": True}, "not_introducible"),
        ("suspended", "bo", {"status": "suspended"}, "not_introducible"),
        ("themselves", "ada", {}, "same_member"),
    ],
)
def test_who_may_not_be_introduced(client, _case, second, change, kind):
    Member.objects.filter(ref="bo").update(**change)

    answer = introduce(client, "ada", second)

    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{kind}")
    assert not Introduction.objects.exists()


def test_nobody_is_asked_twice_at_a_time_or_about_somebody_they_know(client):
    befriend("ada", "cy")

    kinds = [introduce(client, *pair).json().get("type") for pair in (("ada", "bo"), ("bo", "ada"), ("ada", "cy"))]

    assert kinds == [None, "/problems/already_proposed", "/problems/already_connected"]


@pytest.fixture
def page():
    user = get_user_model().objects.create_user("ada")
    Member.objects.filter(ref="ada").update(user=user)
    visitor = Client()
    visitor.force_login(user)
    return visitor


def test_members_see_hide_take_along_and_switch_off_their_own(page, client):
    Member.objects.filter(ref="bo").update(display_name="=Bo")
    befriend("ada", "bo")
    befriend("ada", "cy")
    made = introduce(client, "ada", "bo")
    assert made.status_code == 422  # They know each other.

    shown = page.get("/me/").content.decode()
    table = page.get("/me/circle/connections.csv").content.decode()
    page.post("/me/circle/hide/", {"other": "bo"})
    left = count(client)
    page.post("/me/circle/switch/", {"off": "yes"})

    assert "=Bo" in shown
    assert "cy" in shown
    assert "bo,'=Bo," in table
    assert (left, count(client)) == (1, 0)
    assert "You have switched this off." in page.get("/me/").content.decode()
    assert page.post("/me/circle/hide/", {"other": "bo"}).status_code == 404


def test_a_member_answers_on_their_page_and_only_what_they_were_asked(page, client):
    mine = introduce(client, "ada", "bo").json()["id"]
    foreign = introduce(client, "bo", "cy").json()["id"]

    assert "Shall we introduce you?" in page.get("/me/").content.decode()
    assert page.post(f"/me/introductions/{foreign}/", {"agrees": "yes"}).status_code == 404
    page.post(f"/me/introductions/{mine}/", {"agrees": "no"})

    assert Introduction.objects.get(pk=mine).state == "declined"
    assert "Shall we introduce you?" not in page.get("/me/").content.decode()


def test_operators_introduce_two_from_the_work_list_and_viewers_do_not():
    rows = [Acquaintance.objects.create(member=Member.objects.get(ref=ref), known=3) for ref in ("ada", "bo")]
    for role in ("viewer", "community operator"):
        desk = Client()
        staff = get_user_model().objects.create_user(role, is_staff=True)
        staff.groups.add(Group.objects.get(name=role))
        desk.force_login(staff)
        assert desk.get("/admin/members/acquaintance/?known_by=near").status_code == 200
        desk.post("/admin/members/acquaintance/", {"action": "introduce", "_selected_action": [row.pk for row in rows]})
        assert Introduction.objects.count() == (0 if role == "viewer" else 1)
    first, second = (Member.objects.get(ref=ref).pk for ref in ("cy", "ada"))
    desk.post("/admin/members/introduction/add/", {"first": first, "second": second, "words": "Say hello."})
    assert Introduction.objects.count() == 2
    again = desk.post("/admin/members/introduction/add/", {"first": second, "second": first, "words": ""})
    assert "These two have been asked already." in again.content.decode()
    assert Introduction.objects.count() == 2


@pytest.mark.parametrize("name", ["=1+1", "\t=1+1", "@SUM(A1)"])
def test_a_name_in_the_table_to_take_along_is_no_formula(client, name):
    ada, bo = Member.objects.get(ref="ada"), Member.objects.get(ref="bo")
    Member.objects.filter(pk=bo.pk).update(display_name=name)
    low, high = sorted((ada, bo), key=lambda member: member.pk)
    moment = timezone.now()
    Connection.objects.create(
        low=low, high=high, since=moment, first_at=moment, last_at=moment, days=2, is_mutual=True
    )  # fmt: skip
    browser = Client()
    url, _ = page_links.make_page_link(member=ada)
    browser.get(url)

    rows = list(csv.reader(browser.get("/me/circle/connections.csv").content.decode().splitlines()))

    assert rows[1][1] == f"'{name}"
