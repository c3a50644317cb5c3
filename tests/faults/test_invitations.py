"""An invitation for one, accepted by many at once, brings one in."""

from __future__ import annotations

import pytest
from django.utils import timezone

from members.domain.invitations import making
from members.domain.invitations.accepting import CannotJoin, accept
from members.models import Invitation, Member, Referral
from tests import factories
from tests.faults.test_pump import in_threads


@pytest.mark.postgresql
def test_the_last_use_of_a_code_is_given_once(committed_db):
    factories.world()
    ada = factories.MemberFactory(ref="ada")
    code = making.invite(inviter=ada, now=timezone.now()).code
    outcomes = []

    def join(number):
        def act():
            try:
                accept(code=code, ref=f"new-{number}", now=timezone.now())
            except CannotJoin as error:
                outcomes.append(error.kind)
            else:
                outcomes.append("in")

        return act

    assert in_threads(*(join(number) for number in range(10))) == []

    assert sorted(outcomes) == ["in"] + ["used"] * 9
    assert (Member.objects.count(), Referral.objects.count()) == (2, 1)
    assert Invitation.objects.get().uses == 1


@pytest.mark.postgresql
def test_the_last_code_of_a_quota_is_given_once(committed_db, settings):
    settings.INVITATIONS_PER_MONTH = 3
    factories.world()
    ada = factories.MemberFactory(ref="ada")
    outcomes = []

    def act():
        try:
            making.invite(inviter=ada, now=timezone.now())
        except making.CannotInvite:
            outcomes.append("refused")
        else:
            outcomes.append("made")

    assert in_threads(*[act] * 8) == []

    assert sorted(outcomes) == ["made"] * 3 + ["refused"] * 5
