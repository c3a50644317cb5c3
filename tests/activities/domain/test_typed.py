from __future__ import annotations

import pytest

from activities.domain.typed import typed


@pytest.mark.parametrize(
    ("_case", "text", "expected"),
    [
        ("nothing", "", ""),
        ("plain", "L1AB2", "L1AB2"),
        ("small_with_blanks", " l1 ab\t2\n", "L1AB2"),
        ("in_groups", "L1A-B2", "L1AB2"),
        ("full_width", "Ｌ１ａｂ２", "L1AB2"),
        ("blanks_of_full_width", "\u3000L1\u3000AB2", "L1AB2"),
        ("dashes_of_every_kind", "L1－A–B—2", "L1AB2"),
        ("other_letters_stay_others", "L1Ä零", "L1Ä零"),
        ("no_longer_than_is_read", "L1AB2" * 3, "L1AB2L1AB2"),
    ],
)
def test_a_code_is_read_as_it_was_meant(_case, text, expected):
    assert typed(text, length_max=10) == expected
