"""A shared limit or a table that may pay members less waits for its days of notice, as a rule's own words do."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from incentives.domain import notice, publishing
from incentives.domain.earnings import ways_to_earn
from incentives.domain.engine import rulebook
from incentives.domain.ledger.verify import verify
from incentives.domain.program.applying import apply_program
from incentives.domain.program.words import BadProgram
from incentives.domain.quests.publishing import end_quest
from incentives.domain.sharing import BreaksRule, is_in_use, put_shared
from incentives.domain.traces import trace_of
from incentives.models import LookupTable, RuleNotice, RuleVersion, SharedLimit
from incentives.tasks import carry_out_notices
from members.models import Event, EventType, Member
from tests import factories
from tests.factories import award, item
from tests.flows.test_notice import DAYS, FRAUD, balance, draft, live, paid

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
SCHEMA = factories.POST_SCHEMA | {"topic": {"type": "string", "max_length": 32, "optional": True}}
POT = {"every": "day", "amount": 100, "currency": "points", "over": "cut"}
WORTH = {"guides": "20", "*": "10"}
BY_TOPIC = {"then": [award('lookup("worth", event.data.topic ?? "")')]}


@pytest.fixture(autouse=True)
def _world(time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    factories.world()
    EventType.objects.filter(code="content.published").update(schema=SCHEMA)
    factories.MemberFactory(ref="ada", joined_at=timezone.now() - timedelta(days=90))
    SharedLimit.objects.create(code="pot", document=POT)
    LookupTable.objects.create(code="worth", rows=WORTH)
    yield
    assert [proof for proof in verify() if not proof.holds] == []


def put_limit(amount, **more):
    thing = SharedLimit.objects.get(code="pot")
    return put_shared(thing=thing, words={**POT, "amount": amount}, now=timezone.now(), **more)


def put_table(now=None, **rows):
    thing = LookupTable.objects.get(code="worth")
    return put_shared(thing=thing, words={**WORTH, **rows}, now=now or timezone.now())


def coming():
    found = RuleNotice.objects.coming(timezone.now()).order_by("rule__code")
    return list(found.values_list("rule__code", "shared", "why"))


def test_a_tighter_shared_limit_waits_for_every_rule_that_draws_on_it(time_machine):
    start = timezone.now()
    live(30, limits=["pot"])
    live(30, code="guide", limits=["pot"])
    live(30, code="alone")

    told = put_limit(40)

    assert (told.takes_effect_at, told.why) == (start + DAYS, ("The limit shared pot may be tighter.",))
    assert coming() == [(code, "limit pot", list(told.why)) for code in ("guide", "post")]
    time_machine.move_to(start + DAYS - SECOND, tick=False)
    before = paid()
    time_machine.move_to(start + DAYS + timedelta(days=1), tick=False)
    assert (before, paid(), coming()) == (90, 70, [])


def test_an_event_from_before_the_day_is_judged_and_explained_by_what_held_then(time_machine):
    start = timezone.now()
    live(**BY_TOPIC, **{"if": 'event.data.words >= lookup("worth", event.data.topic ?? "") * 100'})
    put_table(guides="4")

    time_machine.move_to(start + DAYS, tick=False)
    data = {"content_id": "c1", "words": 500, "topic": "guides"}
    for name, moment in (("late", start + DAYS - SECOND), ("after", start + DAYS)):
        factories.report(item(name, "ada", time=moment.isoformat(), data=data))
    while factories.judge().events:
        pass

    assert balance() == 4
    reported = Event.objects.filter(source__code="app").order_by("occurred_at").values_list("pk", flat=True)
    told = [trace_of(pk).rules[0] for pk in reported]
    assert [(rule.matched, rule.clauses[0].passed) for rule in told] == [(False, False), (True, True)]


def test_more_holds_at_once_and_takes_the_place_of_what_was_announced():
    live(**BY_TOPIC, limits=["pot"])
    put_table(guides="4")
    put_limit(50)

    assert (put_table(guides="21"), put_limit(100)) == (None, None)

    assert (coming(), RuleNotice.objects.filter(withdrawn_at__isnull=False).count()) == ([], 2)
    kept = [LookupTable.objects.get(), SharedLimit.objects.get()]
    assert [(each.before, each.until) for each in kept] == [(None, None)] * 2


def test_saving_the_same_words_again_neither_restarts_nor_ends_the_notice(time_machine):
    start = timezone.now()
    live(**BY_TOPIC)
    put_table(guides="4")
    time_machine.move_to(start + timedelta(days=3), tick=False)

    put_table(guides="4")

    assert LookupTable.objects.get().until == start + DAYS
    assert list(RuleNotice.objects.values_list("takes_effect_at", "withdrawn_at")) == [(start + DAYS, None)]


def test_another_cut_meanwhile_waits_from_its_own_day_beside_what_is_in_force(time_machine):
    start = timezone.now()
    live(**BY_TOPIC)
    put_table(guides="15")
    time_machine.move_to(start + timedelta(days=3), tick=False)

    put_table(guides="18")

    held = LookupTable.objects.get()
    assert (held.before["guides"], held.rows["guides"], held.until) == ("20", "18", timezone.now() + DAYS)
    assert len(coming()) == 1


def test_an_emergency_is_written_down_with_each_rule_and_holds_at_once():
    live(30, limits=["pot"])
    put_limit(50)

    assert put_limit(50, without_notice=FRAUD) is None

    kept = RuleNotice.objects.get(withdrawn_at__isnull=True)
    assert (kept.emergency, kept.reason, kept.shared, kept.of) == ("fraud", FRAUD.reason, "limit pot", "share")
    assert (paid(), paid(), SharedLimit.objects.get().until) == (30, 20, None)
    for words in ({"shared": ""}, {"of": "next"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RuleNotice.objects.update(**words)
    for model in (SharedLimit, LookupTable):
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.update(until=timezone.now())


@pytest.mark.parametrize(
    ("document", "rows", "waits"),
    [
        (BY_TOPIC, {"guides": "21"}, False),
        (BY_TOPIC, {"*": "9"}, True),
        (BY_TOPIC, {"news": "9"}, True),
        (BY_TOPIC, {"news": "11"}, False),
        ({"then": [award('floor(lookup("worth", event.data.topic ?? "") * 2)')]}, {"guides": "21"}, False),
        ({"then": [award('100 - lookup("worth", event.data.topic ?? "")')]}, {"guides": "21"}, True),
        ({"if": 'event.data.words >= lookup("worth", event.data.topic ?? "")'}, {"guides": "21"}, True),
        ({"if": 'event.data.words >= lookup("worth", event.data.topic ?? "")'}, {"guides": "19"}, False),
        ({**BY_TOPIC, "limits": [{**POT, "over": "skip"}]}, {"guides": "21"}, True),
        ({**BY_TOPIC, "visibility": "hidden"}, {"guides": "1"}, False),
    ],
    ids=["more", "less for others", "a row below", "a row above", "rising", "taken off", "a bar", "a lower bar",
         "all or nothing", "hidden"],
)  # fmt: skip
def test_whether_a_row_is_less_depends_on_what_the_rule_makes_of_it(document, rows, waits):
    live(**{"then": [award(10)], **document})

    assert (put_table(**rows) is not None) is waits
    assert bool(coming()) is waits


def test_nobody_relies_on_what_rests_or_names_nothing_of_it():
    version = live(30, limits=["pot"])
    publishing.pause_rule(version=version, now=timezone.now(), without_notice=FRAUD)

    assert put_limit(1) is None
    assert is_in_use(SharedLimit.objects.get(), now=timezone.now())
    assert not is_in_use(LookupTable.objects.get(), now=timezone.now())


def test_a_table_that_a_quest_asks_stays_while_somebody_is_on_it():
    asked = 'lookup("worth", event.data.topic ?? "") >= 15'
    step = {"code": "posts", "name": {"en": "Guides"}, "when": "content.published", "if": asked}
    version = factories.quest({"code": "guide", "name": {"en": "A guide"}, "steps": [step]})
    thing, start = LookupTable.objects.get(), timezone.now()

    with pytest.raises(BreaksRule, match=r"quest guide v1 would not hold any more"):
        put_shared(thing=thing, words={"guides": "20"}, now=start)
    assert put_table(guides="15") is None
    assert is_in_use(thing, now=start)
    assert not is_in_use(SharedLimit.objects.get(), now=start)
    end_quest(version=version, now=start)
    assert is_in_use(thing, now=start), "what happened before its end is judged for some days yet"
    assert not is_in_use(thing, now=start + 4 * timedelta(days=1))


def test_a_row_that_a_rule_cannot_do_without_stays():
    live(**BY_TOPIC)
    thing = LookupTable.objects.get()

    with pytest.raises(BreaksRule, match="post v1 would not hold any more"):
        put_shared(thing=thing, words={"guides": "20"}, now=timezone.now())

    assert (LookupTable.objects.get().rows, coming()) == (WORTH, [])


def test_a_rule_that_is_broken_already_keeps_nothing_back():
    version = live(**BY_TOPIC)
    LookupTable.objects.update(rows={"guides": "20"})

    assert put_table(**{"*": "1"}) is None
    assert version.state == "live"
    LookupTable.objects.update(rows={"guides": "20"})
    assert publishing.publish_rule(version=draft(1), now=timezone.now()).state == "live"


def test_a_rule_of_its_own_words_is_compared_by_what_holds_until_the_day_too():
    live(**BY_TOPIC)
    put_table(**{"guides": "4", "*": "4"})

    made = publishing.publish_rule(version=draft(6), now=timezone.now())

    # From the day on six would be more than four; until then it is less than ten.
    assert made.state == "announced"
    assert sorted(RuleNotice.objects.coming(timezone.now()).values_list("of", flat=True)) == ["next", "share"]
    assert notice.coming(["post"], now=timezone.now())["post"].of == "next"
    publishing.withdraw(version=made, now=timezone.now())
    assert [shared for _rule, shared, _why in coming()] == ["table worth"]


def test_members_and_apps_hear_of_it_as_of_a_rule(client_of, time_machine):
    start = timezone.now()
    live(**BY_TOPIC, limits=["pot"])
    until = start + timedelta(days=30)
    live(30, code="brief", limits=["pot"], schedule={"until": until.isoformat()})
    put_limit(50)
    time_machine.move_to(start + SECOND, tick=False)
    put_table(guides="4", **{"*": "4"})
    for _twice in range(2):
        carry_out_notices()

    told = Event.objects.filter(type__code="rule.changing", member__ref="ada").count()
    ways = {way.code: way for way in ways_to_earn(Member.objects.get(ref="ada"), now=timezone.now(), language="en")}
    rule = client_of().get("/api/v1/rules/post").json()
    assert told == 3
    # What comes first is told: the limit, which leaves what it pays as it is.
    assert (ways["post"].change.at, ways["post"].change.pays, ways["post"].until) == (start + DAYS, (), None)
    assert ways["post"].pays[0].most == 20
    assert (rule["change"]["of"], rule["change"]["shared"], rule["change"]["version"]) == ("share", "limit pot", 1)

    put_limit(100)
    ways = {way.code: way for way in ways_to_earn(Member.objects.get(ref="ada"), now=timezone.now(), language="en")}
    assert ways["post"].change.pays[0].most == 4
    assert (ways["brief"].change, ways["brief"].until) == (None, until)


def test_the_end_of_a_rule_is_not_the_day_on_which_a_table_changes():
    live(**BY_TOPIC)
    live(code="other", then=[award('100 - lookup("worth", event.data.topic ?? "")')])
    put_table(guides="25")

    ways = {way.code: way for way in ways_to_earn(Member.objects.get(ref="ada"), now=timezone.now(), language="en")}

    assert {code: (way.change is None, way.until) for code, way in ways.items()} == {
        "post": (True, None), "other": (False, None),
    }  # fmt: skip
    spans = rulebook.current().by_code["content.published"].spans
    assert len(spans) == 4


def test_files_say_from_when_a_cut_of_what_is_shared_holds(tmp_path):
    live(**BY_TOPIC, limits=["pot"])
    (tmp_path / "tables.yaml").write_text("worth: {guides: 4, '*': 10}\n")
    (tmp_path / "limits.yaml").write_text("pot: {every: day, amount: 50, currency: points, over: cut}\n")

    applied = apply_program(folder=tmp_path, now=timezone.now())
    again = apply_program(folder=tmp_path, now=timezone.now())

    assert "lookuptable worth (from " in str(applied)
    assert "members may get less: The limit shared pot may be tighter.)" in str(applied)
    assert again.changed == []
    (tmp_path / "tables.yaml").write_text("worth: {guides: 20, '*': 11}\n")
    assert apply_program(folder=tmp_path, now=timezone.now()).changed == ["lookuptable worth"]
    (tmp_path / "tables.yaml").write_text("worth: {guides: 20}\n")
    with pytest.raises(BadProgram, match=r"tables.yaml, worth: post v1 would not hold any more"):
        apply_program(folder=tmp_path, now=timezone.now())


def test_the_desk_says_until_when_it_waits_and_keeps_what_is_in_use(admin_client):
    live(**BY_TOPIC, limits=["pot"])
    table, limit = LookupTable.objects.get(), SharedLimit.objects.get()

    def save(rows, **more):
        given = {"rows": json.dumps(rows), "emergency": "", "why": "", **more}
        answer = admin_client.post(f"/admin/incentives/lookuptable/{table.pk}/change/", given, follow=True)
        table.refresh_from_db()
        return answer.content.decode()

    assert "post v1 would not hold any more" in save({"guides": "4"})
    assert "write what happened" in save({**WORTH, "guides": "4"}, emergency="mistake")
    assert (table.rows, table.until) == (WORTH, None)
    assert "members are told. Effect 1 may give less than before." in save({**WORTH, "guides": "4"}, why="Dear.")
    assert (table.before, table.until > timezone.now()) == (WORTH, True)
    save({**WORTH, "guides": "4"}, emergency="mistake", why="Ten times too many.")

    kept = RuleNotice.objects.get(emergency="mistake")
    assert (table.until, kept.reason, kept.by.is_superuser) == (None, "Ten times too many.", True)
    assert [row.history_change_reason for row in LookupTable.history.all()][:2] == ["Ten times too many.", "Dear."]
    for thing in ("lookuptable", "sharedlimit"):
        pk = table.pk if thing == "lookuptable" else limit.pk
        assert admin_client.post(f"/admin/incentives/{thing}/{pk}/delete/", {"post": "yes"}).status_code == 403
    assert "table worth" in admin_client.get("/admin/incentives/rulenotice/").content.decode()
    RuleVersion.objects.update(state="retired")
    admin_client.post(f"/admin/incentives/sharedlimit/{limit.pk}/delete/", {"post": "yes"})
    assert not SharedLimit.objects.exists()
