"""The pages say what the code does: links lead somewhere, examples hold, and nothing that has a name is left out."""

from __future__ import annotations

import ast
import re
import zoneinfo
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.utils import timezone

from incentives.domain import publishing
from incentives.domain.catalogues import member_fields
from incentives.domain.program import apply_program
from incentives.domain.rules.checking import fact_from
from members.domain import language
from members.domain.counters.compiled import fields_of
from members.domain.events.schemas import parse_schema
from members.domain.language import Field, LanguageError

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
RULES = ROOT / "docs" / "rules.md"

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def fenced(page: Path, word: str) -> list[str]:
    """The fenced blocks of a page that are marked with this word."""
    return [body for mark, body in _FENCE.findall(page.read_text(encoding="utf-8")) if mark == word]


# Links


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
            if not re.match(r"[a-z]+:", target):
                yield page, target


def anchors_of(page: Path) -> set[str]:
    """The anchors that a repository browser makes of headings: lower case, hyphens for spaces, no other signs."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("page", "target"), list(links()), ids=lambda x: x if isinstance(x, str) else x.name)
def test_a_link_leads_to_a_file_and_its_anchor_to_a_heading(page, target):
    path, _, anchor = target.partition("#")

    found = (page.parent / path).resolve() if path else page

    assert found.exists(), f"{page.name} points to {target}, which is not there"
    assert not anchor or anchor in anchors_of(found), f"{path or page.name} has no heading for #{anchor}"


def test_every_decision_stands_in_the_index():
    folder = ROOT / "docs" / "adr"
    pages = {page.name for page in folder.glob("[0-9]*.md")}

    assert pages == set(re.findall(r"\((\d{4}-[a-z0-9-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert all(re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", name) for name in pages)


# Rules and expressions


def rules() -> list[dict[str, Any]]:
    found = [yaml.safe_load(text) for page in (RULES, ROOT / "README.md") for text in fenced(page, "yaml")]
    return [document for document in found if isinstance(document, dict) and "when" in document]


@pytest.mark.django_db
@pytest.mark.parametrize("document", rules(), ids=lambda document: document["code"])
def test_an_example_rule_holds_in_the_community_programme(document):
    apply_program(folder=ROOT / "docs" / "examples" / "community", now=timezone.now())

    report = publishing.check_document(document)

    assert [f"{finding.pointer}: {finding}" for finding in report.findings] == []


class World:
    """What the expressions of the page may read, as the page itself says in its block with `facts:`."""

    def __init__(self) -> None:
        (told,) = [yaml.safe_load(text) for text in fenced(RULES, "yaml") if text.startswith("facts:")]
        data = parse_schema("example", told["schema"])
        fields: dict[str, Field] = {**fields_of(data), **member_fields(("none", *told["tiers"]))}
        fields["counters.posts"] = Field(type=language.INT, min=0, max=10**12)
        fields["counters.spent"] = Field(type=language.DECIMAL)
        # Every fact stands at a place of its own in one tuple; a counter's highest value before is one place on.
        self.facts: list[Any] = []
        self.schema = {path: self._placed(path, field, told["facts"]) for path, field in fields.items()}
        self.tables = {
            code: {key: Decimal(str(value)) for key, value in rows.items()} for code, rows in told["tables"].items()
        }
        self.zone = zoneinfo.ZoneInfo(told["zone"])

    def _placed(self, path: str, field: Field, facts: dict[str, Any]) -> Field:
        place = len(self.facts)
        raw, before = facts.get(path), facts.get(f"{path}.before")
        value = None if raw is None else fact_from(raw, field)
        self.facts += [tuple(value) if isinstance(value, list) else value, before]
        return Field(
            type=field.type, enum=field.enum, optional=field.optional, min=field.min, max=field.max,
            access=("now", 0) if path == "now" else ("event", place),
            peak_access=("event", place + 1) if path.startswith("counters.") else None,
        )  # fmt: skip

    def value(self, text: str) -> Any:
        checked = language.check(text, self.schema, self.tables)
        return language.compile_expression(checked)(tuple(self.facts), None, None, self.now, self.zone)

    @property
    def now(self) -> datetime:
        place = list(self.schema).index("now")
        found: datetime = self.facts[2 * place]
        return found


WORLD = World()
EXPRESSIONS = [line for text in fenced(RULES, "cel") for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("line", EXPRESSIONS)
def test_an_example_expression_comes_to_the_value_beside_it(line):
    text, _, expected = line.partition("# => ")

    found = WORLD.value(text)

    if expected:
        wanted = WORLD.value(expected)
        assert (type(found), found) == (type(wanted), wanted)


@pytest.mark.parametrize(
    ("text", "code"), re.findall(r"^\| `([^`]+)` \| `([a-z_]+)` \|", text_of("docs/rules.md"), re.MULTILINE)
)
def test_an_example_of_a_mistake_is_refused_for_the_reason_beside_it(text, code):
    with pytest.raises(LanguageError) as caught:
        WORLD.value(text.replace("\\|", "|"))

    assert [message.code for message in caught.value.messages][:1] == [code]


# Nothing is left out


def constants(folder: str, name: str, place: int, keyword: str, default: str = "") -> set[str]:
    """Texts handed to calls of `name` in a folder, at a place or by keyword."""
    found = set()
    for path in (ROOT / folder).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", getattr(node.func, "attr", "")) != name:
                continue
            given: list[ast.expr] = node.args[place : place + 1]
            given += [each.value for each in node.keywords if each.arg == keyword]
            found |= {each.value for each in given if isinstance(each, ast.Constant)} or {default}
    return found - {""}


def test_every_environment_variable_stands_in_operations():
    page = text_of("docs/operations.md")
    read = {
        name
        for path in (ROOT / "config").rglob("*.py")
        for name in re.findall(r'env(?:iron)?\.(?!setdefault)\w+\(\s*"([A-Z_]+)"', path.read_text(encoding="utf-8"))
    }

    assert {"DATABASE_URL", "PORT"} <= read
    assert {name for name in read if f"`{name}`" not in page} == set()


def test_every_bound_of_the_pipeline_is_explained():
    pages = text_of("docs/pipeline.md") + text_of("docs/operations.md")
    section = text_of("config/settings.py").partition("# Bounds of the pipeline")[2].partition("\nLOGGING")[0]
    bounds = re.findall(r"^([A-Z_]+) =", section, re.MULTILINE)

    assert "BATCH_SIZE_MAX" in bounds
    assert [name for name in bounds if f"`{name}`" not in pages] == []


def test_every_rejection_code_stands_in_events():
    folder = "members/domain/events"
    codes = constants(folder, "Refused", 0, "code") | constants(folder, "Result", 99, "code")
    codes |= constants(folder, "BadData", 2, "code", default="invalid")
    page = text_of("docs/events.md")

    assert {"unknown_member", "repeated_key", "conflict"} <= codes
    assert {code for code in codes if f"`{code}`" not in page} == set()


def test_every_finding_code_stands_in_rules():
    codes = constants("incentives/domain/rules", "Finding", 99, "code")
    for name in ("refuse", "tell", "warn"):
        codes |= constants("members/domain/language", name, 0, "code")
    page = text_of("docs/rules.md")

    assert {"unguarded", "unbounded", "unknown_limit", "too_deep"} <= codes
    assert {code for code in codes if f"`{code}`" not in page} == set()


def test_every_problem_type_stands_in_the_api_page():
    kinds = {"invalid"}
    for folder in ("incentives/api", "members/api"):
        kinds |= constants(folder, "Problem", 99, "kind")
    page = text_of("docs/api.md")

    assert {"malformed", "idempotency_key_reused"} <= kinds
    assert {kind for kind in kinds if f"`{kind}`" not in page} == set()
