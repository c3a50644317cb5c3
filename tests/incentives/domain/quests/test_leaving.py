"""Quests and first days of members who are erased, or turn out to be one person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from incentives.domain.erasing import erase
from incentives.domain.merging import merge
from incentives.domain.takeout import data_of
from incentives.models import QuestRun
from members.models import Game, GameRound, GameTurn, Greeter, Greeting, Member, Newcomer
from tests import factories
from tests.factories import item

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.fixture
def pair():
    factories.world()
    ada, bo, cy = (factories.MemberFactory(ref=ref, joined_at=NOW - DAY) for ref in ("ada", "bo", "cy"))
    factories.quest({})
    factories.quest({"code": "other", "steps": [{"code": "p", "when": "content.published", "count": 9}]})
    factories.report(item("a", "ada"), item("b", "bo"), item("c", "bo"))
    factories.judge()
    greeter = Greeter.objects.create(member=cy, open_now=2)
    for place, member in enumerate((ada, bo)):
        Newcomer.objects.create(member=member, joined_at=NOW - (2 + place) * DAY, hello_at=NOW - (2 - place) * DAY)
        Greeting.objects.create(newcomer=member, greeter=greeter, assigned_at=NOW)
    game = GameRound.objects.create(game=Game.objects.create(code="g", kind="line"), opened_at=NOW, host=bo)
    GameTurn.objects.create(round=game, member=bo, number=1, text="My name is Bo", is_right=True, taken_at=NOW)
    return ada, bo


def runs() -> list[tuple[str, str, str, int]]:
    found = QuestRun.objects.order_by("member__ref", "quest__code").select_related("member", "quest")
    return [(run.member.ref, run.quest.code, run.state, sum(p["n"] for p in run.progress.values())) for run in found]


def test_a_merge_keeps_whichever_got_further_and_whoever_was_first(pair):
    ada, bo = pair

    merge(survivor_id=ada.pk, merged_id=bo.pk, now=NOW, reason="One person.")

    assert runs() == [("ada", "other", "open", 1), ("ada", "writer", "completed", 2)]
    first = Newcomer.objects.get()
    assert (first.pk, first.joined_at, first.hello_at) == (ada.pk, NOW - 3 * DAY, NOW - 2 * DAY)
    assert (Greeting.objects.get().newcomer_id, Greeter.objects.get().open_now) == (ada.pk, 1)
    assert (GameTurn.objects.get().member_id, GameRound.objects.get().host_id) == (ada.pk, ada.pk)


def test_a_greeter_who_is_the_newcomers_own_second_membership_greets_nobody_twice(pair):
    ada, _bo = pair
    cy = Member.objects.get(ref="cy")

    merge(survivor_id=ada.pk, merged_id=cy.pk, now=NOW, reason="One person.")

    greeter = Greeter.objects.get()
    assert (greeter.member_id, greeter.open_now) == (ada.pk, 1)
    assert list(Greeting.objects.values_list("newcomer__ref", flat=True)) == ["bo"]


def test_erasure_ends_what_is_under_way_and_takes_what_was_said(pair):
    _ada, bo = pair
    assert [quest["quest"] for quest in data_of(bo, now=NOW)["quests"]] == ["writer", "other"]

    erase(member_id=bo.pk, ref="bo", reason="They asked.", now=NOW)

    assert [line[2:] for line in runs() if line[0].startswith("erased")] == [("completed", 0)]
    assert (GameTurn.objects.get().text, GameRound.objects.get().host) == ("", None)
    assert Greeter.objects.get().open_now == 1
    assert Newcomer.objects.filter(pk=bo.pk).exists()
    greeter_id = Greeter.objects.get().member_id
    erase(member_id=greeter_id, ref="cy", reason="They asked.", now=NOW)
    assert not Greeter.objects.exists()
    assert not Greeter.history.filter(member_id=greeter_id).exists()
