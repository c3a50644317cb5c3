"""The shell: what the commands say, what they leave behind, and their exit codes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from incentives.models import Currency, RuleInterval, RuleVersion
from members.models import EventType, Source, Work
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


def run(*arguments, code=0):
    """Run a command and return what it said, having seen its exit code."""
    out = StringIO()
    try:
        call_command(*[str(each) for each in arguments], stdout=out)
        found = 0
    except SystemExit as error:
        found = error.code
    assert found == code, out.getvalue()
    return out.getvalue()


# program


FILES = {
    "currencies.yaml": "stars: {names: {en: Stars}, scale: 2}",
    "sources.yaml": "shop: {unknown_members: create}",
    "event_types.yaml": "order.paid: {meaning: A paid order, schema: {total: {type: decimal, min: 0, max: 1000}}}",
    "rules/orders.yaml": "{code: orders, when: order.paid, then: [{do: award, currency: stars, amount: event.data.total}]}",
}


@pytest.fixture
def folder(tmp_path):
    def write(**files):
        for name, text in (FILES | files).items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


def test_program_apply_puts_a_folder_in_place_and_applying_it_again_changes_nothing(folder):
    first, again = (run("program", "apply", folder()) for _ in range(2))

    assert first == "Made 4 changes: currency stars, source shop, event type order.paid, rule orders v1.\n"
    assert again == "Made 0 changes: none.\n"
    assert RuleVersion.objects.get().state == "live"


def test_program_check_says_what_it_would_do_and_does_nothing(folder):
    said = run("program", "check", folder())

    assert said == "Would make 4 changes: currency stars, source shop, event type order.paid, rule orders v1.\n"
    assert not Currency.objects.filter(code="stars").exists()
    assert not Source.objects.filter(code="shop").exists()
    assert not RuleVersion.objects.exists()


def test_program_publishes_a_rule_that_differs_as_the_next_version(folder):
    run("program", "apply", folder())

    said = run(
        "program", "apply", folder(**{"rules/orders.yaml": FILES["rules/orders.yaml"].replace("total}", "total * 2}")})
    )

    assert said == "Made 1 changes: rule orders v2.\n"
    assert list(RuleVersion.objects.order_by("number").values_list("number", "state")) == [(1, "retired"), (2, "live")]


def test_program_backdates_rules_only_when_told_to(folder):
    since = datetime(2020, 1, 1, tzinfo=UTC)

    run("program", "apply", folder(), "--in-force-from", since.isoformat())

    assert RuleInterval.objects.get().in_force_from == since


@pytest.mark.parametrize(
    ("_case", "files", "sentence"),
    [
        ("no_yaml", {"sources.yaml": "a: [1"}, "sources.yaml cannot be read"),
        ("no_mapping", {"sources.yaml": "[1, 2]"}, "sources.yaml must map codes"),
        ("unknown_word", {"sources.yaml": "shop: {unknown_member: create}"}, "sources.yaml, shop: unknown_member"),
        ("unknown_value", {"sources.yaml": "shop: {unknown_members: perhaps}"}, "sources.yaml, shop"),
        ("entry_no_object", {"currencies.yaml": "stars: 5"}, "currencies.yaml, stars"),
        ("schema", {"event_types.yaml": "order.paid: {schema: {total: {type: decimal}}}"}, "event_types.yaml, order.paid"),
        ("our_own_type", {"event_types.yaml": "points.awarded: {meaning: Ours}"}, "event_types.yaml, points.awarded"),
        ("counter_of_nothing", {"counters.yaml": "orders: {of: order.payed, kind: count}"}, "counters.yaml, orders"),
        ("counter_of_a_missing_word", {"counters.yaml": "orders: {kind: count}"}, "counters.yaml, orders"),
        ("currency_beyond_its_check", {"currencies.yaml": "stars: {scale: 9}"}, "currencies.yaml, stars"),
        ("ladder_of_nothing", {"ladders.yaml": "rank: {metric: 'balance:starz'}"}, "ladders.yaml, rank: .*starz"),
        ("ladder_of_another_kind", {"ladders.yaml": "rank: {metric: 'mood:stars'}"}, "ladders.yaml, rank: .*mood:stars"),
        ("tiers_in_a_list", {"ladders.yaml": "rank: {metric: 'balance:stars', tiers: [gold]}"}, "ladders.yaml, rank"),
        ("threshold_in_words", {"ladders.yaml": "rank: {metric: 'balance:stars', tiers: {gold: {threshold: much}}}"},
         "ladders.yaml, rank"),
        ("limit", {"limits.yaml": "daily: {every: day}"}, "limits.yaml, daily"),
        ("rule", {"rules/orders.yaml": "{code: orders, when: order.payed, then: []}"}, "rules/orders.yaml"),
        ("rule_no_object", {"rules/orders.yaml": "5"}, "rules/orders.yaml"),
        ("rule_broken", {"rules/orders.yaml": FILES["rules/orders.yaml"].replace("stars", "starz")}, "Did you mean 'stars'"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("act", ["check", "apply"])
def test_program_changes_nothing_if_one_file_is_wrong_and_names_it(folder, _case, files, sentence, act):
    with pytest.raises(CommandError, match=sentence):
        run("program", act, folder(**files))

    assert not Currency.objects.filter(code="stars").exists()
    assert not EventType.objects.filter(code="order.paid").exists()
    assert not RuleVersion.objects.exists()


def test_program_needs_a_folder_and_a_zone(tmp_path):
    with pytest.raises(CommandError, match="There is no folder"):
        run("program", "apply", tmp_path / "nothing")
    with pytest.raises(CommandError, match="needs a zone"):
        run("program", "apply", tmp_path, "--in-force-from", "2020-01-01T00:00:00")


def test_the_example_community_is_a_valid_program():
    assert "Would make" in run("program", "check", Path("docs/examples/community"))


# pump


def test_pump_judges_everything_that_waits_and_says_how_much():
    factories.world()
    factories.MemberFactory(ref="ada")
    factories.rule({"then": [award(5)]})
    factories.report(*(item(f"e{n}", "ada") for n in range(5)))

    first, again = (run("pump", "--quiet", "--batch-size", "2") for _ in range(2))

    assert first.startswith("Judged 5 events in ")
    assert "in 1 batches" not in first
    assert again.startswith("Judged 0 events in 0 batches")
    assert not Work.objects.exists()


# verify_ledger


@pytest.fixture
def paid():
    factories.world()
    factories.MemberFactory(ref="ada")
    factories.rule({"then": [award(5)]})
    factories.report(item("e1", "ada"))
    factories.judge()


def test_verify_ledger_proves_twelve_invariants_of_good_books(paid):
    said = json.loads(run("verify_ledger", "--json"))

    assert said["ledger"] == "ok"
    assert [(each["invariant"], each["wrong"]) for each in said["invariants"]] == [(n, None) for n in range(1, 13)]
    assert run("verify_ledger").count("ok   ") == 12


def test_verify_ledger_names_a_missing_guard_and_fails(paid):
    drop = "DROP TRIGGER {} ON incentives_entry" if connection.vendor == "postgresql" else "DROP TRIGGER {}"
    with connection.cursor() as cursor:
        cursor.execute(drop.format(guard_of("incentives_entry")))

    said = json.loads(run("verify_ledger", "--json", code=1))

    assert said["ledger"] == "wrong"
    wrong = [each for each in said["invariants"] if each["wrong"]]
    assert [each["invariant"] for each in wrong] == [1]
    assert "missing" in wrong[0]["wrong"]
    assert run("verify_ledger", code=1).count("WRONG") == 1


def test_verify_ledger_names_the_first_row_that_points_nowhere_and_fails(paid):
    from incentives.models import Journal
    from members.models import Event

    event_id = Journal.objects.values_list("event_id", flat=True)[0]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM members_event WHERE id = %s", [event_id])
    assert not Event.objects.filter(pk=event_id).exists()

    said = json.loads(run("verify_ledger", "--json", code=1))

    assert [(each["invariant"], each["wrong"]) for each in said["invariants"] if each["wrong"]] == [
        (12, f"incentives_journal.event_id {event_id}")
    ]


def guard_of(table):
    """The name of one guard trigger of a table."""
    query = (
        "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal AND relname = %s"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [table])
        return cursor.fetchone()[0]
