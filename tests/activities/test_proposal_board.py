"""The board of proposals as operators open it, and what a move answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group as Role
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activities.domain.proposals import proposing
from activities.models import Proposal
from config import roles
from members.models import Space, SpaceOperator
from tests import factories

pytestmark = pytest.mark.django_db
BOARD, MOVE = "/admin/activities/proposal/board/", "/admin/activities/proposal/move/"


def desk(name, role=roles.ADMINISTRATOR, *spaces, **more):
    user = get_user_model().objects.create_user(name, is_staff=True, **more)
    user.groups.add(Role.objects.get(name=role))
    for space in spaces:
        SpaceOperator.objects.create(user=user, space=space)
    client = Client()
    client.force_login(user)
    return client


def propose(ref="ada", **more):
    proposer = factories.MemberFactory(ref=ref)
    return proposing.propose(proposer=proposer, title=f"By {ref}", words="Words.", now=timezone.now(), **more)


def move(client, card, to, seen="proposed", **more):
    return client.post(MOVE, {"proposal": card.pk, "to": to, "seen": seen, **more})


def test_a_card_is_moved_once_with_its_reason_and_stands_in_the_history():
    client, card = desk("ines"), propose()
    assert "By ada" in client.get(BOARD).content.decode()

    moved = move(client, card, "declined", reason="Not this year.")

    assert moved.context["has_moved"] is True
    assert moved.context["said"] == "By ada: It is declined now."
    assert Proposal.objects.get().reason == "Not this year."
    assert LogEntry.objects.get().change_message == "It is declined now. Not this year."
    again = move(client, card, "declined", reason="Not this year.")
    assert again.context["has_moved"] is False
    assert LogEntry.objects.count() == 1


def test_a_refused_move_says_why_and_nothing_moved():
    client, card = desk("ines"), propose()

    said = [
        move(client, card, to, **more).context["said"]
        for to, more in (
            ("declined", {}),
            ("scheduled", {}),
            ("delivered", {}),
            ("nowhere", {}),
        )
    ]
    no_date = move(client, card, "scheduled", seen="proposed", activity=10**30)

    assert said == [
        "By ada: Say why: the proposer reads it.",
        "By ada: What is proposed cannot become has a date.",
        "By ada: It is delivered when the books of its activity are closed.",
        "This is no stage.",
    ]
    assert no_date.context["said"] == "This is no stage."
    assert client.post(MOVE, {"proposal": 7, "to": "talking", "seen": "proposed"}).context["said"] == (
        "There is no such proposal."
    )
    assert Proposal.objects.get().state == "proposed"
    assert not LogEntry.objects.exists()
    assert client.get(MOVE).status_code == 405


def test_the_second_of_two_operators_hears_who_was_faster():
    card = propose()
    move(desk("ines", first_name="Ines", last_name="Roth"), card, "accepted")
    slow = desk("udo")

    other = move(slow, card, "declined", reason="No.")
    same = move(slow, card, "accepted")

    assert other.context["said"] == ("By ada: It is no longer proposed but accepted; look again. Ines Roth was faster.")
    assert same.context["said"] == "By ada: It is accepted now. Ines Roth was faster."
    assert Proposal.objects.get().state == "accepted"


def test_an_app_is_named_as_it_signed():
    card = propose()
    proposing.step(proposal_id=card.pk, to="talking", now=timezone.now(), by="app forum")

    assert move(desk("ines"), card, "talking").context["said"] == (
        "By ada: It is being talked about now. app forum was faster."
    )


def test_a_date_is_chosen_among_sharing_activities_to_come():
    client, card = desk("ines"), propose()
    evening = factories.activity()
    factories.activity("fair", kind="brand")
    move(client, card, "accepted")
    page = client.get(BOARD)
    assert [number for number, _words in page.context["dates"]] == [str(evening.pk)]

    moved = move(client, card, "scheduled", seen="accepted", activity=evening.pk)

    assert moved.context["has_moved"] is True
    assert Proposal.objects.get().activity == evening
    back = move(client, card, "accepted", seen="scheduled")
    assert back.context["has_moved"] is True
    assert Proposal.objects.get().activity is None


def test_whoever_only_looks_moves_nothing():
    card, client = propose(), desk("vi", roles.VIEWER)

    page = client.get(BOARD)

    assert page.status_code == 200
    assert 'draggable="true"' not in page.content.decode()
    assert move(client, card, "talking").status_code == 403
    assert Proposal.objects.get().state == "proposed"


def test_operators_of_a_space_see_and_move_its_cards_to_its_dates_only():
    circle, choir = (Space.objects.create(ref=name, state="open") for name in ("circle", "choir"))
    mine, others = propose("ada", space=circle), propose("bo", space=choir)
    evening = factories.activity(space=choir)
    client = desk("ines", roles.ADMINISTRATOR, circle)

    page = client.get(BOARD)

    assert "By ada" in page.content.decode()
    assert "By bo" not in page.content.decode()
    assert page.context["dates"] == []
    assert move(client, others, "accepted").context["said"] == "There is no such proposal."
    assert move(client, mine, "accepted").context["has_moved"] is True
    refused = move(client, mine, "scheduled", seen="accepted", activity=evening.pk)
    assert refused.context["said"] == "By ada: A date is a sharing activity; name one."
    by_list = {"_form_submitted": "on", "activity": evening.pk}
    client.post(f"/admin/activities/proposal/{mine.pk}/schedule/", by_list)
    assert Proposal.objects.get(pk=mine.pk).state == "accepted"
    assert Proposal.objects.get(pk=others.pk).state == "proposed"


def test_operators_of_a_space_open_the_month_and_the_board_of_its_activities():
    circle, choir = (Space.objects.create(ref=name, state="open") for name in ("circle", "choir"))
    factories.activity("ours", space=circle, names={"en": "Ours"})
    factories.activity("theirs", space=choir, names={"en": "Theirs"})
    client = desk("ines", roles.ADMINISTRATOR, circle)

    for page in ("calendar/", "board/"):
        day = f"{timezone.now() + timedelta(days=7):%Y-%m}"
        shown = client.get(f"/admin/activities/activity/{page}", {"month": day}).content.decode()
        assert "Ours" in shown
        assert "Theirs" not in shown
    assert client.get("/admin/activities/activity/plan/").status_code == 403


def test_the_page_asks_the_same_for_one_and_for_three():
    client = desk("ines")

    def count():
        with CaptureQueriesContext(connection) as asked:
            client.get(BOARD)
        return len(asked)

    propose("first")
    count()
    one = count()
    for number in range(2):
        propose(f"m{number}", space=Space.objects.create(ref=f"s{number}", state="open"))

    assert count() == one
