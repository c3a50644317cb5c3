"""The first 24 hours: hello, the ice, greeters, the page, the funnel."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from incentives.domain.quests.effect import welcome_effect
from members.domain import page_links
from members.domain.games import playing
from members.domain.joining import Arrival, tell_joined
from members.domain.newcomers import advancing, funnel, greeting
from members.domain.newcomers.shares import Share
from members.models import Event, EventType, Game, Greeter, Greeting, Member, MemberImport, MemberImportLine, Newcomer
from members.tasks import advance_newcomers
from tests import factories
from tests.factories import item

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = timezone.now().replace(microsecond=0)
JOINED = NOW - 2 * DAY


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.EventTypeFactory(
        code="reply.written", schema={"to": {"type": "string"}}, is_conversation=True, counterpart="to"
    )
    EventType.objects.filter(code="content.published").update(is_contribution=True)
    for ref in ("ada", "cy", "di"):
        factories.MemberFactory(ref=ref, joined_at=NOW - 200 * DAY)
    factories.MemberFactory(ref="team", is_house=True)


def newcomer(ref: str = "bo", **values) -> Member:
    values = {"joined_at": JOINED, "invited_by": Member.objects.get(ref="ada"), "time_zone": "Asia/Shanghai"} | values
    return factories.MemberFactory(ref=ref, **values)


def say(who: str, after: timedelta, to: str = "", ref: str = "") -> None:
    kind, data = ("reply.written", {"to": to}) if to else ("content.published", {"content_id": "c", "words": 9})
    moment = (JOINED + after).isoformat()
    factories.report(item(f"{who}{to}{after}", who, type=kind, time=moment, data=data), now=NOW)


def advance() -> Newcomer:
    while factories.judge().events:
        pass
    advancing.advance_newcomers(now=NOW)
    return Newcomer.objects.get(member__ref="bo")


@pytest.mark.parametrize(
    ("_case", "hello", "answerer", "answer", "said", "broke"),
    [
        ("both_in_time", 1, "cy", 2, 1, 2),
        ("answered_before_they_spoke", 3, "cy", 2, 3, 3),
        ("within_the_24th_hour", 23.9, "cy", 23.95, 23.9, 23.95),
        ("hello_too_late", 24, "cy", 1, None, None),
        ("answered_too_late", 1, "cy", 24, 1, None),
        ("by_the_inviter", 1, "ada", 2, 1, None),
        ("by_the_house", 1, "team", 2, 1, None),
    ],
)
def test_who_said_hello_and_who_broke_the_ice(_case, hello, answerer, answer, said, broke):
    newcomer()
    say("bo", hello * HOUR)
    say(answerer, answer * HOUR, to="bo")

    found = advance()
    advance_newcomers()

    moments = [None if hours is None else JOINED + hours * HOUR for hours in (said, broke)]
    assert [found.hello_at, found.ice_at] == moments
    told = Event.objects.filter(type__code__startswith="newcomer.").order_by("pk")
    assert list(told.values_list("type__code", "occurred_at")) == [
        (code, moment)
        for code, moment in zip(("newcomer.said_hello", "newcomer.broke_ice"), moments, strict=True)
        if moment is not None
    ]


@pytest.mark.parametrize("greeter", ["team", "ada"])
def test_a_greeter_counts_of_the_house_or_not_and_even_the_inviter(greeter):
    newcomer()
    made = Greeter.objects.create(member=Member.objects.get(ref=greeter))
    Greeting.objects.create(newcomer=Member.objects.get(ref="bo"), greeter=made, assigned_at=JOINED)
    Greeter.objects.update(open_now=1)
    say("bo", HOUR)
    say(greeter, 2 * HOUR, to="bo")

    assert advance().ice_at == JOINED + 2 * HOUR
    greeting.assign_greeters(now=NOW)
    assert (Greeting.objects.get().greeted_at, Greeter.objects.get().open_now) == (JOINED + 2 * HOUR, 0)


def test_the_same_round_breaks_the_ice():
    bo = newcomer()
    game = Game.objects.create(code="idioms", kind="chain")
    played = playing.open_round(game=game, opening="一心一意", now=JOINED)
    for who, text, hours in (("team", "意气风发", 1), ("bo", "发扬光大", 2), ("cy", "?", 3)):
        member = bo if who == "bo" else Member.objects.get(ref=who)
        playing.take_turn(public_id=str(played.public_id), member=member, text=text, now=JOINED + hours * HOUR)

    found = advance()

    assert (found.hello_at, found.ice_at) == (JOINED + 2 * HOUR, JOINED + 3 * HOUR)


def test_newcomers_are_given_out_fairly_in_their_language_and_nobody_gets_too_many():
    for ref, most, language in (("ada", 2, "en"), ("cy", 1, "en"), ("team", 5, "zh-hans")):
        member = Member.objects.get(ref=ref)
        Member.objects.filter(pk=member.pk).update(language=language)
        Greeter.objects.create(member=member, open_max=most)
    for number, language in enumerate(("en", "en", "en", "zh-hans", "fr")):
        newcomer(f"n{number}", joined_at=NOW - (10 - number) * HOUR, language=language)
    newcomer("too-long-ago", joined_at=NOW - 13 * HOUR)
    newcomer("banned", joined_at=NOW - HOUR, status="banned")
    advancing.welcome_rows(now=NOW)

    counts = [greeting.assign_greeters(now=NOW) for _ in range(2)]

    assert counts == [5, 0]
    pairs = Greeting.objects.order_by("newcomer__ref").values_list("newcomer__ref", "greeter__member__ref")
    assert list(pairs) == [("n0", "ada"), ("n1", "cy"), ("n2", "ada"), ("n3", "team"), ("n4", "team")]
    assert set(Event.objects.filter(type__code="greeter.assigned").values_list("member__ref", flat=True)) == {
        f"n{n}" for n in range(5)
    }
    # The first day is over, and their places are free again.
    greeting.assign_greeters(now=NOW + DAY)
    assert set(Greeter.objects.values_list("open_now", flat=True)) == {0}


def test_quiet_imports_and_the_house_are_no_newcomers():
    quiet = newcomer("quiet")
    made = MemberImport.objects.create(name="x", digest="x", made_at=NOW, is_quiet=True)
    MemberImportLine.objects.create(of=made, member=quiet, line=1, is_new=True)
    newcomer("house", is_house=True)
    newcomer()

    advancing.advance_newcomers(now=NOW)

    assert "bo" in set(Newcomer.objects.values_list("member__ref", flat=True))
    assert not Newcomer.objects.filter(member__ref__in=("quiet", "house", "team")).exists()


def test_the_funnel_counts_by_week_and_keeps_back_what_is_not_known_yet(client_of):
    monday = NOW - timedelta(days=NOW.weekday()) - 21 * DAY
    monday = monday.replace(hour=0, minute=0, second=0)
    for number in range(4):
        newcomer(f"n{number}", joined_at=monday + HOUR, status="left" if number == 3 else "active")
    advancing.welcome_rows(now=NOW)
    rows = Newcomer.objects.filter(joined_at=monday + HOUR)
    rows.update(hello_at=monday + 2 * HOUR, active_at=monday + 8 * DAY)
    Newcomer.objects.filter(pk__in=rows.values("pk")[:1]).update(ice_at=monday + 2 * HOUR)
    Member.objects.filter(ref="n0").update(page_opened_at=monday + HOUR)

    week = next(each for each in funnel.funnel(now=NOW) if each.monday == monday)

    assert (week.joined, week.stages) == (
        4,
        {
            "rules": Share(0, 4), "page": Share(1, 4), "hello": Share(4, 4), "ice": Share(1, 4),
            "connection": Share(0, 4), "d7": Share(3, 4), "d30": None,
        },
    )  # fmt: skip
    found = client_of().get("/api/v1/newcomers/weeks").json()
    assert next(line for line in found if line["joined"] == 4)["d7"] == {
        "count": 3, "percent": 75, "low": 30, "high": 95, "small": True,
    }  # fmt: skip


def test_a_share_says_how_sure_it_is():
    sure, unsure, none = Share(30, 40), Share(19, 19), Share(0, 0)

    assert (sure.percent, sure.low, sure.high, sure.is_small) == (75, 60, 86, False)
    assert (unsure.percent, unsure.low, unsure.high, unsure.is_small) == (100, 83, 100, True)
    assert (none.percent, none.low, none.high) == (0, 0, 100)


def test_the_welcome_from_joining_to_the_page_that_greets_and_the_comparison(client_of):
    welcome = {
        "code": "first-day", "name": {"en": "Your first day"}, "welcome": True,
        "begins": {"when": "member.joined", "if": "!member.house"}, "window": {"within": "24h"},
        "steps": [
            {"code": "page", "name": {"en": "Open this page"}, "when": "page.opened"},
            {"code": "hello", "name": {"en": "Say hello"}, "when": "content.published"},
        ],
    }  # fmt: skip
    factories.quest(welcome)
    eve = newcomer("eve", joined_at=timezone.now() - HOUR, display_name="Eve")
    tell_joined([Arrival(eve.pk, eve.joined_at)], now=timezone.now())
    factories.judge()
    Greeter.objects.create(member=Member.objects.get(ref="team"))
    advance_newcomers()
    browser = Client()
    browser.get(page_links.make_page_link(member=eve)[0])

    first = browser.get("/me/").content.decode()
    browser.get("/me/")
    while factories.judge().events:
        pass

    assert "Welcome, Eve" in first
    assert "team is there for you." in first
    assert Event.objects.filter(type__code="page.opened").count() == 1
    (line,) = client_of().get("/api/v1/members/eve/quests").json()
    assert (line["state"], line["done"], [step["reached"] for step in line["steps"]]) == ("open", 1, [1, 0])
    day = client_of().get("/api/v1/members/eve/first-day").json()
    assert (day["greeter"], day["page_at"] is not None, day["hello_at"]) == ("team", True, None)

    Newcomer.objects.filter(member=eve).update(joined_at=NOW - 40 * DAY, retained_at=NOW)
    effect = welcome_effect(now=NOW)
    assert (effect.finished, effect.others) == (Share(0, 0), Share(1, 1))
    desk = Client()
    desk.force_login(get_user_model().objects.create_superuser("operator"))
    page = desk.get("/admin/members/newcomer/").content.decode()
    assert "Day 30, with and without the welcome quest" in page
    assert "100 % (21–100 %)" in page
