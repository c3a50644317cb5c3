"""Random expressions that hold, and random facts for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from members.domain.language import BOOL, DECIMAL, INT, STRING, TIMESTAMP, Field, ListOf

NOW = datetime(2026, 1, 9, 15, 30, tzinfo=UTC)
SCHEMA = {
    "event.n": Field(type=INT, min=0, max=1000, access=("event", 0)),
    "event.big": Field(type=INT, min=-(10**18), max=10**18, access=("event", 1)),
    "event.d": Field(type=DECIMAL, min=Decimal("-99.5"), max=Decimal(1000), access=("event", 2)),
    "event.s": Field(type=STRING, access=("event", 3)),
    "event.e": Field(type=STRING, enum=("red", "green"), access=("event", 4)),
    "event.b": Field(type=BOOL, access=("event", 5)),
    "event.t": Field(type=TIMESTAMP, access=("event", 6)),
    "event.o": Field(type=INT, min=0, max=10, optional=True, access=("event", 7)),
    "member.l": Field(type=ListOf(STRING), access=("event", 8)),
    "counters.x": Field(type=INT, min=0, max=100, access=("event", 9), peak_access=("event", 10)),
    "now": Field(type=TIMESTAMP, access=("now", 0)),
}
TABLES = {"rates": {"red": Decimal("1.5"), "green": Decimal(2), "*": Decimal("0.25")}}
ORDER = [
    "event.n",
    "event.big",
    "event.d",
    "event.s",
    "event.e",
    "event.b",
    "event.t",
    "event.o",
    "member.l",
    "counters.x",
]

facts = st.fixed_dictionaries(
    {
        "event.n": st.integers(0, 1000),
        "event.big": st.integers(-(10**18), 10**18),
        "event.d": st.decimals(Decimal("-99.5"), Decimal(1000), places=4),
        "event.s": st.sampled_from(["", "a", "ab", 'x"y', "é\\", "Red"]),
        "event.e": st.sampled_from(["red", "green"]),
        "event.b": st.booleans(),
        "event.t": st.integers(-10_000, 10_000).map(lambda hours: NOW - timedelta(hours=hours)),
        "event.o": st.none() | st.integers(0, 10),
        "member.l": st.lists(st.sampled_from(["a", "ab", "z"]), max_size=3),
        "counters.x": st.integers(0, 100),
        "now": st.just(NOW),
    }
)


def vector(given):
    peak = max(0, given["counters.x"] - 1)
    return [given[name] for name in ORDER] + [peak]


def _numbers(inner):
    number, boolean = inner
    return st.one_of(
        st.tuples(number, st.sampled_from("+-*"), number).map(lambda x: f"({x[0]} {x[1]} {x[2]})"),
        st.tuples(number, st.sampled_from(["2", "7", "0.3", "-4"])).map(lambda x: f"({x[0]} / {x[1].lstrip('-')})"),
        st.tuples(number, st.sampled_from(["2", "7", "0.5"])).map(lambda x: f"({x[0]} % {x[1]})"),
        st.tuples(boolean, number, number).map(lambda x: f"({x[0]} ? {x[1]} : {x[2]})"),
        st.tuples(st.sampled_from(["floor", "ceil", "round"]), number).map(lambda x: f"{x[0]}({x[1]})"),
        st.tuples(st.sampled_from(["min", "max"]), number, number).map(lambda x: f"{x[0]}({x[1]}, {x[2]})"),
        st.tuples(number, number, number).map(lambda x: f"clamp({x[0]}, {x[1]}, {x[2]})"),
        st.tuples(number, number, number).map(lambda x: f"div({x[0]}, {x[1]}, {x[2]})"),
        number.map(lambda x: f"-({x})"),
    )


def _expressions(depth: int):
    number = st.one_of(
        st.integers(0, 10**6).map(str),
        st.sampled_from(["0.5", "1.25", "999999999999999999", "event.n", "event.big", "event.d", "(event.o ?? 3)"]),
        st.sampled_from(["size(member.l)", "size(event.s)", 'lookup("rates", event.e)', 'lookup("rates", event.s)']),
        st.sampled_from(["now.getHours()", "event.t.getDayOfWeek()", "event.t.getMonth()", "counters.x"]),
    )
    text = st.sampled_from(['"a"', '"x\\"y"', "event.s", "event.s.lower()"])
    span = st.sampled_from(['duration("1h")', "(now - event.t)", '(duration("36500d") + (now - event.t))'])
    boolean = st.one_of(
        st.sampled_from(["event.b", "true", "has(event.o)", "(has(event.o) && event.o > 3)", "crossed(counters.x, 7)"]),
        st.sampled_from(['event.e == "red"', 'event.e in ["red"]', '"a" in member.l', "event.s in member.l"]),
        st.sampled_from(['event.s.contains("a")', 'event.s.startsWith("a")', 'now + duration("36500d") > event.t']),
        st.tuples(text, st.sampled_from(["==", "!=", "<"]), text).map(lambda x: f"{x[0]} {x[1]} {x[2]}"),
        st.tuples(span, st.sampled_from(["<", ">="]), span).map(lambda x: f"({x[0]} {x[1]} {x[2]})"),
    )
    for _ in range(depth):
        inner_number, inner_boolean = number, boolean
        number = st.one_of(inner_number, _numbers((inner_number, inner_boolean)))
        boolean = st.one_of(
            inner_boolean,
            st.tuples(inner_number, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), inner_number).map(
                lambda x: f"({x[0]} {x[1]} {x[2]})"
            ),
            st.tuples(inner_boolean, st.sampled_from(["&&", "||"]), inner_boolean).map(
                lambda x: f"({x[0]} {x[1]} {x[2]})"
            ),
            inner_boolean.map(lambda x: f"!({x})"),
        )
    return number, boolean


numbers, booleans = _expressions(3)
expressions = st.one_of(numbers, booleans)
