"""A campaign that is started, looked at and stopped by many at once."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from activities.domain import changing
from activities.models import Activity
from incentives.domain.campaigns.advancing import advance_campaigns
from incentives.domain.campaigns.drafting import draft
from incentives.domain.campaigns.starting import start
from incentives.domain.campaigns.stopping import stop
from incentives.models import Campaign, CampaignMember, CampaignRule
from members.domain.invitations.making import CannotInvite, invite
from members.models import Event, Invitation
from tests import factories
from tests.faults.test_pump import in_threads
from tests.incentives.domain.campaigns.worlds import START, answers, guest, reach, running

DAY = timedelta(days=1)


@pytest.mark.postgresql
def test_it_is_started_once_and_every_member_is_told_once(committed_db):
    factories.world()
    ada = factories.MemberFactory(ref="ada", joined_at=START - DAY)
    made = draft(template="bring-friends", answers=answers(numbers={"friends": 1}), by=None)
    assert in_threads(*[lambda: start(campaign_id=made.pk, by=None, now=START)] * 6) == []
    reach(guest(ada, "bo", now=START + timedelta(hours=1)), "broke_ice_at", now=START + timedelta(hours=2))

    assert in_threads(*[lambda: advance_campaigns(now=START + DAY)] * 8) == []

    assert CampaignRule.objects.count() == 4
    told = Event.objects.filter(member=ada, type__code__startswith="campaign.").values_list("type__code", flat=True)
    assert sorted(told) == ["campaign.opened", "campaign.task_done"]
    assert CampaignMember.objects.count() == 1


@pytest.mark.postgresql
def test_no_code_outlives_the_stop(committed_db):
    factories.world()
    inviters = [factories.MemberFactory(joined_at=START - DAY) for _ in range(7)]
    campaign = running()

    def make(inviter):
        def act():
            with suppress(CannotInvite):
                invite(inviter=inviter, now=START + DAY, campaign="spring")

        return act

    acts = [make(inviter) for inviter in inviters]
    acts.insert(4, lambda: stop(campaign_id=campaign.pk, reason="Enough.", by=None, now=START + DAY))

    assert in_threads(*acts) == []

    assert not Invitation.objects.filter(campaign="spring", revoked_at=None).exists()


@pytest.mark.postgresql
def test_nothing_is_put_under_a_campaign_that_a_stop_does_not_see(committed_db):
    factories.world()
    factories.MemberFactory(joined_at=START - DAY)
    campaign = running("friends-evening")
    mine = [factories.activity(f"mine-{number}", starts_at=START + 5 * DAY) for number in range(6)]

    def put(activity):
        def act():
            with suppress(changing.CannotEdit):
                own = Campaign.objects.get(pk=campaign.pk)
                changing.change(activity_id=activity.pk, values={"campaign": own}, now=START + DAY)

        return act

    seen = []
    acts = [put(each) for each in mine]
    acts.insert(
        3, lambda: seen.append(stop(campaign_id=campaign.pk, reason="Enough.", by=None, now=START + DAY).activities)
    )

    assert in_threads(*acts) == []

    under = set(Activity.objects.filter(campaign=campaign).values_list("code", flat=True))
    assert under == {each.code for each in seen[0]}
    assert not Activity.objects.filter(follows_campaign=True).exists()
