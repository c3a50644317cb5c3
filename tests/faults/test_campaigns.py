"""A campaign that is started, looked at and stopped by many at once."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from incentives.domain.campaigns.advancing import advance_campaigns
from incentives.domain.campaigns.drafting import draft
from incentives.domain.campaigns.starting import start
from incentives.domain.campaigns.stopping import stop
from incentives.models import CampaignMember, CampaignRule
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
