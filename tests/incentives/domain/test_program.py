"""Configuration as files: what is applied, what is refused, and that a refusal names the place and moves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from django.utils import timezone

from incentives.domain import publishing
from incentives.domain.ledger import operations
from incentives.domain.program import Applied, BadProgram, apply_program
from incentives.models import Currency, RuleVersion, SharedLimit
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


def test_apply_refuses_a_streak_of_months(folder):
    factories.world()
    write(folder, counters={"run": {"of": "content.published", "kind": "streak", "window": "month"}})

    assert refused(folder).startswith("counters.yaml, run: A streak counts days or weeks in a row, not month")
