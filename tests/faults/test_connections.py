"""Whoever works out connections at the same time counts each once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from members.domain.connections import knowing
from members.models import Acquaintance, Connection, Contact, Member
from tests import factories
from tests.faults.test_pump import in_threads


@pytest.mark.postgresql
def test_four_jobs_at_once_and_somebody_who_switches_off_agree_in_the_end(committed_db, monkeypatch):
    monkeypatch.setattr(knowing, "FRESH_MAX", 5)
    people = [factories.MemberFactory().pk for _ in range(8)]
    now = timezone.now()
    Contact.objects.bulk_create(
        Contact(
            member_id=one, other_id=other, day=now.toordinal() - days, first_at=now - timedelta(days=days), last_at=now
        )
        for one in people
        for other in people
        for days in (1, 2)
        if one != other
    )
    works = [lambda: knowing.advance_connections(now=now)] * 4

    assert in_threads(*works, lambda: knowing.switch(member_id=people[0], is_off=True)) == []

    knowing.advance_connections(now=now)
    assert Connection.objects.count() == 7 * 6 // 2
    assert set(Acquaintance.objects.values_list("member_id", "known")) == {
        (pk, 0 if pk == people[0] else 6) for pk in people
    }
    assert Member.objects.count() == 8
