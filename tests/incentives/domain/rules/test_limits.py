"""How much of what a rule wants a limit allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incentives.domain.rules import limits
from incentives.domain.rules.limits import Ceiling, Use


def ceiling(times=None, amount=None, *, is_net=False, cuts=False):
    known = dict.fromkeys(Ceiling.__dataclass_fields__)
    return Ceiling(**{**known, "name": "l", "limit_id": 1, "every": "day", "times": times, "amount": amount,
                      "is_net": is_net, "cuts": cuts})  # fmt: skip


@pytest.mark.parametrize(
    ("_case", "limit", "used", "wanted", "allowed"),
    [
        ("no_limit_on_amounts", ceiling(times=1), 0, 500, 500),
        ("within", ceiling(amount=100), 40, 60, 60),
        ("over_is_skipped", ceiling(amount=100), 41, 60, 0),
        ("over_is_cut", ceiling(amount=100, cuts=True), 41, 60, 59),
        ("used_up", ceiling(amount=100, cuts=True), 100, 1, 0),
        ("beyond_used_up", ceiling(amount=100, cuts=True), 130, 1, 0),
        ("taking_always_passes", ceiling(amount=100), 100, -30, -30),
        ("room_made_by_taking", ceiling(amount=100, is_net=True, cuts=True), -20, 150, 120),
    ],
)
def test_a_limit_on_amounts_allows(_case, limit, used, wanted, allowed):
    assert limits.allowance(limit, Use(amount=used), wanted) == allowed


def test_a_limit_on_times_gives_so_many_turns():
    limit, use = ceiling(times=2), Use()
    turns = []
    for _ in range(3):
        turns.append(limits.has_turn(limit, use))
        if turns[-1]:
            limits.record_turn(limit, use)

    assert turns == [True, True, False]
    assert (use.times, use.is_moved) == (2, True)


def test_a_limit_on_amounts_counts_no_turns_and_one_on_times_no_amounts():
    use = Use()
    limits.record_turn(ceiling(amount=5), use)
    limits.record(ceiling(times=5), use, 3)

    assert use == Use()
    assert limits.has_turn(ceiling(amount=5), use)


@pytest.mark.parametrize(("is_net", "left"), [(True, 20), (False, 50)])
def test_what_was_taken_makes_room_in_a_net_limit_only(is_net, left):
    use, limit = Use(), ceiling(amount=100, is_net=is_net)
    limits.record(limit, use, 50)
    limits.record(limit, use, -30)
    limits.record(limit, use, 0)

    assert use.amount == left


@given(st.lists(st.integers(-60, 60)), st.integers(1, 100), st.booleans(), st.booleans())
def test_whatever_is_wanted_no_more_than_the_limit_is_ever_paid(wanted, most, is_net, cuts):
    use, limit, paid = Use(), ceiling(amount=most, is_net=is_net, cuts=cuts), 0
    for amount in wanted:
        allowed = limits.allowance(limit, use, amount)
        assert 0 <= allowed <= amount or (amount <= 0 and allowed == amount)
        limits.record(limit, use, allowed)
        paid += allowed if is_net or allowed > 0 else 0
        assert paid <= most
        assert use.amount == paid
