"""The Chinese catalogue is whole, and what is compiled is what is written."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

FOLDER = Path("config/locale/zh_Hans/LC_MESSAGES")
ENTRY = re.compile(r'^msgid ((?:".*"\n?)+)(?:msgid_plural (?:".*"\n?)+)?msgstr(?:\[0\])? ((?:".*"\n?)+)', re.MULTILINE)


def written() -> dict[str, str]:
    def text(lines: str) -> str:
        return "".join(ast.literal_eval(line) for line in lines.strip().splitlines())

    found = {text(said): text(translated) for said, translated in ENTRY.findall((FOLDER / "django.po").read_text())}
    found.pop("")
    return found


def test_every_sentence_is_translated():
    assert {said for said, translated in written().items() if not translated} == set()
    assert "#, fuzzy" not in (FOLDER / "django.po").read_text()


def test_members_are_addressed_as_friends():
    assert [text for text in written().values() if "您" in text] == []


def test_what_is_compiled_is_what_is_written():
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    def told(said: str) -> str:
        found = compiled.gettext(said)
        if said == "History":
            # Django says it of changes; on the points page it is what a member earned and spent.
            found = compiled.pgettext("of points", said)
        return found if found != said else compiled.ngettext(said, said, 1)

    assert {said: told(said) for said in written()} == written()
