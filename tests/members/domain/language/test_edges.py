"""The far ends: years that do not exist, numbers that do not fit, trees shown as JSON, and how much is tested."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from members.domain import language
from members.domain.language import arithmetic, functions
from members.domain.language.schema import Field
from tests.members.domain.language.strategies import NOW, SCHEMA, TABLES, vector
from tests.members.domain.language.test_conformance import FACTS

COVERED_MIN = 95


@pytest.mark.parametrize(
    ("_case", "moment", "length", "expected"),
    [
        ("beyond_the_last_year", datetime(9999, 6, 1, tzinfo=UTC), timedelta(days=36_500), functions.LATEST),
        ("beyond_what_python_counts", NOW, timedelta(days=9_000_000), functions.LATEST),
        ("before_the_first_year", datetime(1, 6, 1, tzinfo=UTC), timedelta(days=-365), functions.EARLIEST),
        ("before_what_python_counts", NOW, timedelta(days=-9_000_000), functions.EARLIEST),
    ],
)
def test_a_moment_stays_within_the_years_that_exist(_case, moment, length, expected):
    assert functions.moment_plus(moment, length) == expected
    assert functions.moment_minus(moment, -length) == expected


def test_lengths_of_time_saturate():
    assert functions.durations_plus(functions.DURATION_LARGEST, timedelta(1)) == functions.DURATION_LARGEST
    assert functions.durations_minus(-functions.DURATION_LARGEST, timedelta(1)) == -functions.DURATION_LARGEST


@pytest.mark.parametrize("hours", [-14, 14])
@pytest.mark.parametrize("moment", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_a_calendar_getter_at_the_end_of_time_answers_all_the_same(moment, hours):
    checked = language.check("event.t.getDate()", SCHEMA)
    zone = timezone(timedelta(hours=hours))

    found = language.compile_expression(checked)(vector({**FACTS, "event.t": moment}), None, None, NOW, zone)

    assert 1 <= found <= 31
    assert language.explain(checked, {"event.t": moment}.get, zone, lambda _: 0).result == found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1e30", 10**18),
        ("-1e30", -(10**18)),
        ("0.00000000000049", 0),
        ("0.0000000000005", 0),
        ("0.0000000000015", "2e-12"),
    ],
)
def test_a_number_is_rounded_to_twelve_places_and_kept_within_eighteen_digits(value, expected):
    with language.exact():
        assert arithmetic.settled(Decimal(value)) == Decimal(expected)


def test_what_was_cut_to_eighteen_digits_is_marked_in_the_explanation():
    checked = language.check("event.big * event.big > 1", SCHEMA)

    cut = language.explain(checked, {**FACTS, "event.big": 10**18}.get, UTC, lambda _: 0)
    uncut = language.explain(checked, {**FACTS, "event.big": 2}.get, UTC, lambda _: 0)

    assert (cut.is_cut, uncut.is_cut) == (True, False)


def test_an_explanation_shows_what_each_condition_saw_and_goes_on_where_a_fact_is_missing():
    checked = language.check("has(event.o) && event.o > 3 || event.n > 1", SCHEMA)

    step = language.explain(checked, FACTS.get, UTC, lambda _: 0)

    first, second = step.steps
    assert (step.result, first.result, second.result) == (True, False, True)
    assert [(part.text, part.result, part.read) for part in first.steps] == [
        ("has(event.o)", False, {"event.o": None}),
        ("event.o > 3", None, {"event.o": None}),
    ]
    assert second.read == {"event.n": 7}


def test_a_tree_is_plain_json_with_types_and_places():
    checked = language.check('event.d * 1.5 > 3 && now - event.t > duration("1d")', SCHEMA)

    plain = json.loads(json.dumps(checked.tree.as_json()))

    assert (plain["kind"], plain["type"], plain["span"]) == ("and", "bool", [0, 51])
    product = plain["children"][0]["children"][0]
    assert [child["value"] for child in product["children"]] == ["event.d", "1.5"]
    assert plain["children"][1]["children"][1] == {
        "kind": "literal", "span": [37, 51], "type": "duration", "value": 86_400,
    }  # fmt: skip


def test_the_cost_is_known_before_anything_runs():
    dear = {**SCHEMA, "counters.x": Field(type=language.INT, min=0, max=9, cost=100, access=("event", 9))}

    assert language.check("event.n > 1", SCHEMA).cost == 4
    assert language.check("counters.x > 1 && counters.x < 5", dear).cost == 107


def test_a_number_field_without_bounds_lies_within_eighteen_digits():
    checked = language.check("n", {"n": Field(type=language.INT, access=("event", 0))})

    assert (checked.interval.low, checked.interval.high) == (-(10**18), 10**18)
    assert language.check("event.s", SCHEMA).interval is None


def test_clauses_are_joined_into_one_tree_and_a_lone_one_stays_as_it_is():
    a, b = (language.check(text, SCHEMA).tree for text in ("event.b", "event.n > 1"))

    assert language.conjoined([a], "and") is a
    assert language.canonical(language.conjoined([a, b], "and")) == "event.b && event.n > 1"
    assert language.canonical(language.conjoined([a, b], "or")) == "event.b || event.n > 1"


def test_a_field_may_be_read_by_its_name():
    schema = {"n": Field(type=language.INT, min=0, max=9, access=("event", "words"))}

    compiled = language.compile_expression(language.check("n + 1", schema))

    assert compiled(type("Event", (), {"words": 4})(), None, None, NOW, UTC) == 5


def test_control_characters_and_quotes_survive_the_canonical_text():
    for text in ('"a\\"b"', '"a\\\\b"', '"tab\\tline\\n"', '"\\u007f\\u200b"', "'it\\'s'", '"😀"'):
        tree = language.parse(text)
        assert language.same(language.parse(language.canonical(tree)), tree)


def test_lookup_knows_which_texts_a_default_can_give():
    schema = {
        **SCHEMA,
        "event.oe": Field(type=language.STRING, enum=("red", "green"), optional=True, access=("event", 3)),
    }

    assert language.check('lookup("rates", event.oe ?? "red")', schema, TABLES).type == language.DECIMAL
    short = {"short": {"red": Decimal(1), "green": Decimal(2)}}
    assert language.check('lookup("short", event.oe ?? "red")', schema, short).type == language.DECIMAL
    with pytest.raises(language.LanguageError, match="no row for blue"):
        language.check('lookup("short", event.oe ?? "blue")', {**schema, "event.oe": schema["event.oe"]}, short)
    with pytest.raises(language.LanguageError, match="any other value"):
        language.check('lookup("short", event.oe ?? event.s)', schema, short)


@pytest.mark.slow
def test_the_language_is_tested_on_nearly_every_branch(tmp_path):
    """Measured in a process of its own, without the slow fuzzing, so that it needs nothing from whoever runs it."""
    here = Path(__file__).parent
    report = tmp_path / "coverage.json"
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(here / "test_conformance.py"), str(Path(__file__)),
        "-k", "not nearly_every_branch",
        "--cov=members/domain/language", "--cov-branch", f"--cov-report=json:{report}",
    ]  # fmt: skip
    env = {**os.environ, "COVERAGE_FILE": str(tmp_path / "coverage")}

    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=240)

    assert done.returncode == 0, done.stdout + done.stderr
    totals = json.loads(report.read_text())["totals"]
    branches = 100 * totals["covered_branches"] / totals["num_branches"]
    assert branches >= COVERED_MIN, f"{branches:.1f} % of the branches; see --cov-report=term-missing"
    assert totals["percent_covered"] >= COVERED_MIN
