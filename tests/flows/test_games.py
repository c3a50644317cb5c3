"""A round of the game of the day, from the host who opens it to what is told of it."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from members.domain.page_links import make_page_link
from members.models import Attendance, Event, Game, GameRound, GameTurn, Member
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client_of):
    factories.world()
    for ref in ("ada", "bo"):
        factories.MemberFactory(ref=ref)
    Game.objects.create(code="idioms", kind="chain", names={"en": "Idiom chain"})
    Game.objects.create(code="line", kind="line")
    return client_of()


def post(client, path, **body):
    return client.post(f"/api/v1/{path}", body, format="json")


def open_round(client, game="idioms", **body) -> str:
    answer = post(client, f"games/{game}/rounds", **{"opening": "一心一意", "host": "bo", **body})
    assert answer.status_code == 201, answer.json()
    return answer.json()["id"]


def turn(client, played, member, text):
    return post(client, f"rounds/{played}/turns", member=member, text=text)


def test_members_take_turns_that_are_checked_and_told_and_meet_by_them(client):
    played = open_round(client)

    answers = [turn(client, played, *said) for said in (("ada", "意气风发"), ("ada", "意气风发"), ("bo", "发光"))]
    assert [answer.status_code for answer in answers] == [201, 200, 201]
    assert [(answer.json()["right"], answer.json()["why_not"]) for answer in answers] == [
        (True, ""),
        (True, ""),
        (False, "not_an_idiom"),
    ]
    assert turn(client, played, "ada", "发扬光大").json()["type"] == "/problems/not_your_turn"
    assert turn(client, played, "bo", "发扬光大").status_code == 201
    factories.judge()

    told = Event.objects.filter(type__code="game.played").order_by("pk").select_related("payload", "member")
    assert [(event.member.ref, json.loads(event.payload.data)["right"]) for event in told] == [
        ("ada", True),
        ("bo", False),
        ("bo", True),
    ]
    assert set(Attendance.objects.values_list("gathering", flat=True)) == {played}
    shown = client.get(f"/api/v1/rounds/{played}").json()
    assert [(line["member"], line["text"]) for line in shown["turns"]] == [
        ("ada", "意气风发"),
        ("bo", "发光"),
        ("bo", "发扬光大"),
    ]


def test_the_line_ends_its_round_and_its_answers_are_never_told(client):
    played = open_round(client, "line", opening="Call me …", answers=["Moby-Dick"])

    assert turn(client, played, "ada", "Emma").json()["why_not"] == "not_it"
    assert turn(client, played, "bo", "moby dick").json()["right"] is True
    assert turn(client, played, "ada", "Moby-Dick").json()["type"] == "/problems/round_closed"

    games = client.get("/api/v1/games")
    assert {game["code"]: game["round"] for game in games.json()["results"]} == {"idioms": None, "line": None}
    assert b"Moby" not in client.get("/api/v1/games").content


def test_who_may_not_earn_neither_plays_nor_hosts_and_a_game_has_one_round(client):
    played = open_round(client)
    Member.objects.filter(ref="ada").update(status="suspended")

    kinds = [
        turn(client, played, "ada", "意气风发").json()["type"],
        post(client, "games/line/rounds", opening="…", answers=["x"], host="ada").json()["type"],
        post(client, "games/idioms/rounds", opening="一心一意").json()["type"],
        post(client, "games/idioms/rounds", opening="hello").json()["type"],
    ]

    assert kinds == ["/problems/not_active", "/problems/not_active", "/problems/round_open", "/problems/bad_opening"]
    assert not GameTurn.objects.exists()
    assert post(client, f"rounds/{played}/close").json()["closed_at"]
    assert open_round(client) != played


def test_operators_open_and_end_rounds_and_viewers_look_on(client):
    idioms = Game.objects.get(code="idioms").pk
    for role in ("viewer", "community operator"):
        desk = Client()
        staff = get_user_model().objects.create_user(role, is_staff=True)
        staff.groups.add(Group.objects.get(name=role))
        desk.force_login(staff)
        form = {"game": idioms, "opening": "一心一意", "hours": 24, "host": "", "answers_text": ""}
        desk.post("/admin/members/gameround/add/", form)
        assert GameRound.objects.count() == (0 if role == "viewer" else 1)
    wrong = desk.post("/admin/members/gameround/add/", {**form, "opening": "hello"})
    assert "four Chinese characters" in wrong.content.decode()
    desk.post("/admin/members/gameround/", {"action": "close", "_selected_action": [GameRound.objects.get().pk]})
    assert GameRound.objects.get().closed_at is not None


@pytest.fixture
def at_home(client):
    """Ada's browser on her page, and the round that is open."""
    browser = Client()
    browser.get(make_page_link(member=Member.objects.get(ref="ada"))[0])
    return browser, open_round(client)


def by_form(browser, played, text, token="a", **headers):
    return browser.post(f"/me/rounds/{played}/turns/", {"text": text, "token": token}, follow=True, headers=headers)


def test_a_member_takes_a_turn_on_their_page_once_however_often_the_form_is_sent(at_home, client):
    browser, played = at_home
    assert "一心一意" in browser.get("/me/").content.decode()

    first = by_form(browser, played, "意气风发").content.decode()
    turn(client, played, "bo", "发扬光大")
    again = by_form(browser, played, "意气风发").content.decode()

    assert "That is right." in first
    assert "Yours was the last one; somebody else is next." in first
    assert "That is right." in again
    assert list(GameTurn.objects.values_list("member__ref", "text")) == [("ada", "意气风发"), ("bo", "发扬光大")]
    assert Event.objects.filter(type__code="game.played", member__ref="ada").count() == 1


@pytest.mark.parametrize(
    ("_case", "text", "sentence"),
    [
        ("nothing", "  ", "Say something first."),
        ("no_idiom", "word", "An idiom has four Chinese characters; this is none."),
        ("does_not_follow", "大同小异", "It has to begin with the last character of the idiom before."),
        ("said_before", "意心一一", "That was said before in this round; find another one."),
    ],
)
def test_a_wrong_turn_is_told_in_one_sentence_where_it_was_taken(at_home, client, _case, text, sentence):
    browser, played = at_home
    if _case == "said_before":
        for n, said in enumerate(("意心一一", "一意一意")):
            turn(client, played, ("bo", "ada")[n], said)
        turn(client, played, "bo", "意一一意")

    shown = by_form(browser, played, text, **{"HX-Request": "true"}).content.decode()

    assert sentence in shown
    assert "<html" not in shown
    assert shown.count('role="status"') == 1


def test_what_cannot_be_played_says_why_and_takes_no_turn(at_home, client):
    browser, played = at_home
    by_form(browser, played, "意气风发")

    assert "Yours was the last one" in by_form(browser, played, "发扬光大", token="b").content.decode()
    assert "This page was used already" in by_form(browser, played, "发扬光大").content.decode()
    post(client, f"rounds/{played}/close")
    assert "This round is over." in by_form(browser, played, "发扬光大", token="c").content.decode()
    assert by_form(browser, "00000000-0000-7000-8000-000000000000", "意气风发").status_code == 404
    assert Client().post(f"/me/rounds/{played}/turns/", {"text": "x"})["Location"].startswith("/login/")
    assert GameTurn.objects.count() == 1


def test_who_guesses_the_line_reads_so_though_the_round_is_over(client):
    browser = Client()
    browser.get(make_page_link(member=Member.objects.get(ref="ada"))[0])
    played = open_round(client, "line", opening="Call me …", answers=["Ishmael"])

    assert "That is not it; try again." in by_form(browser, played, "Emma").content.decode()
    shown = by_form(browser, played, "ishmael", token="b", **{"HX-Request": "true"}).content.decode()

    assert "That is right. Well done." in shown
    assert GameRound.objects.get(public_id=played).closed_at is not None
