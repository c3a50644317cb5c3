"""A quest goes back where what carried it on did not happen, with what finishing it paid, and no further."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from incentives.domain.ledger import queries
from incentives.domain.ledger.verify import verify
from incentives.domain.quests.closing import close_runs
from incentives.domain.retracting import retract
from incentives.models import BadgeGrant, QuestRun
from members.models import Event, EventType, Freeze, Member, Retraction, Violation, ViolationKind
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = timezone.now().replace(minute=0, second=0, microsecond=0) - HOUR


@pytest.fixture
def ada():
    factories.world()
    factories.badge("writer")
    yield factories.MemberFactory(ref="ada", joined_at=NOON - 90 * DAY)
    assert [proof for proof in verify() if not proof.holds] == []


def post(name, ago=HOUR, who="ada", **data):
    return item(name, who, time=(NOON - ago).isoformat(), data={"content_id": "c", "words": 500} | data)


def happen(*items, now=NOON):
    factories.report(*items, now=now)
    judge()


def judge():
    while factories.judge().events:
        pass


def event(name):
    return Event.objects.get(key__external_id=name).pk


def take_back(*names):
    return retract(event_ids=[event(name) for name in names], cause="A mistake.", now=NOON, actor="Ines")


def run(code="writer"):
    return QuestRun.objects.get(quest__code=code)


def progress(code="writer"):
    return {step: found.get("n", found.get("weeks")) for step, found in run(code).progress.items()}


def points(ref="ada"):
    balances = queries.balances(Member.objects.get(ref=ref).pk)
    return next((int(line.available) for line in balances if line.currency == "points"), 0)


def told(code):
    return Event.objects.filter(type__code=f"quest.{code}", retraction__isnull=True).count()


def pays_for_it(**more):
    factories.rule(
        {"code": "done", "when": "quest.completed", "then": [award(80), {"do": "badge", "badge": "writer"}], **more}
    )
    factories.rule({"code": "step", "when": "quest.step_completed", "then": [award(5)]})


def test_a_finished_quest_is_under_way_again_and_what_it_paid_goes(ada):
    factories.quest({})
    pays_for_it()
    happen(post("a", 3 * HOUR), post("b", 2 * HOUR))
    assert (run().state, points(), BadgeGrant.objects.count()) == ("completed", 85, 1)

    take_back("a")
    first = points()
    take_back("a")

    assert (run().state, run().closed_at, progress()) == ("open", None, {"posts": 1})
    assert run().progress["posts"]["at"] == (NOON - 2 * HOUR).isoformat()
    assert (first, points(), BadgeGrant.objects.count()) == (0, 0, 0)
    assert (told("step_completed"), told("completed"), Retraction.objects.count()) == (0, 0, 3)
    # Who finishes it after all is paid, once.
    happen(post("c"))
    assert (run().state, points(), told("completed")) == ("completed", 85, 1)


def test_whoever_did_more_than_was_asked_keeps_it(ada):
    factories.quest({})
    pays_for_it()
    happen(post("a", 3 * HOUR), post("b", 2 * HOUR), post("c"))

    take_back("c")
    take_back("a")

    assert (run().state, progress(), points()) == ("open", {"posts": 1}, 0)
    happen(post("d"))
    take_back("d", "b")
    assert (run().state, progress()) == ("open", {})


def test_one_of_three_is_made_up_by_the_third(ada):
    factories.quest({})
    pays_for_it()
    happen(post("a", 3 * HOUR), post("b", 2 * HOUR), post("c"))

    take_back("a")

    assert (run().state, progress(), points(), told("completed")) == ("completed", {"posts": 2}, 85, 1)


def test_in_an_order_what_came_after_is_lost_with_it_and_other_steps_stay(ada):
    EventType.objects.create(code="reply.written", schema={})
    steps = [
        {"code": "reply", "when": "reply.written"},
        {"code": "posts", "when": "content.published"},
    ]
    factories.quest({"order": "ordered", "steps": steps})
    pays_for_it()
    happen(item("r", "ada", type="reply.written", time=(NOON - 3 * HOUR).isoformat()), post("a"))
    assert (run().state, points()) == ("completed", 90)

    take_back("a")

    assert (run().state, progress(), points()) == ("open", {"reply": 1}, 5)
    happen(post("b"))
    take_back("r")
    assert (run().state, progress(), points()) == ("open", {}, 0)


def test_a_quest_that_counts_what_another_told_goes_back_too_and_the_inviter_gives_back(ada):
    factories.MemberFactory(ref="ines", joined_at=NOON - 90 * DAY)
    Member.objects.filter(ref="ada").update(invited_by=Member.objects.get(ref="ines"))
    factories.quest({})
    factories.quest({"code": "collector", "steps": [{"code": "one", "when": "quest.completed"}]})
    done = 'event.data.quest == "collector"'
    factories.rule({"code": "done", "when": "quest.completed", "if": done, "then": [award(7, to="inviter")]})
    happen(post("a", 3 * HOUR), post("b", 2 * HOUR))
    assert (run("collector").state, points("ines")) == ("completed", 7)

    take_back("b")

    assert (run("collector").state, progress("collector"), points("ines")) == ("open", {}, 0)


def test_a_row_of_weeks_loses_a_week_only_with_the_last_of_its_events(ada):
    week = {"code": "posts", "when": "contribution", "in_a_row": "weeks", "count": 3}
    EventType.objects.filter(code="content.published").update(is_contribution=True)
    factories.quest({"steps": [week]})
    happen(post("a", 14 * DAY), post("b", 7 * DAY), post("b2", 7 * DAY - HOUR), post("c", timedelta(0)))
    assert (run().state, len(run().progress["posts"]["weeks"])) == ("completed", 3)

    take_back("b")
    assert run().state == "completed"
    take_back("b2")

    assert (run().state, len(run().progress["posts"]["weeks"])) == ("open", 2)
    take_back("a", "c")
    assert run().progress == {}


def test_what_still_waits_has_counted_nowhere_and_takes_nothing_away(ada):
    factories.quest({"steps": [{"code": "posts", "when": "content.published", "count": 3}]})
    happen(post("a", 3 * HOUR))
    factories.report(post("b"), now=NOON)

    take_back("b")
    judge()

    assert progress() == {"posts": 1}
    take_back("a")
    assert progress() == {}


def test_a_condition_that_looks_otherwise_today_takes_nothing_else_away(ada):
    member = {"code": "posts", "when": "content.published", "if": "member.verified", "count": 3}
    either = {"code": "long", "when": "content.published", "count": 3}
    Member.objects.update(is_verified=True)
    factories.quest({"steps": [member, either]})
    happen(post("a", 3 * HOUR), post("b", 2 * HOUR))
    Member.objects.update(is_verified=False)

    take_back("b")

    # Whether it counted for verified members cannot be known any more; what else they did stands.
    assert progress() == {"posts": 2, "long": 1}


def test_what_did_not_count_while_earning_was_frozen_takes_nothing_away(ada):
    factories.quest({})
    insult = Violation.objects.create(
        member=ada, kind=ViolationKind.objects.create(code="insult"), strikes=1, consequence="warning",
        happened_at=NOON - DAY, recorded_at=NOON - DAY, strikes_until=NOON + DAY,
    )  # fmt: skip
    Freeze.objects.create(
        member=ada, violation=insult, what="earning", begins_at=NOON - 3 * HOUR, ends_at=NOON - 2 * HOUR
    )
    happen(post("frozen", 3 * HOUR), post("a"))

    take_back("frozen")

    assert progress() == {"posts": 1}


def test_what_happened_outside_of_a_run_or_of_no_quest_changes_none(ada):
    EventType.objects.create(code="reply.written", schema={})
    factories.quest({}, since=NOON - 5 * HOUR)
    happen(post("early", 9 * HOUR), post("a"), item("r", "ada", type="reply.written"))
    before = run().progress

    take_back("early", "r")

    assert run().progress == before


def test_a_quest_whose_time_was_up_is_closed_again_by_the_job(ada):
    until = {"until": (NOON - DAY).date().isoformat(), "from": (NOON - 9 * DAY).date().isoformat()}
    factories.quest({"window": until})
    pays_for_it()
    happen(post("a", 3 * DAY), post("b", 2 * DAY))

    take_back("b")
    assert (run().state, points()) == ("open", 0)
    close_runs(now=NOON)

    assert (run().state, progress(), told("expired")) == ("expired", {"posts": 1}, 1)
