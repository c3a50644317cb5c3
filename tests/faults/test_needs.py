"""Whoever proposes at the same time: three find a place, however many try."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from members.domain.needs import posting, serving
from members.domain.needs.people import CannotServe
from members.models import Event, Need
from tests import factories
from tests.faults.test_pump import in_threads


@pytest.mark.postgresql
def test_of_eight_who_propose_at_once_three_find_a_place_and_two_answers_match_once(committed_db):
    now = timezone.now()
    asker, *helpers = [factories.MemberFactory(age_band="adult") for _ in range(9)]
    need = posting.post(asker=asker, words="A scanner.", kind="tools", until=now + timedelta(days=9), now=now)

    def offering(member):
        def offer():
            try:
                serving.propose(need_id=need.pk, member=member, now=now, by="app", is_own=True)
            except CannotServe as error:
                assert error.kind == "three_candidates"

        return offer

    assert in_threads(*(offering(each) for each in helpers)) == []
    assert sorted(need.candidates.values_list("slot", flat=True)) == [1, 2, 3]

    willing = list(need.candidates.values_list("member_id", flat=True))
    answers = [
        lambda pk=pk: serving.answer_asker(need_id=need.pk, member_id=pk, agrees=True, now=now) for pk in willing * 2
    ]
    assert in_threads(*answers) == []

    assert need.candidates.filter(state="matched").count() == 1
    assert Event.objects.filter(type__code="need.matched").count() == 2
    assert Need.objects.get().state == "matched"
