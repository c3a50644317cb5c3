from __future__ import annotations

from decimal import Decimal

import pytest

from incentives.domain.rules.tables import BadTable, read_table


def test_numbers_and_their_texts_are_read_exactly():
    rows = read_table({"gold": "1.50", "silver": 1, "*": "-0.000000000001"})

    assert rows == {"gold": Decimal("1.50"), "silver": Decimal(1), "*": Decimal("-0.000000000001")}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ({}, "maps keys to numbers"),
        ([], "maps keys to numbers"),
        ({"gold": "NaN"}, "gold: 'NaN' is no number"),
        ({"gold": "1e400"}, "gold: a number lies within"),
        ({"gold": "much"}, "gold: 'much' is no number"),
        ({"gold": True}, "gold: True is no number"),
        ({"gold": "0.0000000000001"}, "at most 12 decimals"),
        ({"": 1}, "a key is a text"),
        ({"\x00": 1}, "a key is a text"),
        ({str(n): n for n in range(2_001)}, "at most 2000 rows"),
    ],
)
def test_a_table_that_no_rule_could_look_into_is_refused(rows, sentence):
    with pytest.raises(BadTable, match=sentence):
        read_table(rows)
