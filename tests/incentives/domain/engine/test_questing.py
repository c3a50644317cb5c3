"""Quests in the batch: what begins them, what counts, once, by when it happened, and what is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incentives.domain.ledger import queries
from incentives.domain.quests import closing, publishing
from incentives.domain.quests.joining import CannotBegin, begin_quest
from incentives.models import Quest, QuestRun
from members.domain.joining import Arrival, tell_joined
from members.models import Event, EventType, Freeze, Member, Violation, ViolationKind
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = timezone.now().replace(minute=0, second=0, microsecond=0) - HOUR
JOINED = NOON - 2 * DAY
FIRST_DAY = {
    "code": "first-day",
    "begins": {"when": "member.joined"},
    "window": {"within": "24h"},
    "steps": [{"code": "post", "when": "content.published"}, {"code": "two", "when": "content.published", "count": 2}],
}


@pytest.fixture
def ada():
    factories.world()
    return factories.MemberFactory(ref="ada", joined_at=JOINED)


def post(name: str, moment: datetime, who: str = "ada", **data) -> dict:
    return item(name, who, time=moment.isoformat(), data={"content_id": "c", "words": 500} | data)


def happen(*items: dict, now: datetime = NOON) -> None:
    factories.report(*items, now=now)
    while factories.judge().events:
        pass


def join(member: Member, *, now: datetime = NOON) -> None:
    tell_joined([Arrival(member.pk, member.joined_at)], now=now)


def told(*codes: str, member: str = "ada") -> list[tuple]:
    """What was told of quests: type, step, and how long after joining."""
    found = Event.objects.filter(type__code__startswith="quest.", member__ref=member).select_related("type", "payload")
    lines = []
    for event in found.order_by("pk"):
        said = json.loads(event.payload.data)
        kind = event.type.code.removeprefix("quest.")
        if not codes or kind in codes:
            lines.append((kind, said.get("step", said.get("done", "")), event.occurred_at - JOINED))
    return lines


def run() -> QuestRun:
    return QuestRun.objects.get()


def test_a_quest_begins_with_its_event_counts_what_follows_and_a_rule_pays(ada):
    factories.quest(FIRST_DAY, now=NOON)
    factories.rule(
        {"code": "done", "when": "quest.completed", "if": 'event.data.quest == "first-day"', "then": [award(80)]}
    )
    factories.rule({"code": "step", "when": "quest.step_completed", "then": [award(10)]})

    happen(post("before", JOINED - HOUR))
    join(ada)
    happen(post("a", JOINED + HOUR), post("b", JOINED + 2 * HOUR), post("c", JOINED + 3 * HOUR))

    assert told() == [
        ("started", "", timedelta(0)),
        ("step_completed", "post", HOUR),
        ("step_completed", "two", 2 * HOUR),
        ("completed", "", 2 * HOUR),
    ]
    assert (run().state, run().closed_at) == ("completed", JOINED + 2 * HOUR)
    assert next(int(line.available) for line in queries.balances(ada.pk) if line.currency == "points") == 100


def test_what_comes_too_late_does_not_count_and_what_is_reported_late_does_even_after_closing(ada):
    factories.quest(FIRST_DAY, now=NOON)
    join(ada)
    happen(post("a", JOINED + HOUR), post("too late", JOINED + DAY))

    assert [closing.close_runs(now=NOON) for _ in range(2)] == [1, 0]
    assert (run().state, run().closed_at) == ("expired", JOINED + DAY)
    happen(post("late", JOINED + DAY - HOUR))

    assert told("expired", "completed") == [("expired", 1, DAY), ("completed", "", DAY - HOUR)]
    assert run().state == "completed"


def test_the_job_waits_for_what_may_still_be_judged(ada):
    factories.quest(FIRST_DAY, now=NOON)
    join(ada)
    happen()

    assert closing.close_runs(now=JOINED + DAY + timedelta(minutes=9)) == 0
    assert closing.close_runs(now=JOINED + DAY + timedelta(minutes=10)) == 1


def test_a_beginning_that_is_reported_late_finds_what_followed_it_once(ada):
    factories.quest(FIRST_DAY, now=NOON)
    happen(post("a", JOINED + HOUR), post("before", JOINED - HOUR))
    join(ada)
    happen(post("b", JOINED + 2 * HOUR))

    assert run().state == "completed"
    assert run().progress["two"] == {"n": 2, "at": (JOINED + 2 * HOUR).isoformat()}


def test_in_an_order_a_late_event_is_put_where_it_happened(ada):
    factories.EventTypeFactory(code="hello", schema={})
    steps = [{"code": "hello", "when": "hello"}, {"code": "post", "when": "content.published"}]
    factories.quest({**FIRST_DAY, "order": "ordered", "steps": steps}, now=NOON)
    join(ada)

    happen(post("early", JOINED + HOUR), item("h", "ada", type="hello", time=(JOINED + 3 * HOUR).isoformat()))
    assert told("step_completed") == [("step_completed", "hello", 3 * HOUR)]
    happen(post("b", JOINED + 2 * HOUR))
    assert run().state == "open"
    happen(post("c", JOINED + 5 * HOUR))

    assert told("step_completed", "completed") == [
        ("step_completed", "hello", 3 * HOUR),
        ("step_completed", "post", 5 * HOUR),
        ("completed", "", 5 * HOUR),
    ]


def test_an_earlier_first_step_that_comes_late_frees_what_came_after_it(ada):
    factories.EventTypeFactory(code="hello", schema={})
    steps = [{"code": "hello", "when": "hello", "count": 2}, {"code": "post", "when": "content.published"}]
    factories.quest({**FIRST_DAY, "order": "ordered", "steps": steps}, now=NOON)
    join(ada)
    hello = {"type": "hello", "data": {}}
    happen(item("h1", "ada", time=(JOINED + HOUR).isoformat(), **hello), post("p", JOINED + 3 * HOUR))
    happen(item("h3", "ada", time=(JOINED + 4 * HOUR).isoformat(), **hello))
    happen(item("h2", "ada", time=(JOINED + 2 * HOUR).isoformat(), **hello))

    assert run().state == "completed"
    assert run().closed_at == JOINED + 3 * HOUR
    assert [line[1] for line in told("step_completed")] == ["hello", "post"]


def test_conditions_and_the_audience_decide(ada):
    factories.MemberFactory(ref="bo", is_verified=True)
    steps = [{"code": "long", "when": "content.published", "if": "event.data.words >= 300 && !member.house"}]
    factories.quest({"audience": {"if": "member.verified"}, "steps": steps}, now=NOON)

    happen(post("a", NOON), post("short", NOON, "bo", words=10))
    assert not QuestRun.objects.exists()
    happen(post("b", NOON, "bo"))

    assert [(row.member.ref, row.state) for row in QuestRun.objects.all()] == [("bo", "completed")]


@pytest.mark.parametrize(
    ("_case", "change"), [("suspended", {"status": "suspended"}), ("banned", {"status": "banned"}), ("frozen", {})]
)
def test_who_may_not_earn_gets_no_further(ada, _case, change):
    factories.quest({}, now=NOON)
    happen(post("a", NOON - 3 * HOUR))
    if change:
        Member.objects.filter(pk=ada.pk).update(**change)
    else:
        insult = Violation.objects.create(
            member=ada, kind=ViolationKind.objects.create(code="insult"), strikes=1, consequence="warning",
            happened_at=NOON, recorded_at=NOON, strikes_until=NOON + DAY,
        )  # fmt: skip
        Freeze.objects.create(member=ada, violation=insult, what="earning", begins_at=NOON - 2 * HOUR, ends_at=NOON)

    happen(post("b", NOON - HOUR))

    assert (run().state, run().progress["posts"]["n"]) == ("open", 1)


def test_each_week_of_the_members_own_calendar_is_a_run_of_its_own(ada):
    Member.objects.filter(pk=ada.pk).update(time_zone="Asia/Shanghai")
    factories.quest({"repeat": "week"}, now=NOON, since=datetime(2026, 10, 1, tzinfo=UTC))
    sunday = datetime(2026, 11, 15, 15, 59, tzinfo=UTC)

    happen(post("a", sunday), post("b", sunday + timedelta(minutes=1)), post("c", sunday + HOUR))

    first, second = QuestRun.objects.order_by("period")
    assert (first.state, second.state) == ("open", "completed")
    monday = datetime(2026, 11, 15, 16, tzinfo=UTC)
    assert (first.due_at, second.started_at, second.due_at) == (monday, monday, monday + 7 * DAY)


def test_days_of_the_calendar_begin_and_end_where_the_member_lives(ada):
    Member.objects.filter(pk=ada.pk).update(time_zone="Europe/Berlin")
    window = {"from": "2026-10-25", "until": "2026-10-25"}
    factories.quest({"window": window}, now=NOON, since=datetime(2026, 10, 1, tzinfo=UTC))
    # The day on which Europe's clocks go back has 25 hours.
    begins, ends = datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)

    happen(*(post(f"p{n}", moment) for n, moment in enumerate((begins - HOUR / 60, ends))))
    assert not QuestRun.objects.exists()
    happen(*(post(f"q{n}", moment) for n, moment in enumerate((begins, ends - HOUR / 60))))

    assert (run().started_at, run().due_at, run().state) == (begins, ends, "completed")


def test_weeks_in_a_row_count_contributions_and_rest(ada):
    EventType.objects.filter(code="content.published").update(is_contribution=True)
    step = {"code": "weeks", "when": "contribution", "in_a_row": "weeks", "count": 3}
    factories.quest({"steps": [step]}, now=NOON, since=NOON - 300 * DAY)
    happen(*(post(f"p{n}", NOON - n * 7 * DAY) for n in (0, 3)))
    assert run().state == "open"
    happen(post("late", NOON - 7 * DAY))

    assert run().state == "completed"


def test_a_member_goes_on_with_the_version_they_began_with(ada):
    factories.MemberFactory(ref="bo")
    factories.quest({}, now=NOON - DAY)
    happen(post("a", NOON - 3 * HOUR))
    one = [{"code": "posts", "when": "content.published", "count": 1}]
    factories.quest({"steps": one}, now=NOON, since=NOON - 2 * HOUR)

    happen(post("b", NOON - HOUR, "bo"))
    assert {(row.member.ref, row.version.number, row.state) for row in QuestRun.objects.all()} == {
        ("ada", 1, "open"),
        ("bo", 2, "completed"),
    }
    happen(post("c", NOON - HOUR))

    assert set(QuestRun.objects.values_list("state", flat=True)) == {"completed"}
    assert sorted(Quest.objects.get().versions.values_list("number", "state")) == [(1, "replaced"), (2, "live")]


def test_paused_nobody_begins_and_ended_nobody_goes_on(ada):
    factories.MemberFactory(ref="bo")
    version = factories.quest({}, now=NOON - DAY)
    happen(post("a", NOON - 5 * HOUR))
    publishing.pause_quest(version=version, now=NOON - 4 * HOUR)
    happen(post("b", NOON - 3 * HOUR, "bo"))
    assert [row.member.ref for row in QuestRun.objects.all()] == ["ada"]

    publishing.end_quest(version=version, now=NOON - 2 * HOUR)
    happen(post("c", NOON - HOUR))
    assert run().progress["posts"]["n"] == 1
    assert closing.close_runs(now=NOON) == 1
    happen(post("late", NOON - 3 * HOUR))

    assert (run().state, told("expired", "completed")[0][0]) == ("completed", "expired")
    with pytest.raises(publishing.CannotStart):
        publishing.resume_quest(version=version, now=NOON)


def test_by_choice_it_begins_once_and_only_then_counts(ada):
    factories.quest({"begins": "by_choice"}, now=NOON)
    happen(post("a", NOON - HOUR))
    assert not QuestRun.objects.exists()

    made = [begin_quest(member=ada, code="writer", now=NOON) for _ in range(2)]
    happen(post("earlier", NOON - HOUR), post("b", NOON), post("c", NOON))

    assert ([is_new for _, is_new in made], run().state) == ([True, False], "completed")
    with pytest.raises(CannotBegin, match="no such quest"):
        begin_quest(member=ada, code="nothing", now=NOON)


def test_a_batch_asks_nothing_for_types_that_no_quest_names_and_the_same_for_one_and_for_four(ada):
    factories.EventTypeFactory(code="hello", schema={})

    def asked(*items):
        factories.report(*items, now=NOON)
        with CaptureQueriesContext(connection) as made:
            factories.judge()
        return [each["sql"] for each in made if "quest" in each["sql"].lower()], len(made)

    factories.quest({"steps": [{"code": "p", "when": "content.published", "count": 50}]}, now=NOON)
    happen(post("warm", NOON))
    assert asked(item("h", "ada", type="hello", time=NOON.isoformat()))[0] == []
    for ref in ("bo", "cy", "di"):
        factories.MemberFactory(ref=ref)
    _, one = asked(post("a", NOON))
    asked(post("b", NOON, "bo"))
    _, four = asked(*(post(f"x{n}", NOON, ref) for n, ref in enumerate(("ada", "bo", "bo", "ada"))))

    assert one == four
