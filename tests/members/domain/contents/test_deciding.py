"""When a content is good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from members.domain.contents.deciding import proof_of
from members.domain.contents.words import read_words
from members.domain.events.schemas import BadSchema, parse_schema

END = datetime(2026, 11, 24, 12, tzinfo=UTC)
IN_TIME, LATE = END - timedelta(microseconds=1), END
FRIEND, STRANGER = True, False

CASES = [
    # Featured; accepted; who appreciated it; in how many ways it is good.
    ("nothing", None, None, [], 0),
    ("featured", IN_TIME, None, [], 1),
    ("featured_a_moment_too_late", LATE, None, [], 0),
    ("accepted", None, IN_TIME, [], 1),
    ("five_of_whom_three_are_strangers", None, None, [STRANGER] * 3 + [FRIEND] * 2, 1),
    ("five_of_whom_two_are_strangers", None, None, [STRANGER] * 2 + [FRIEND] * 3, 0),
    ("four_strangers", None, None, [STRANGER] * 4, 0),
    ("all_three", IN_TIME, IN_TIME, [STRANGER] * 5, 3),
]


@pytest.mark.parametrize(("featured", "accepted", "by", "weight"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_content_is_good_in_one_of_three_ways_within_its_days(featured, accepted, by, weight):
    proof = proof_of(featured_at=featured, accepted_at=accepted, appreciators=by, until=END)

    assert (proof.weight, proof.appreciators) == (weight, len(by))


SCHEMA = parse_schema(
    "content.liked",
    {"id": {"type": "string"}, "who": {"type": "string"}, "n": {"type": "int", "min": 0, "max": 9},
     "maybe": {"type": "string", "optional": True}},
)  # fmt: skip


@pytest.mark.parametrize(
    ("document", "counterpart", "said"),
    [
        ({"step": "likd", "id": "id"}, "", "content.step is one of submitted,"),
        ({"step": "published"}, "", "content.id names the text field"),
        ({"step": "published", "id": "ident"}, "", "'ident', which is no text field"),
        ({"step": "published", "id": "n"}, "", "'n', which is no text field"),
        ({"step": "published", "id": "maybe"}, "", "which may be left out"),
        ({"step": "appreciated", "id": "id"}, "", "say who did it"),
        ({"step": "quality", "id": "id"}, "", "content.step is one of"),
        ({"step": "published", "id": "id", "words": "n"}, "", "content has no 'words'"),
        (["published"], "", "content is an object"),
    ],
)
def test_what_cannot_be_read_of_a_content_is_refused_by_name(document, counterpart, said):
    with pytest.raises(BadSchema, match=said):
        read_words(SCHEMA, document, counterpart)


def test_who_appreciates_is_the_counterpart_unless_told_otherwise():
    words = read_words(SCHEMA, {"step": "appreciated", "id": "id"}, "who")
    event = SCHEMA.decoder.decode(b'{"id": "c1", "who": "bo", "n": 1}')

    assert words is not None
    assert words.read(event) == ("c1", "content", "", "bo")
    assert read_words(SCHEMA, {}) is None
