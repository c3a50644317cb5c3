"""A sharing from the idea to the pay, and what may stand in its way."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from activities.domain import life
from activities.domain.proposals import proposing
from activities.domain.proposals.reputation import reputations_of
from activities.enums import ActivityState, ProposalState
from activities.models import ActivityPerson, Proposal
from incentives.domain.erasing import erase
from incentives.domain.merging import merge
from members.models import Event
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return factories.MemberFactory(ref="ada")


def propose(member, **more):
    said = {"title": "Binding books", "words": "Everybody binds one.", **more}
    return proposing.propose(proposer=member, now=timezone.now(), **said)


def step(proposal, to, **more):
    return proposing.step(proposal_id=proposal.pk, to=ProposalState(to), now=timezone.now(), **more)[0]


def told():
    found = Event.objects.filter(type__code__startswith="proposal.").order_by("pk").select_related("payload")
    return [(each.member.ref, each.type.code, json.loads(each.payload.data).get("part")) for each in found]


def held(activity, to):
    for state in ("announced", "running", "finished", "reviewed"):
        moments = {"running": activity.starts_at, "finished": activity.ends_at, "reviewed": activity.ends_at}
        life.step(activity_id=activity.pk, to=ActivityState(state), now=moments.get(state, timezone.now()))
        if state == to:
            return


def test_a_proposal_of_a_guest_is_delivered_when_the_books_are_closed_and_only_then(ada):
    proposal = propose(ada, guest="A bookbinder")
    activity = factories.activity()
    activity.people.all().delete()
    step(proposal, "talking")
    step(proposal, "accepted")
    step(proposal, "scheduled", activity=activity)

    held(activity, "finished")
    assert Proposal.objects.get().state == "scheduled"
    life.step(activity_id=activity.pk, to=ActivityState.REVIEWED, now=activity.ends_at)

    assert Proposal.objects.get().state == "delivered"
    assert told() == [
        ("ada", "proposal.made", None), ("ada", "proposal.accepted", None), ("ada", "proposal.scheduled", None),
        ("ada", "proposal.delivered", "proposer"),
    ]  # fmt: skip
    assert list(proposal.steps.values_list("to_state", flat=True)) == ["talking", "accepted", "scheduled", "delivered"]


def test_whoever_proposes_another_member_waits_for_their_yes_and_both_are_paid(ada):
    bo = factories.MemberFactory(ref="bo")
    proposal = propose(ada, speaker=bo)
    with pytest.raises(proposing.CannotPropose, match="has not agreed yet"):
        step(proposal, "accepted")
    with pytest.raises(proposing.CannotPropose, match="was not asked"):
        proposing.answer(proposal_id=proposal.pk, speaker_id=ada.pk, agrees=True, now=timezone.now())

    assert proposing.answer(proposal_id=proposal.pk, speaker_id=bo.pk, agrees=True, now=timezone.now())[1] is True
    assert proposing.answer(proposal_id=proposal.pk, speaker_id=bo.pk, agrees=False, now=timezone.now())[1] is False
    activity = factories.activity()
    activity.people.all().delete()
    step(proposal, "accepted")
    step(proposal, "scheduled", activity=activity)
    assert ActivityPerson.objects.get().member == bo
    held(activity, "reviewed")

    assert told()[-2:] == [("ada", "proposal.delivered", "proposer"), ("bo", "proposal.delivered", "speaker")]


def test_whoever_proposes_themselves_is_told_once(ada):
    proposal, activity = propose(ada), factories.activity()
    step(proposal, "accepted")
    step(proposal, "scheduled", activity=activity)

    held(activity, "reviewed")

    assert told()[-1] == ("ada", "proposal.delivered", "both")
    assert [code for _, code, _ in told()].count("proposal.delivered") == 1


def test_a_no_of_the_speaker_declines_it(ada):
    bo = factories.MemberFactory(ref="bo")
    proposal = propose(ada, speaker=bo)

    proposing.answer(proposal_id=proposal.pk, speaker_id=bo.pk, agrees=False, now=timezone.now())

    proposal.refresh_from_db()
    assert (proposal.state, proposal.reason) == ("declined", "The speaker said no.")


def test_an_activity_that_is_called_off_leaves_the_proposal_accepted(ada):
    proposal, activity = propose(ada), factories.announced()
    step(proposal, "accepted")
    step(proposal, "scheduled", activity=activity)

    life.step(activity_id=activity.pk, to=ActivityState.CANCELLED, now=timezone.now(), reason="Snow.")

    proposal.refresh_from_db()
    assert (proposal.state, proposal.activity) == ("accepted", None)


def test_another_date_takes_the_speaker_off_the_first_one(ada):
    proposal, first = propose(ada), factories.activity("first")
    step(proposal, "accepted")
    step(proposal, "scheduled", activity=first)

    step(proposal, "accepted")

    assert not ActivityPerson.objects.filter(activity=first, member=ada).exists()
    second = factories.activity("second")
    assert step(proposal, "scheduled", activity=second).activity == second


@pytest.mark.parametrize(
    ("_case", "values", "kind"),
    [
        ("no_title", {"title": " "}, "words_missing"),
        ("no_words", {"words": ""}, "words_missing"),
        ("two_speakers", {"guest": "A guest", "speaker": "bo"}, "two_speakers"),
        ("a_speaker_who_left", {"speaker": "cy"}, "not_active"),
    ],
)
def test_propose_refuses_what_is_not_whole(ada, _case, values, kind):
    people = {"bo": factories.MemberFactory(ref="bo"), "cy": factories.MemberFactory(ref="cy", status="left")}
    given = {name: people.get(value, value) for name, value in values.items()}

    with pytest.raises(proposing.CannotPropose) as refused:
        propose(ada, **given)

    assert (refused.value.kind, Proposal.objects.count()) == (kind, 0)


def test_five_proposals_are_open_at_most(ada):
    made = [propose(ada) for _ in range(5)]

    with pytest.raises(proposing.CannotPropose, match="Five proposals"):
        propose(ada)
    step(made[0], "withdrawn")
    assert propose(ada).state == "proposed"


@pytest.mark.parametrize(
    ("_case", "to", "more", "kind"),
    [
        ("delivered_by_hand", "delivered", {}, "no_such_step"),
        ("scheduled_before_accepted", "scheduled", {}, "no_such_step"),
        ("declined_without_a_reason", "declined", {}, "reason_missing"),
    ],
)
def test_steps_are_guarded(ada, _case, to, more, kind):
    with pytest.raises(proposing.CannotPropose) as refused:
        step(propose(ada), to, **more)

    assert refused.value.kind == kind


def test_a_date_is_a_sharing_activity_to_come(ada):
    proposal = step(propose(ada), "accepted")
    over = factories.announced("over")
    life.step(activity_id=over.pk, to=ActivityState.CANCELLED, now=timezone.now(), reason="Snow.")

    for activity in (None, factories.activity("brand", kind="brand"), over):
        with pytest.raises(proposing.CannotPropose) as refused:
            step(proposal, "scheduled", activity=activity)
        assert refused.value.kind == "no_date"


def test_reputation_counts_what_was_kept_and_is_shown_from_three(ada):
    bo = factories.MemberFactory(ref="bo")
    for number, member in enumerate([ada, ada, ada, bo]):
        activity = factories.activity(f"a{number}")
        proposal = step(propose(member), "accepted")
        if number == 2:
            step(proposal, "withdrawn")
            continue
        step(proposal, "scheduled", activity=activity)
        held(activity, "reviewed")
    step(propose(ada), "withdrawn")

    found = reputations_of([ada.pk, bo.pk])

    # (2 + 5 × 3/4) / (3 + 5)
    assert (found[ada.pk].proposed, found[ada.pk].delivered, found[ada.pk].broken) == (4, 2, 1)
    assert str(found[ada.pk].kept) == "0.72"
    assert found[bo.pk].kept is None


def test_an_erased_members_proposals_come_to_nothing_and_say_nothing(ada):
    proposal, activity = propose(ada, guest="A bookbinder"), factories.activity()
    step(proposal, "accepted")
    step(proposal, "scheduled", activity=activity)

    erase(member_id=ada.pk, ref="ada", reason="Asked for it.", now=timezone.now())

    left = Proposal.objects.get()
    assert (left.state, left.title, left.words, left.guest) == ("withdrawn", "erased", "erased", "erased")


def test_two_who_are_one_have_one_set_of_proposals(ada):
    bo = factories.MemberFactory(ref="bo")
    propose(bo)

    merge(survivor_id=ada.pk, merged_id=bo.pk, now=timezone.now(), reason="The same person.")

    found = Proposal.objects.get()
    assert (found.proposer, found.speaker) == (ada, ada)
