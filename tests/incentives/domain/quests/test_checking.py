"""What keeps a quest from being started, with its place and its mend."""

from __future__ import annotations

import pytest

from incentives.domain.quests import drafting, publishing
from members.models import EventType, Segment
from tests import factories

pytestmark = pytest.mark.django_db
WHOLE = """\
code: w
begins: {when: member.joined, if: '!member.house'}
window: {within: 24h, until: 2030-01-31}
order: ordered
steps:
  - {code: p, when: content.published, count: 2}
  - {code: c, when: contribution}
"""
STEP = {"code": "post", "when": "content.published"}


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.ladder(bronze=0, silver=10)
    Segment.objects.create(code="founders")


def quest(**changes):
    return {"code": "writer", "steps": [STEP], **changes}


@pytest.mark.parametrize(
    ("_case", "document", "pointer", "words"),
    [
        ("not_an_object", [], "", "A quest is an object"),
        ("unknown_word", quest(repeats="week"), "/repeats", "Did you mean repeat?"),
        ("unknown_word_in_a_step", quest(steps=[{**STEP, "times": 3}]), "/steps/0/times", "There is no times here."),
        ("bad_code", quest(code="My Quest"), "/code", "lower-case"),
        ("no_steps", quest(steps=[]), "/steps", "1 to 20 steps"),
        ("two_alike", quest(steps=[STEP, STEP]), "/steps/1/code", "Name them apart."),
        ("count_zero", quest(steps=[{**STEP, "count": 0}]), "/steps/0/count", "from 1 to 1,000"),
        ("unknown_type", quest(steps=[{**STEP, "when": "content.publishd"}]), "/steps/0/when", "content.published"),
        ("reserved_type", quest(steps=[{**STEP, "when": "effect.assigned"}]), "/steps/0/when", "no event type"),
        ("unknown_beginning", quest(begins={"when": "member.joind"}), "/begins/when", "member.joined"),
        ("begins_how", quest(begins="soon"), "/begins", "soon"),
        ("window_backwards", quest(window={"from": "2026-12-02", "until": "2026-12-01"}), "/window/until", "before"),
        ("window_of_nothing", quest(window={}), "/window", "within, from or until"),
        ("within_in_words", quest(window={"within": "soon"}), "/window/within", "24h"),
        ("no_day", quest(window={"from": "2026-02-30"}), "/window/from", "date"),
        ("step_longer_than_its_quest", quest(window={"within": "1d"}, steps=[{**STEP, "within": "2d"}]), "/steps/0/within", "no more time"),
        ("unknown_segment", quest(audience={"segment": "foundrs"}), "/audience/segment", "founders"),
        ("unknown_tier", quest(audience={"tier": "growth/gold"}), "/audience/tier", "ladder/tier"),
        ("audience_reads_an_event", quest(audience={"if": "event.data.words > 1"}), "/audience/if", "event.data.words"),
        ("condition_of_a_contribution", quest(steps=[{"code": "x", "when": "contribution", "if": "event.data.words > 1"}]), "/steps/0/if", "event.data.words"),
        ("streak_of_no_contribution", quest(steps=[{**STEP, "in_a_row": "weeks"}]), "/steps/0/when", "when: contribution"),
        ("streak_of_days", quest(steps=[{**STEP, "in_a_row": "days"}]), "/steps/0/in_a_row", "days"),
        ("streak_longer_than_its_period", quest(repeat="month", steps=[{"code": "x", "when": "contribution", "in_a_row": "weeks", "count": 5}]), "/steps/0/count", "no 5 whole weeks"),
        ("welcome_without_joining", quest(welcome=True), "/welcome", "begins: {when: member.joined}"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(_case, document, pointer, words):
    report = publishing.check_document(document)

    assert report.quest is None
    assert [(finding.pointer, words in str(finding)) for finding in report.errors] == [(pointer, True)], report.errors


def test_an_expression_is_told_with_its_span_in_the_text():
    text = "code: w\nsteps:\n  - {code: p, when: content.published, if: event.data.wrods > 3}\n"

    opinion = drafting.opinion_of(text)

    finding = next(each for each in opinion.findings if each.is_error)
    assert (finding.line, finding.marked, finding.mend) == (3, "event.data.wrods", "event.data.words")


def test_what_holds_is_said_in_words():
    EventType.objects.filter(code="content.published").update(meaning="A member published a post.")
    opinion = drafting.opinion_of(WHOLE)

    assert opinion.findings == []
    assert dict(opinion.reads) == {
        "Begins": "A member was created (not (house))",
        "Time": "once for each member, within 24h, until the end of 2030-01-31",
        "Steps": "A member published a post × 2 → a contribution",
    }


@pytest.mark.parametrize(
    ("_case", "document", "code"),
    [
        ("endless", quest(), "endless"),
        ("shared_time", quest(window={"within": "7d"}), "shared_time"),
    ],
)
def test_what_is_probably_not_meant_is_warned_of(_case, document, code):
    report = publishing.check_document(document)

    assert report.quest is not None
    assert [finding.code for finding in report.findings] == [code]
