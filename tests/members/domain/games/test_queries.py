"""What a member sees of the games of the day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from members.domain.games import playing
from members.domain.games.queries import Said, rounds_open_to
from members.enums import MemberStatus
from members.models import Acquaintance, Game
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    factories.world()
    return [factories.MemberFactory(ref=ref, display_name=ref.title()) for ref in ("ada", "bo", "cy")]


def opened(code="idioms", kind="chain", opening="一心一意", **more):
    game, _ = Game.objects.get_or_create(code=code, defaults={"kind": kind})
    return playing.open_round(game=game, opening=opening, now=timezone.now(), **more)


def say(played, member, text):
    return playing.take_turn(public_id=str(played.public_id), member=member, text=text, now=timezone.now())[0]


def test_a_round_shows_its_newest_right_turns_and_whose_turn_it_is(people):
    ada, bo, cy = people
    played = opened(hours=5, host=cy)
    say(played, ada, "意气风发")
    say(played, bo, "大同小异")

    [seen_by_ada], [seen_by_bo] = (rounds_open_to(each, now=timezone.now()) for each in (ada, bo))

    assert seen_by_ada.said == [Said("Ada", "意气风发", is_own=True)]
    assert (seen_by_ada.right, seen_by_ada.guesses, seen_by_ada.host) == (1, 2, "Cy")
    assert (seen_by_ada.waits, seen_by_ada.may, seen_by_ada.begins_with) == (True, False, "发")
    assert (seen_by_bo.said, seen_by_bo.may) == ([Said("Ada", "意气风发", is_own=False)], True)


def test_whoever_is_not_seen_is_named_to_nobody_and_reads_no_names(people):
    ada, bo, cy = people
    played = opened(host=cy)
    say(played, ada, "意气风发")
    Acquaintance.objects.create(member=ada, is_off=True)
    say(played, bo, "发扬光大")

    shown = {each.ref: rounds_open_to(each, now=timezone.now())[0] for each in people}

    assert [one.name for one in shown["bo"].said] == ["", "Bo"]
    assert [one.name for one in shown["ada"].said] == ["Ada", ""]
    assert (shown["bo"].host, shown["ada"].host) == ("Cy", "")


def test_an_erased_member_has_no_name(people):
    ada, bo, _cy = people
    played = opened()
    say(played, ada, "意气风发")
    type(ada).objects.filter(pk=ada.pk).update(status=MemberStatus.ERASED, display_name="", email="")

    assert [one.name for one in rounds_open_to(bo, now=timezone.now())[0].said] == [""]


def test_a_line_has_no_sign_to_begin_with_and_its_guesses_are_counted_without_their_words(people):
    ada, bo, _cy = people
    played = opened("line", "line", "Call me …", answers=["Ishmael"])
    say(played, ada, "Emma")

    [seen] = rounds_open_to(bo, now=timezone.now())

    assert (seen.said, seen.guesses, seen.begins_with, seen.host, seen.may) == ([], 1, "", "", True)


def test_nobody_takes_more_turns_than_one_may(people, monkeypatch):
    ada, *_others = people
    played = opened("line", "line", "Call me …", answers=["Ishmael"])
    say(played, ada, "Emma")
    monkeypatch.setattr("members.domain.games.queries.TURNS_OF_ONE_MAX", 1)

    [seen] = rounds_open_to(ada, now=timezone.now())

    assert (seen.is_used_up, seen.waits, seen.may) == (True, False, False)


def test_what_is_over_and_whoever_may_not_play_sees_nothing(people):
    ada, bo, _cy = people
    opened(hours=1)
    late = timezone.now() + timedelta(hours=2)
    bo.status = MemberStatus.SUSPENDED

    assert len(rounds_open_to(ada, now=timezone.now())) == 1
    assert rounds_open_to(ada, now=late) == rounds_open_to(bo, now=timezone.now()) == []


def test_the_rounds_take_as_many_queries_at_three_as_at_one(people, django_assert_num_queries):
    ada, bo, cy = people
    first = opened()
    say(first, bo, "意气风发")
    with django_assert_num_queries(3):
        rounds_open_to(ada, now=timezone.now())
    for code in ("b", "c"):
        for member, text in ((bo, "意气风发"), (cy, "发扬光大")):
            say(opened(code) if member == bo else Game.objects.get(code=code).rounds.get(), member, text)

    with django_assert_num_queries(3):
        assert len(rounds_open_to(ada, now=timezone.now())) == 3
