"""A bare `on` is no text to YAML; whoever wrote it is told so, and how to mend it."""

from __future__ import annotations

import pytest
import yaml

from incentives.domain.rules.documents import BadDocument, read_document, read_limit
from incentives.domain.rules.expiry import BadExpiry, check_expiry
from members.domain.events.schemas import BadSchema, parse_schema

ON = "YAML reads a bare on, yes or true as true."
OFF = "YAML reads a bare off, no or false as false."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code: yes", f'/code: code is a text, and {ON} Write code: "yes" in quotes.'),
        ("name: {en: no}", f'/name: en is a text, and {OFF} Write en: "no" in quotes.'),
        ("if: on", f'/if: if is a text, and {ON} Write if: "yes" in quotes.'),
        ("limits: [off]", f'/limits/0: A text belongs here, and {OFF} Write "no" in quotes.'),
        (
            "then: [{do: award, currency: points, amount: 1, expires: {kind: on, month: 3, day: 31}}]",
            f'/then/0/expires/kind: kind is a text, and {ON} Write kind: "on" in quotes.',
        ),
        ("on: content.published", f'/: {ON} Write "on": in quotes.'),
        ("tests: [{given: {}, expect: {off: 1}}]", f'/tests/0/expect: {OFF} Write "off": in quotes.'),
    ],
)
def test_a_bare_word_in_a_rule_is_told_to_be_quoted(text, said):
    words = {"code": "post", "when": "content.published", "then": [], **yaml.safe_load(text)}

    with pytest.raises(BadDocument) as caught:
        read_document(words)

    assert str(caught.value) == said


def test_what_is_no_text_is_told_otherwise():
    with pytest.raises(BadDocument) as caught:
        read_document({"code": "post", "when": "content.published", "then": [], "priority": True})

    assert str(caught.value) == "/priority: Expected int, got bool."


def test_a_bare_word_in_a_shared_limit_is_told_to_be_quoted():
    with pytest.raises(BadDocument) as caught:
        read_limit(yaml.safe_load("{per: on, every: day, times: 1}"), "daily")

    assert str(caught.value) == f'/per: per is a text, and {ON} Write per: "yes" in quotes.'


def test_a_bare_word_in_an_expiry_is_told_to_be_quoted():
    with pytest.raises(BadExpiry) as caught:
        check_expiry(yaml.safe_load("{kind: on, month: 3, day: 31}"))

    assert str(caught.value) == f'kind is a text, and {ON} Write kind: "on" in quotes.'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{type: on}", f'switch: type is a text, and {ON} Write type: "yes" in quotes.'),
        ("{type: string, enum: [left, off]}", f'switch: A text belongs here, and {OFF} Write "no" in quotes.'),
    ],
)
def test_a_bare_word_in_a_schema_is_told_to_be_quoted(text, said):
    with pytest.raises(BadSchema) as caught:
        parse_schema("light.switched", {"switch": yaml.safe_load(text)})

    assert str(caught.value) == said
