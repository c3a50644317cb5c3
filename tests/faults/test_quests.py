"""Whoever judges, closes, begins, greets and plays at the same time: each thing once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from incentives.domain.pump import loop
from incentives.domain.quests import closing
from incentives.domain.quests.joining import begin_quest
from incentives.models import QuestRun
from members.domain.games import playing
from members.domain.newcomers import advancing, greeting
from members.models import Event, Game, GameTurn, Greeter, Greeting
from tests import factories
from tests.factories import item
from tests.faults.test_pump import in_threads

NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.mark.postgresql
def test_jobs_that_close_workers_that_judge_and_members_who_begin_agree(committed_db):
    factories.world()
    people = [factories.MemberFactory() for _ in range(24)]
    factories.quest({"begins": {"when": "content.published"}, "window": {"within": "1h"}})
    factories.quest({"code": "chosen", "begins": "by_choice"})
    first = (NOW - DAY).isoformat()
    factories.report(*(item(f"a{n}", who.ref, time=first) for n, who in enumerate(people)))
    loop.drain()
    # The second post came in time and is reported late, while the jobs close the first day.
    second = (NOW - DAY + timedelta(minutes=30)).isoformat()
    factories.report(*(item(f"b{n}", who.ref, time=second) for n, who in enumerate(people)))
    begin = [lambda who=who: begin_quest(member=who, code="chosen", now=NOW) for who in people[:4]]

    works = [lambda: closing.close_runs(now=NOW)] * 3 + [loop.drain] * 3 + begin * 2
    assert in_threads(*works) == []
    loop.drain()

    writers = QuestRun.objects.filter(quest__code="writer")
    assert list(writers.values_list("state", flat=True)) == ["completed"] * 24
    assert QuestRun.objects.filter(quest__code="chosen").count() == 4
    assert Event.objects.filter(type__code="quest.completed").count() == 24
    assert Event.objects.filter(type__code="quest.started").count() == 28
    assert Event.objects.filter(type__code="quest.expired").count() <= 24


@pytest.mark.postgresql
def test_four_jobs_at_once_greet_and_tell_each_newcomer_once(committed_db):
    factories.world()
    greeters = [factories.MemberFactory(joined_at=NOW - 90 * DAY) for _ in range(3)]
    for member in greeters:
        Greeter.objects.create(member=member, open_max=2)
    for _ in range(8):
        factories.MemberFactory(joined_at=NOW - timedelta(hours=1))
    factories.EventTypeFactory().__class__.objects.filter(code="content.published").update(is_contribution=True)
    factories.report(*(item(f"h{n}", f"{member.ref}") for n, member in enumerate(greeters)))

    jobs = [lambda: advancing.advance_newcomers(now=NOW), lambda: greeting.assign_greeters(now=NOW)] * 4
    assert in_threads(*jobs) == []
    greeting.assign_greeters(now=NOW)

    assert sorted(Greeter.objects.values_list("open_now", flat=True)) == [2, 2, 2]
    assert Greeting.objects.count() == Event.objects.filter(type__code="greeter.assigned").count() == 6


@pytest.mark.postgresql
def test_of_ten_who_say_the_same_at_once_one_is_right(committed_db):
    factories.world()
    game = Game.objects.create(code="idioms", kind="chain")
    played = playing.open_round(game=game, opening="一心一意", now=NOW)
    people = [factories.MemberFactory() for _ in range(10)]

    def say(member):
        return lambda: playing.take_turn(public_id=str(played.public_id), member=member, text="意气风发", now=NOW)

    assert in_threads(*map(say, people)) == []

    assert GameTurn.objects.filter(is_right=True).count() == 1
    assert sorted(GameTurn.objects.values_list("number", flat=True)) == list(range(1, 11))
