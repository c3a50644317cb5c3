"""Words in the language of whoever reads them."""

from __future__ import annotations

import pytest

from members.domain.texts import text_in


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (None, "fallback"),
        ("", "fallback"),
        ("plain", "plain"),
        ({"de": "Hallo", "en": "Hello"}, "Hallo"),
        ({"en": "Hello", "zh-hans": "你好"}, "Hello"),
        ({"zh-hans": "你好"}, "你好"),
        ({"en": "", "zh-hans": "你好"}, "你好"),
        ({"en": ""}, "fallback"),
        ({}, "fallback"),
    ],
)
def test_words_are_picked_by_language_then_in_english_then_any(texts, expected):
    assert text_in(texts, "de", "fallback") == expected
