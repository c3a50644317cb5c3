"""The board of proposals: what stands where, for how long, and for whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from activities.domain.proposals import proposing
from activities.domain.proposals.board import COLUMN_MAX, ENDED_FOR, board
from activities.enums import ProposalState
from activities.models import Proposal
from members.models import Space
from tests import factories

pytestmark = pytest.mark.django_db


def propose(ref, *, now=None, **more):
    proposer = factories.MemberFactory(ref=ref)
    said = {"title": f"By {ref}", "words": "Everybody binds one.", **more}
    return proposing.propose(proposer=proposer, now=now or timezone.now(), **said)


def step(proposal, to, **more):
    return proposing.step(proposal_id=proposal.pk, to=ProposalState(to), now=timezone.now(), **more)


def titles(columns):
    return {column.state.value: [card.title for card in column.cards] for column in columns if column.cards}


def test_cards_stand_by_stage_what_waits_longest_first_and_what_ended_last_first():
    now = timezone.now()
    propose("late", now=now)
    early = propose("early", now=now - timedelta(days=3, hours=1))
    for ref, days in (("gone", 61), ("no", 2), ("never", 1)):
        declined = propose(ref)
        step(declined, "declined", reason="Not now.")
        Proposal.objects.filter(pk=declined.pk).update(moved_at=now - timedelta(days=days))

    columns = board(now=now)

    assert titles(columns) == {"proposed": ["By early", "By late"], "declined": ["By never", "By no"]}
    card = columns[0].cards[0]
    assert (card.id, card.waits_days, card.reputation.proposed, card.is_asked) == (early.pk, 3, 1, False)
    assert [to.value for to in card.steps] == ["talking", "accepted", "declined"]
    assert columns[5].cards[0].steps == ()
    assert timedelta(days=61) > ENDED_FOR


def test_whoever_was_asked_and_has_not_agreed_cannot_be_accepted_yet():
    card = propose("ada", speaker=factories.MemberFactory(ref="bo"))

    (shown,) = board(now=timezone.now())[0].cards

    assert shown.id == card.pk
    assert shown.is_asked
    assert [to.value for to in shown.steps] == ["talking", "declined"]


def test_a_board_of_a_space_holds_what_is_of_the_space():
    circle = Space.objects.create(ref="circle", state="open")
    propose("ada", space=circle)
    propose("bo")

    assert titles(board(now=timezone.now(), spaces=frozenset({circle.pk}))) == {"proposed": ["By ada"]}


def test_a_column_ends_and_says_how_many_more_there_are():
    now = timezone.now()
    ada = factories.MemberFactory(ref="ada")
    common = {"proposer": ada, "speaker": ada, "agreed_at": now, "words": "Words.", "proposed_at": now, "moved_at": now}
    Proposal.objects.bulk_create(Proposal(title=f"{number}", **common) for number in range(COLUMN_MAX + 2))

    first = board(now=now)[0]

    assert (len(first.cards), first.more, first.count) == (COLUMN_MAX, 2, COLUMN_MAX + 2)


@pytest.mark.parametrize("cards", [1, 3])
def test_the_board_asks_the_same_for_one_and_for_three(django_assert_num_queries, cards):
    user = get_user_model().objects.create_user("ines")
    for number in range(cards):
        made = propose(f"m{number}", space=Space.objects.create(ref=f"s{number}", state="open"))
        Proposal.objects.filter(pk=made.pk).update(assignee=user)
        step(made, "accepted")
        step(made, "scheduled", activity=factories.activity(f"a{number}"))

    with django_assert_num_queries(4):
        for column in board(now=timezone.now()):
            for card in column.cards:
                str((card.proposer, card.speaker, card.space, card.activity, card.assignee))


def test_whoever_saw_an_earlier_stage_moves_nothing_and_hears_the_stage():
    proposal = propose("ada")
    step(proposal, "accepted")

    with pytest.raises(proposing.CannotPropose, match="no longer proposed but accepted") as refused:
        step(proposal, "declined", reason="No.", seen=ProposalState.PROPOSED)

    assert refused.value.kind == "moved_meanwhile"
    assert Proposal.objects.get().state == "accepted"
    assert step(proposal, "accepted", seen=ProposalState.PROPOSED)[1] is False
    assert step(proposal, "declined", reason="No.", seen=ProposalState.ACCEPTED)[1] is True


def test_nobody_delivers_by_hand():
    proposal = propose("ada")
    with pytest.raises(proposing.CannotPropose, match="when the books of its activity are closed"):
        step(proposal, "delivered")
