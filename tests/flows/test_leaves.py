"""Who is away for a while owes nothing, and comes back to what they held."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from incentives.domain.evaluating import evaluate_ladders
from members.domain.ladders import editing, leaves
from members.models import Leave, Member, Standing
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
START, DAY = datetime(2026, 3, 10, 12, tzinfo=UTC), timedelta(days=1)


@pytest.fixture(autouse=True)
def ada():
    factories.world()
    factories.counter(code="posts", kind="count", window="month")
    factories.rule({"then": [award(50, "growth")]}, since=START - 30 * DAY)
    duty = [{"counter": "posts", "at_least": 2}]
    editing.put_ladder(
        code="rank",
        values={"metric": "balance:growth"},
        tiers={"plain": {"threshold": 0}, "voice": {"threshold": 40, "duties": duty}},
    )
    return factories.MemberFactory(ref="ada", joined_at=START - 90 * DAY)


def posts(name, at):
    factories.report(item(name, "ada", time=at.isoformat()), now=at)
    factories.judge()


def held():
    return Standing.objects.get(member__ref="ada").tier.code


def test_the_months_of_a_leave_are_forgiven_and_the_next_ones_are_not(ada, client_of, time_machine):
    time_machine.move_to(START, tick=False)
    posts("e1", START)
    # The books of PostgreSQL go by its own clock, which no test can turn back.
    Standing.objects.update(since=START, duties_checked=0)
    client, away = client_of(), START + 25 * DAY
    body = {"until": (away + 40 * DAY).isoformat(), "begins_at": away.isoformat(), "reason": "A child."}
    answers = [
        client.put("/api/v1/members/ada/leave", json.dumps(body), content_type="application/json") for _ in range(2)
    ]

    seen = []
    for month in (4, 5, 6, 7, 8):
        now = datetime(2026, month, 20, tzinfo=UTC)
        time_machine.move_to(now, tick=False)
        evaluate_ladders(now=now)
        evaluate_ladders(now=now)
        standing = client.get("/api/v1/members/ada/standing").json()[0]
        seen.append((month, held(), standing["duties_missed"], standing["away_until"]))

    assert [answer.status_code for answer in answers] == [200, 422], "it has not begun, so the second overlaps"
    until = (away + 40 * DAY).isoformat().replace("+00:00", "Z")
    assert seen == [
        (4, "voice", 0, until), (5, "voice", 0, None), (6, "voice", 0, None), (7, "voice", 1, None), (8, "plain", 0, None)
    ]  # fmt: skip
    assert client.delete("/api/v1/members/ada/leave").json()["type"].endswith("not_away")


def test_a_leave_is_sixty_days_of_a_year_moves_while_it_runs_and_ends_early(ada):
    def take(days, now=START, begins_at=None):
        return leaves.take_leave(member=ada, until=now + days * DAY, now=now, begins_at=begins_at)

    for days, begins_at in ((61, None), (0, None), (5, START - 32 * DAY), (31, START - 30 * DAY)):
        with pytest.raises(leaves.CannotLeave):
            take(days, begins_at=begins_at)
    first = take(20)
    moved = take(29, now=START + DAY)
    assert (moved.pk, moved.ends_at) == (first.pk, START + 30 * DAY)
    back = leaves.end_leave(member=ada, now=START + 10 * DAY)
    assert back is not None
    assert back.ends_at == START + 10 * DAY
    assert leaves.end_leave(member=ada, now=START + 10 * DAY) is None

    later = START + 100 * DAY
    with pytest.raises(leaves.CannotLeave, match="60 days"):
        take(51, now=later)
    take(50, now=later)
    take(60, now=START + 400 * DAY + 60 * DAY)
    assert Leave.objects.count() == 3


def test_who_is_gone_takes_no_leave(ada):
    Member.objects.filter(pk=ada.pk).update(status="left")
    with pytest.raises(leaves.CannotLeave):
        leaves.take_leave(member=Member.objects.get(pk=ada.pk), until=START + DAY, now=START)
