"""The Chinese catalogues are whole, and what is compiled is what is written."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import pytest

FOLDERS = [Path(app, "locale/zh_Hans/LC_MESSAGES") for app in ("config", "activities")]
ENTRY = re.compile(r'^msgid ((?:".*"\n?)+)(?:msgid_plural (?:".*"\n?)+)?msgstr(?:\[0\])? ((?:".*"\n?)+)', re.MULTILINE)
MARKS = {"_", "gettext", "gettext_lazy"}
EACH = pytest.mark.parametrize("folder", FOLDERS, ids=[folder.parts[0] for folder in FOLDERS])


def written(folder: Path) -> dict[str, str]:
    def text(lines: str) -> str:
        return "".join(ast.literal_eval(line) for line in lines.strip().splitlines())

    found = {text(said): text(translated) for said, translated in ENTRY.findall((folder / "django.po").read_text())}
    found.pop("")
    return found


def said_in_code() -> set[str]:
    """Every sentence that Python marks for translation."""
    found = set()
    for app in ("activities", "config", "incentives", "members"):
        for path in Path(app).rglob("*.py"):
            if "migrations" not in path.parts:
                found |= {text for node in ast.walk(ast.parse(path.read_text())) if (text := _marked(node))}
    return found


def _marked(node: ast.AST) -> str:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in MARKS:
        return ""
    (said, *_) = node.args
    return said.value if isinstance(said, ast.Constant) else ""


@EACH
def test_every_sentence_is_translated(folder):
    assert {said for said, translated in written(folder).items() if not translated} == set()
    assert "#, fuzzy" not in (folder / "django.po").read_text()


def test_every_sentence_of_the_code_is_written_in_a_catalogue():
    known = {said for folder in FOLDERS for said in written(folder)}

    assert said_in_code() - known == set()


@EACH
def test_members_are_addressed_as_friends(folder):
    assert [text for text in written(folder).values() if "您" in text] == []


@EACH
def test_what_is_compiled_is_what_is_written(folder):
    with (folder / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    def told(said: str) -> str:
        found = compiled.gettext(said)
        if said == "History":
            # Django says it of changes; on the points page it is what a member earned and spent.
            found = compiled.pgettext("of points", said)
        return found if found != said else compiled.ngettext(said, said, 1)

    assert {said: told(said) for said in written(folder)} == written(folder)
