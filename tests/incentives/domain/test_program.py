"""Configuration as files: what is applied, what is refused, and that a refusal names the place and moves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from django.utils import timezone

from incentives.domain import publishing
from incentives.domain.ledger import operations
from incentives.domain.program import Applied, BadProgram, apply_program
from incentives.domain.quests import publishing as quests
from incentives.models import Currency, QuestVersion, RuleVersion, SharedLimit
from members.models import Tier
from tests import factories
from tests.factories import award

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "rules").mkdir()
    return tmp_path


def write(folder: Path, **files: object) -> None:
    """Files by name; `rules__post` is rules/post.yaml."""
    for name, content in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")


def apply(folder: Path) -> Applied:
    return apply_program(folder=folder, now=timezone.now())


def refused(folder: Path) -> str:
    """What is said of a folder that cannot be used."""
    with pytest.raises(BadProgram) as caught:
        apply(folder)
    return str(caught.value)


POST = {"code": "post", "when": "content.published", "then": [award(10)]}


# Folders and files


def test_a_folder_that_is_not_there_is_told(folder):
    assert refused(folder / "elsewhere") == f"There is no folder {folder / 'elsewhere'}."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x: [", "badges.yaml cannot be read: while parsing"),
        ("- x", "badges.yaml must map codes to what they stand for."),
        ('"x\\a": {}', "badges.yaml, 'x\\x07': a code has no control characters."),
        ('x: {names: {en: "a\\0"}}', "badges.yaml, x: en may not hold the character NUL; remove it."),
    ],
)
def test_a_file_that_cannot_be_read_is_told(folder, text, said):
    write(folder, badges=text)

    assert refused(folder).startswith(said)


def test_a_rule_that_does_not_check_is_told_with_its_file(folder):
    factories.world()
    write(folder, rules__post={**POST, "when": "content.publishd"})

    assert refused(folder).startswith("rules/post.yaml: post v1 has mistakes: /when: There is no event type")


def test_what_was_done_is_said_in_a_line(folder):
    write(folder, badges={"star": {}}, tables={"rates": {"*": 1.5}})

    assert str(apply(folder)) == "2 changes: badge star, lookuptable rates"
    assert str(apply(folder)) == "0 changes: none"


# Quests and games

QUEST = {"code": "writer", "steps": [{"code": "posts", "when": "content.published", "count": 2}]}


def test_apply_starts_a_quest_whose_words_are_new_and_leaves_an_ended_one_alone(folder):
    factories.world()
    (folder / "quests").mkdir()
    write(folder, quests__writer=QUEST, games={"idioms": {"kind": "chain", "words": ["一心一意"]}})

    assert apply(folder).changed == ["game idioms", "quest writer v1"]
    assert apply(folder).changed == []
    write(folder, quests__writer={**QUEST, "repeat": "month"})
    assert apply(folder).changed == ["quest writer v2"]
    quests.end_quest(version=QuestVersion.objects.get(number=2), now=timezone.now())
    assert apply(folder).changed == []


def test_a_quest_that_does_not_check_is_told_with_its_file_and_a_draft_stands_in_the_way(folder):
    factories.world()
    (folder / "quests").mkdir()
    write(folder, quests__writer={**QUEST, "repeat": "yearly"})
    assert refused(folder).startswith("quests/writer.yaml: /repeat: Invalid enum value 'yearly'")
    quests.save_draft(document={**QUEST, "repeat": "week"})
    write(folder, quests__writer=QUEST)

    assert "quests/writer.yaml: writer v1 is a draft with other words" in refused(folder)


# Rules and drafts


def states() -> dict[str, str]:
    return {str(version): version.state for version in RuleVersion.objects.all()}


def test_apply_publishes_what_differs_and_then_nothing(folder):
    factories.world()
    write(folder, rules__post=POST)

    assert apply(folder).changed == ["rule post v1"]
    assert apply(folder).changed == []
    assert states() == {"post v1": "live"}


def test_apply_leaves_a_draft_alone_where_the_live_version_equals_the_file(folder):
    factories.world()
    write(folder, rules__post=POST)
    apply(folder)
    draft = publishing.save_draft(document={**POST, "then": [award(99)]})

    assert apply(folder).changed == []

    draft.refresh_from_db()
    assert draft.document["then"] == [award(99)]
    assert states() == {"post v1": "live", "post v2": "draft"}


def test_apply_refuses_to_overwrite_a_draft_with_other_words(folder):
    factories.world()
    write(folder, rules__post=POST)
    draft = publishing.save_draft(document={**POST, "then": [award(99)]})

    sentence = refused(folder)

    assert sentence.startswith("rules/post.yaml: post v1 is a draft with other words")
    assert "whoever may change rule versions can publish it" in sentence
    draft.refresh_from_db()
    assert draft.document["then"] == [award(99)]
    assert states() == {"post v1": "draft"}


def test_apply_publishes_a_draft_that_says_what_the_file_says(folder):
    factories.world()
    write(folder, rules__post=POST)
    publishing.save_draft(document=POST)

    assert apply(folder).changed == ["rule post v1"]
    assert states() == {"post v1": "live"}


# Currencies


@pytest.mark.parametrize(("word", "value"), [("scale", 2), ("kind", "qualifying")])
def test_apply_refuses_to_change_what_points_in_the_books_mean(folder, word, value):
    factories.world()
    member, points = factories.MemberFactory(), Currency.objects.get(code="points")
    operations.adjust(member_id=member.pk, currency=points, amount=5, key=b"1" * 32, now=timezone.now(), reason="gift")
    write(folder, currencies={"points": {"scale": 0, "kind": "spendable", "names": {"en": "Coins"}}})
    assert apply(folder).changed == ["currency points"]
    write(folder, currencies={"points": {word: value}})

    sentence = refused(folder)

    assert sentence.startswith(f"currencies.yaml, points: {word} may not change from ")
    assert sentence.endswith("members hold points of this currency already. Make another currency.")
    assert getattr(Currency.objects.get(code="points"), word) == getattr(points, word)


def test_apply_changes_a_currency_that_nobody_holds(folder):
    factories.world()
    write(folder, currencies={"points": {"scale": 2}})

    assert apply(folder).changed == ["currency points"]
    assert Currency.objects.get(code="points").scale == 2


# Limits


def test_apply_refuses_a_shared_limit_of_a_misspelt_currency(folder):
    factories.world()
    write(folder, limits={"daily": {"per": "member", "every": "day", "amount": 5, "currency": "pionts"}})

    assert refused(folder) == "limits.yaml, daily: /currency: There is no currency 'pionts'. Did you mean 'points'?"
    assert not SharedLimit.objects.exists()


# Counters


def test_apply_refuses_to_change_what_a_counter_counts(folder):
    factories.world()
    factories.counter(code="posts", kind="count")
    write(folder, counters={"posts": {"of": "content.published", "kind": "count", "window": "week"}})

    assert (
        refused(folder) == "counters.yaml, posts: what a counter counts never changes; give the new meaning a new code."
    )


def test_apply_refuses_a_streak_of_months(folder):
    factories.world()
    write(folder, counters={"run": {"of": "content.published", "kind": "streak", "window": "month"}})

    assert refused(folder).startswith("counters.yaml, run: A streak counts days or weeks in a row, not month")


# Every part is validated before the database has to


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("currencies", "x: {kind: foo}", "x: kind: 'foo' is none of spendable, qualifying."),
        (
            "currencies",
            "x: {kind: on}",
            'x: kind is a text, and YAML reads a bare on, yes or true as true. Write kind: "on" in quotes.',
        ),
        (
            "currencies",
            "x: {expiry: {kind: on, month: 3, day: 31}}",
            'x: kind is a text, and YAML reads a bare on, yes or true as true. Write kind: "on" in quotes.',
        ),
        ("currencies", "x: {expiry: {kind: after}}", "x: after needs one of days, months or years."),
        ("currencies", "x: {scale: 5}", "x: scale is a whole number from 0 to 4, not 5."),
        ("currencies", "x: {scale: 1.5}", "x: scale is a whole number from 0 to 4, not 1.5."),
        ("currencies", "x: {scale: yes}", "x: scale is a whole number from 0 to 4, not True."),
        (
            "currencies",
            "x: {debt_limit: -1}",
            "x: debt_limit is a whole number from 0 to 1,000,000,000,000,000, not -1.",
        ),
        ("currencies", "x: {debt_limit: }", "x: debt_limit has no value; write one, or leave the word out."),
        (
            "currencies",
            "x: {deduct_floor: many}",
            "x: deduct_floor is a whole number from 0 to 1,000,000,000,000,000, not 'many'.",
        ),
        ("currencies", "x: {is_transferable: sometimes}", "x: is_transferable is true or false, not 'sometimes'."),
        ("currencies", "x: {names: Points}", "x: names are texts by language, such as {en: Points}, not 'Points'."),
        ("currencies", "x: {names: {zh_CN: a}}", "x: names: 'zh_CN' is no language; write it like en or zh-hans."),
        ("currencies", "x: {names: {en: 5}}", 'x: en is a text; write en: "5" in quotes.'),
        ("currencies", "x: {names: {en: ''}}", "x: names: en has 1 to 200 characters."),
        (
            "currencies",
            "x: {knid: spendable}",
            "x: knid is not known here; known are debt_limit, deduct_floor, expiry, is_transferable, kind, names, scale.",
        ),
        ("currencies", "x:", "x: here belong words and values, such as names: …"),
        (
            "currencies",
            "a b: {}",
            "a b: code: Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.",
        ),
        ("currencies", "1: {}", '1: a code is a text; write "1" in quotes.'),
        ("sources", "x: {unknown_members: invent}", "x: unknown_members: 'invent' is none of refuse, create."),
        ("sources", "x: {description: 5}", 'x: description is a text; write description: "5" in quotes.'),
        ("event_types", "x: {contribution: 5}", "x: contribution is true or false, not 5."),
        (
            "event_types",
            "Some Thing: {}",
            "Some Thing: a type is named like content.published: lower-case words joined by dots.",
        ),
        (
            "event_types",
            "points.awarded: {meaning: mine}",
            "points.awarded: points.awarded is one of Laurels' own types.",
        ),
        (
            "event_types",
            f"x: {{meaning: {'long' * 80}}}",
            "x: meaning: Ensure this value has at most 200 characters (it has 320).",
        ),
        (
            "event_types",
            "x: {schema: {a: {type: off}}}",
            'x: a: type is a text, and YAML reads a bare off, no or false as false. Write type: "no" in quotes.',
        ),
        (
            "counters",
            "x: {of: content.publishd, kind: count}",
            "x: there is no event type 'content.publishd'. Did you mean 'content.published'?",
        ),
        ("counters", "x: {kind: count}", "x: of is missing."),
        (
            "counters",
            "x: {of: content.published, kind: tally}",
            "x: kind: 'tally' is none of count, sum, distinct, days, streak.",
        ),
        (
            "counters",
            "x: {of: content.published, kind: sum}",
            "x: Constraint “counter_value_fits_its_kind” is violated.",
        ),
        (
            "counters",
            "x: {of: content.published, kind: count, window: rolling, days: 400}",
            "x: days is a whole number from 1 to 366, not 400.",
        ),
        ("counters", "A-b: {of: content.published, kind: count}", "A-b: code: Enter a valid value."),
        ("badges", "x: {is_repeatable: 2}", "x: is_repeatable is true or false, not 2."),
        (
            "badges",
            "x: {names: {on: y}}",
            'x, names: YAML reads a bare on, yes or true as true. Write "on": in quotes.',
        ),
        ("tables", "x: {yes: 1}", 'x: YAML reads a bare on, yes or true as true. Write "on": in quotes.'),
        ("tables", "x: [1]", 'x: A table maps keys to numbers, such as {"gold": "1.5", "*": "1"}.'),
        ("limits", "x: 5", "x: /: Expected object, got int."),
        ("ladders", "x: {metric: balance:grwth}", "x: metric: there is no currency 'grwth'. Did you mean 'growth'?"),
        (
            "ladders",
            "x: {metric: height}",
            "x: metric is one of balance:…, earned:…, counter:…, content:…, activity:…, such as balance:growth, not 'height'.",
        ),
        (
            "ladders",
            "x: {}",
            "x: metric is one of balance:…, earned:…, counter:…, content:…, activity:…, such as balance:growth, not ''.",
        ),
        (
            "ladders",
            "x: {metric: balance:growth, tiers: [a]}",
            "x: tiers are codes with words, such as gold: {threshold: 1000}.",
        ),
        ("ladders", "x: {metric: balance:growth, tiers: {a: {}}}", "x: tier a: threshold is missing."),
        (
            "ladders",
            "x: {metric: balance:growth, tiers: {a: {threshold: 1.5}}}",
            "x: tier a: threshold is a whole number from -1,000,000,000,000,000 to 1,000,000,000,000,000, not 1.5.",
        ),
        (
            "ladders",
            "x: {metric: balance:growth, tiers: {a: {threshold: 1}, b: {threshold: 1}}}",
            "x: tiers a and b have the same threshold, 1.",
        ),
        (
            "ladders",
            "x: {metric: balance:growth, tiers: {a b: {threshold: 1}}}",
            "x: code: Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.",
        ),
    ],
)
def test_apply_names_the_file_the_code_and_what_is_wrong(folder, file, text, said):
    factories.world()
    write(folder, **{file: text})

    assert refused(folder) == f"{file}.yaml, {said}"


def test_apply_keeps_the_schema_of_a_type_whose_file_does_not_name_it(folder):
    kind = factories.EventTypeFactory()
    write(folder, event_types={kind.code: {"meaning": "A post."}})

    apply(folder)

    kind.refresh_from_db()
    assert (kind.meaning, kind.schema) == ("A post.", factories.POST_SCHEMA)


def test_tiers_may_trade_their_thresholds(folder):
    factories.world()
    factories.ladder(bronze=10, silver=20)
    tiers = {"bronze": {"threshold": 20}, "silver": {"threshold": 10}}
    write(folder, ladders={"growth": {"tiers": tiers}})

    assert apply(folder).changed == ["tier growth/bronze", "tier growth/silver"]
    assert list(Tier.objects.values_list("code", "threshold")) == [("silver", 10), ("bronze", 20)]


def test_a_new_tier_may_not_have_the_threshold_of_one_that_is_there(folder):
    factories.world()
    factories.ladder(bronze=10)
    write(folder, ladders={"growth": {"tiers": {"silver": {"threshold": 10}}}})

    assert refused(folder) == "ladders.yaml, growth: tiers bronze and silver have the same threshold, 10."


@pytest.mark.parametrize("name", ["community", "stackexchange"])
def test_applying_an_example_again_changes_nothing(name):
    folder = Path("docs/examples") / name

    assert apply(folder).changed != []
    assert apply(folder).changed == []
