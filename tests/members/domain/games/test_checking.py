"""How turns of each game are checked."""

from __future__ import annotations

import pytest

from members.domain.games.checking import BadOpening, Table, Verdict, check_opening, check_turn

CHAIN = Table("一心一意", ["意气风发"])
LINE = Table("春眠不觉晓，处处闻……", [], ["啼鸟", "Singing birds!"])


@pytest.mark.parametrize(
    ("_case", "kind", "text", "table", "expected"),
    [
        ("follows", "chain", "发扬光大", CHAIN, Verdict()),
        ("with_spaces_and_a_full_stop", "chain", " 发扬光大。", CHAIN, Verdict()),
        ("follows_not", "chain", "大同小异", CHAIN, Verdict("does_not_follow")),
        (
            "said_before",
            "chain",
            "一心一意",
            Table("意在言外", ["外强中一", "一心一意", "意意意一"]),
            Verdict("said_before"),
        ),
        ("too_short", "chain", "发光", CHAIN, Verdict("not_an_idiom")),
        ("latin", "chain", "word", CHAIN, Verdict("not_an_idiom")),
        ("among_the_words", "chain", "发扬光大", Table("意气风发", [], (), {"发扬光大"}), Verdict()),
        ("not_among_the_words", "chain", "发愤图强", Table("意气风发", [], (), {"发扬光大"}), Verdict("not_known")),
        ("the_line", "line", "啼鸟", LINE, Verdict(ends=True)),
        ("in_another_spelling", "line", "SINGING  birds", LINE, Verdict(ends=True)),
        ("another_line", "line", "花落", LINE, Verdict("not_it")),
        ("nothing", "line", "…", LINE, Verdict("not_it")),
    ],
)
def test_turn(_case, kind, text, table, expected):
    assert check_turn(kind, text, table) == expected


@pytest.mark.parametrize(
    ("_case", "kind", "table"),
    [
        ("no_idiom", "chain", Table("hello", [])),
        ("chain_with_answers", "chain", Table("一心一意", [], ["x"])),
        ("line_without_answers", "line", Table("To be …", [])),
        ("answers_of_nothing", "line", Table("To be …", [], ["…"])),
    ],
)
def test_a_round_that_could_not_be_played_does_not_begin(_case, kind, table):
    with pytest.raises(BadOpening):
        check_opening(kind, table)
