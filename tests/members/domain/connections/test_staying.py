from datetime import UTC, datetime, timedelta

import pytest

from members.domain.connections.staying import staying_by_known
from members.models import Connection, Member, Newcomer
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
JOINED = NOW - timedelta(days=100)


def newcomer(ref, *, stayed=True, joined=JOINED, **values):
    made = factories.MemberFactory(ref=ref, joined_at=joined, **values)
    Newcomer.objects.create(member=made, joined_at=joined, retained_at=joined + timedelta(days=31) if stayed else None)
    return made


def knows(one, other, since, space=""):
    low, high = sorted((one, other), key=lambda member: member.pk)
    Connection.objects.create(
        low=low, high=high, space=space, since=since, first_at=since, last_at=since, days=2, is_mutual=True
    )


def test_newcomers_are_counted_by_whom_they_knew_after_four_weeks():
    others = [factories.MemberFactory() for _ in range(12)]
    alone, left = newcomer("alone", stayed=False), newcomer("left", status="left")
    late, two, many = newcomer("late"), newcomer("two"), newcomer("many")
    knows(left, others[0], JOINED + timedelta(days=1))
    knows(late, others[0], JOINED + timedelta(days=28))
    knows(two, others[0], JOINED)
    knows(two, others[1], JOINED + timedelta(days=27, hours=23))
    knows(two, others[1], JOINED + timedelta(days=3), space="chess")
    for other in others:
        knows(many, other, JOINED + timedelta(days=5))
    for ref, values in (
        ("young", {"joined": NOW - timedelta(days=36)}),
        ("old", {"joined": NOW - timedelta(days=500)}),
        ("house", {"is_house": True}),
    ):
        newcomer(ref, **values)

    found = {line.known: (line.stayed.count, line.stayed.of) for line in staying_by_known(now=NOW)}

    assert found == {0: (1, 2), 1: (0, 1), 2: (1, 1), 3: (0, 0), 4: (0, 0), 5: (0, 0), 6: (0, 0), 7: (0, 0), 8: (1, 1)}
    assert alone in Member.objects.all()


def test_nothing_is_shown_where_nobody_is_known_well_enough():
    newcomer("young", joined=NOW - timedelta(days=2))
    assert staying_by_known(now=NOW) == []
