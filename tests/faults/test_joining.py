"""Newcomers whom many requests bring at once have joined once."""

from __future__ import annotations

import pytest

from members.models import Event, Member
from tests import factories
from tests.factories import item
from tests.faults.test_pump import in_threads


@pytest.mark.postgresql
def test_members_whom_many_requests_bring_at_once_have_joined_once(committed_db):
    factories.world()
    factories.SourceFactory(code="open", unknown_members="create")

    def bring(number):
        def act():
            for part in range(4):
                refs = [f"new-{part}-{n}" for n in range(10)]
                refs = refs if number % 2 else refs[::-1]
                factories.report(*({**item(f"{number}-{ref}", ref), "source": "open"} for ref in refs))

        return act

    assert in_threads(*(bring(number) for number in range(6))) == []

    joined = Event.objects.filter(type__code="member.joined")
    assert (Member.objects.count(), joined.count(), joined.values("member").distinct().count()) == (40, 40, 40)
    assert Event.objects.filter(type__code="content.published").count() == 240
