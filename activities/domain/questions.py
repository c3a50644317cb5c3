"""What whoever registers is asked, and whether they answered it.

A question is `{"code": "diet", "names": {"en": "What do you not eat?"}, "kind": "text", "required": true}`; its kind is
`text` (up to 500 characters), `yes_no` (true or false) or `choice`, which has
`"options": [{"code": "vegan", "names": {"en": "Vegan"}}, …]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

TEXT, YES_NO, CHOICE = "text", "yes_no", "choice"
KINDS = (TEXT, YES_NO, CHOICE)
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
QUESTIONS_MAX, OPTIONS_MAX, ANSWER_LENGTH_MAX, WORDS_LENGTH_MAX = 20, 20, 500, 300
KEYS = {"code", "names", "kind", "required", "options"}


class BadQuestions(Exception):
    """Questions that cannot be asked; the message says which and what to write."""


class BadAnswer(Exception):
    """An answer that is missing or of another kind; `code` names the question."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


@dataclass(frozen=True, slots=True)
class Question:
    code: str
    names: Mapping[str, str]
    kind: str
    is_required: bool
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read(document: object) -> tuple[Question, ...]:
    """The questions of an activity as they were written. Raises BadQuestions."""
    if not isinstance(document, list):
        raise BadQuestions(_("Questions are a list."))
    if len(document) > QUESTIONS_MAX:
        raise BadQuestions(_("At most %(most)d questions are asked.") % {"most": QUESTIONS_MAX})
    found = tuple(_question(each, number) for number, each in enumerate(document, start=1))
    codes = [each.code for each in found]
    twice = next((code for code in codes if codes.count(code) > 1), "")
    if twice:
        raise BadQuestions(_("Two questions have the code %(code)s.") % {"code": twice})
    return found


def answered(questions: tuple[Question, ...], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers as they are kept, in the order of the questions. Raises BadAnswer."""
    known = {each.code for each in questions}
    strange = next((code for code in answers if code not in known), "")
    if strange:
        raise BadAnswer(str(strange)[:40], _("There is no question %(code)s.") % {"code": str(strange)[:40]})
    kept = {}
    for question in questions:
        given = answers.get(question.code)
        if given is None or given == "":
            if question.is_required:
                raise BadAnswer(question.code, _("This question needs an answer."))
            continue
        kept[question.code] = _fitting(question, given)
    return kept


def _fitting(question: Question, given: Any) -> Any:
    if question.kind == YES_NO:
        if not isinstance(given, bool):
            raise BadAnswer(question.code, _("Answer with true or false."))
        return given
    if not isinstance(given, str) or "\x00" in given:
        raise BadAnswer(question.code, _("Answer with a text."))
    text = given.strip()
    if question.kind == CHOICE and text not in question.options:
        raise BadAnswer(question.code, _("Choose one of: %(options)s.") % {"options": ", ".join(question.options)})
    if len(text) > ANSWER_LENGTH_MAX:
        raise BadAnswer(question.code, _("Answer in at most %(most)d characters.") % {"most": ANSWER_LENGTH_MAX})
    if question.is_required and not text:
        raise BadAnswer(question.code, _("This question needs an answer."))
    return text


def _question(each: object, number: int) -> Question:
    if not isinstance(each, dict) or not set(each) <= KEYS:
        raise BadQuestions(
            _("Question %(number)d: it has code, names, kind, required and, for a choice, options.")
            % {"number": number}
        )
    code, kind = each.get("code"), each.get("kind", TEXT)
    if not isinstance(code, str) or not CODE.fullmatch(code):
        raise BadQuestions(_("Question %(number)d: its code is a short word of small letters.") % {"number": number})
    if kind not in KINDS:
        raise BadQuestions(
            _("Question %(code)s: its kind is one of %(kinds)s.") % {"code": code, "kinds": ", ".join(KINDS)}
        )
    if not is_words(each.get("names")):
        raise BadQuestions(_('Question %(code)s: write its words by language, such as {"en": "…"}.') % {"code": code})
    if not isinstance(each.get("required", False), bool):
        raise BadQuestions(_("Question %(code)s: required is true or false.") % {"code": code})
    return Question(code, each["names"], kind, each.get("required", False), _options(each, code, kind))


def _options(each: Mapping[str, Any], code: str, kind: str) -> Mapping[str, Mapping[str, str]]:
    options = each.get("options", [])
    if kind != CHOICE:
        if options:
            raise BadQuestions(_("Question %(code)s: only a choice has options.") % {"code": code})
        return {}
    if not isinstance(options, list) or not 2 <= len(options) <= OPTIONS_MAX or not all(map(_is_option, options)):
        raise BadQuestions(
            _('Question %(code)s: give 2 to 20 options, such as {"code": "vegan", "names": {"en": "Vegan"}}.')
            % {"code": code}
        )
    found: dict[str, Mapping[str, str]] = {option["code"]: option["names"] for option in options}
    if len(found) < len(options):
        raise BadQuestions(_("Question %(code)s: two options have the same code.") % {"code": code})
    return found


def _is_option(option: object) -> bool:
    return (
        isinstance(option, dict)
        and set(option) == {"code", "names"}
        and isinstance(option["code"], str)
        and CODE.fullmatch(option["code"]) is not None
        and is_words(option["names"])
    )


def is_words(value: object) -> bool:
    """Whether this is a text by language, with at least one that is not empty."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(name, str) and len(name) <= 16 for name in value)
        and all(isinstance(text, str) and 0 < len(text.strip()) <= WORDS_LENGTH_MAX for text in value.values())
    )
