"""What may be asked, and what counts as an answer."""

from __future__ import annotations

import pytest

from activities.domain.questions import BadAnswer, BadQuestions, answered, read

NAMES = {"en": "Words"}


def option(code):
    return {"code": code, "names": NAMES}


@pytest.mark.parametrize(
    ("_case", "document", "sentence"),
    [
        ("no_list", {}, "Questions are a list."),
        ("too_many", [{"code": f"q{n}", "names": NAMES} for n in range(21)], "At most 20"),
        ("no_object", ["diet"], "Question 1: it has code"),
        ("unknown_key", [{"code": "diet", "names": NAMES, "hint": "x"}], "Question 1: it has code"),
        ("bad_code", [{"code": "Diet!", "names": NAMES}], "its code is a short word"),
        ("code_is_no_text", [{"code": 1, "names": NAMES}], "its code is a short word"),
        ("twice", [{"code": "a", "names": NAMES}] * 2, "Two questions have the code a."),
        ("bad_kind", [{"code": "a", "names": NAMES, "kind": "date"}], "one of text, yes_no, choice"),
        ("no_names", [{"code": "a"}], "write its words by language"),
        ("empty_names", [{"code": "a", "names": {"en": " "}}], "write its words by language"),
        ("required_is_a_word", [{"code": "a", "names": NAMES, "required": "yes"}], "required is true or false"),
        (
            "options_without_choice",
            [{"code": "a", "names": NAMES, "options": [option("x")]}],
            "only a choice has options",
        ),
        (
            "options_twice",
            [{"code": "a", "names": NAMES, "kind": "choice", "options": [option("x"), option("x")]}],
            "two options have the same code",
        ),
        ("one_option", [{"code": "a", "names": NAMES, "kind": "choice", "options": [option("x")]}], "give 2 to 20"),
        (
            "options_are_words",
            [{"code": "a", "names": NAMES, "kind": "choice", "options": ["x", "y"]}],
            "give 2 to 20",
        ),
    ],
)
def test_read_refuses_what_cannot_be_asked(_case, document, sentence):
    with pytest.raises(BadQuestions, match=sentence):
        read(document)


QUESTIONS = read(
    [
        {"code": "note", "names": NAMES},
        {"code": "agree", "names": NAMES, "kind": "yes_no", "required": True},
        {"code": "diet", "names": NAMES, "kind": "choice", "options": [option("vegan"), option("any")]},
    ]
)


def test_answered_keeps_answers_in_the_order_of_the_questions():
    assert list(answered(QUESTIONS, {"diet": "any", "agree": False, "note": " x "}).items()) == [
        ("note", "x"), ("agree", False), ("diet", "any"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("_case", "answers", "code", "sentence"),
    [
        ("missing", {}, "agree", "needs an answer"),
        ("unknown", {"agree": True, "size": "L"}, "size", "There is no question size."),
        ("no_bool", {"agree": "yes"}, "agree", "true or false"),
        ("no_text", {"agree": True, "note": 3}, "note", "Answer with a text."),
        ("nul", {"agree": True, "note": "\x00"}, "note", "Answer with a text."),
        ("too_long", {"agree": True, "note": "x" * 501}, "note", "at most 500"),
        ("no_option", {"agree": True, "diet": "meat"}, "diet", "Choose one of: vegan, any"),
    ],
)
def test_answered_names_the_question_and_says_what_to_do(_case, answers, code, sentence):
    with pytest.raises(BadAnswer, match=sentence) as refused:
        answered(QUESTIONS, answers)

    assert refused.value.code == code


def test_a_required_text_is_not_answered_by_blanks():
    with pytest.raises(BadAnswer, match="needs an answer"):
        answered(read([{"code": "why", "names": NAMES, "required": True}]), {"why": "   "})
