from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from members.domain.invitations.checks import Newcomer, email_shape, plain_email, suspicions

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def came(email: str, minutes_ago: int = 500) -> Newcomer:
    return Newcomer(email, NOON - timedelta(minutes=minutes_ago))


@pytest.mark.parametrize(
    ("_case", "email", "others", "found"),
    [
        ("somebody_new", "bo@else.example", [], []),
        ("no_address_at_all", "", [came(""), came(""), came("")], []),
        ("the_inviter_again", "ada@x.example", [], ["same_email"]),
        ("the_inviter_with_a_tag_and_dots", "A.d.a+2@x.example", [], ["same_email"]),
        ("two_alike_may_be_chance", "bo3@y.example", [came("bo1@y.example"), came("bo2@y.example")], []),
        ("counted_up", "bo4@y.example", [came(f"bo{n}@y.example") for n in range(3)], ["email_shape"]),
        ("alike_elsewhere", "bo4@y.example", [came(f"bo{n}@z{n}.example") for n in range(3)], []),
        ("four_in_ten_minutes", "e@y.example", [came("", 9) for _ in range(4)], []),
        ("five_in_ten_minutes", "e@y.example", [came("", 9) for _ in range(5)], ["burst"]),
        ("five_in_an_hour", "e@y.example", [came("", 11) for _ in range(5)], []),
    ],
)
def test_a_newcomer_is_stopped_for_a_reason(_case, email, others, found):
    assert suspicions(Newcomer(email, NOON), "ada@x.example", others) == found


def test_addresses_are_compared_without_what_can_be_made_up():
    assert plain_email("A.da+news@X.example") == "ada@x.example"
    assert email_shape("bo12x3@x.example") == "bo#x#@x.example"
    assert email_shape("bo@x.example") == ""
    assert plain_email("no address") == ""
