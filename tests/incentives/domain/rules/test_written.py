"""Findings stand where the writer sees them."""

from __future__ import annotations

import pytest

from incentives.domain.rules.documents import Finding
from incentives.domain.rules.written import NotReadable, differences, place_findings, read_text, write_text

TEXT = """\
code: evening-post
name: {en: An evening post, zh-hans: 晚间文章}
when: content.published
if:
  all:
    - expr: "event.data.wrods >= 50"
    - expr: >
        event.data.words
        >= 5
then:
  - {do: award, currency: pionts, amount: 7}
than: 3
"""


def placed(pointer, span=None, fix="", code="x", text=TEXT):
    (found,) = place_findings(text, [Finding(pointer=pointer, code=code, text="No.", fix=fix, span=span)])
    return found


@pytest.mark.parametrize(
    ("_case", "pointer", "span", "fix", "code", "place"),
    [
        ("in_a_quoted_expression", "/if/all/0/expr", (0, 16), "Did you mean event.data.words?", "x", (6, 14)),
        ("further_in_it", "/if/all/0/expr", (20, 22), "", "x", (6, 34)),
        ("in_a_flow", "/then/0/currency", None, "Did you mean 'points'?", "x", (11, 27)),
        ("a_word_that_is_unknown", "/than", None, "Did you mean then?", "unknown_word", (12, 1)),
        ("folded_text_has_its_line_only", "/if/all/1/expr", (0, 5), "", "x", (7, 7)),
        ("what_is_missing_stands_at_the_top", "/nothing/here", None, "", "x", (1, 1)),
        ("deepest_on_the_way", "/then/9/currency", None, "", "x", (10, 1)),
    ],
)
def test_a_finding_has_its_line_and_column(_case, pointer, span, fix, code, place):
    found = placed(pointer, span, fix, code)

    assert (found.line, found.column) == place


def test_a_mend_replaces_exactly_the_mistake():
    found = placed("/if/all/0/expr", (0, 16), "Did you mean event.data.words?")

    assert (found.before, found.marked, found.after) == ('- expr: "', "event.data.wrods", ' >= 50"')
    assert TEXT[: found.begins] + found.mend + TEXT[found.ends :] == TEXT.replace("wrods", "words")


def test_a_condition_written_as_one_text_is_found_though_its_pointer_goes_deeper():
    text = "if: event.data.wrods >= 50\n"

    found = placed("/if/all/0/expr", (0, 16), text=text)

    assert (found.line, found.column, found.marked) == (1, 5, "event.data.wrods")


@pytest.mark.parametrize(
    ("_case", "text", "place"),
    [
        ("a_bracket_is_open", "code: x\nthen: [1, 2\n", (3, 1)),
        ("a_list", "- a\n", (1, 1)),
        ("nothing", "", (1, 1)),
        ("a_tab", "code:\n\t- x\n", (2, 1)),
    ],
)
def test_what_is_no_yaml_says_where(_case, text, place):
    with pytest.raises(NotReadable) as refused:
        read_text(text)

    assert (refused.value.line, refused.value.column) == place


def test_differences_show_what_changed_with_its_surroundings():
    before, after = write_text({"code": "x", "then": [1, 2]}), write_text({"code": "x", "then": [1, 3]})

    assert differences(before, after) == [(" ", "then:"), (" ", "- 1"), ("-", "- 2"), ("+", "- 3")]
    assert differences(before, before) == []
