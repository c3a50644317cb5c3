"""A small catalogue for tests that need no database: one event type with a field of each kind, and things to name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from incentives.domain.rules.catalogue import Catalogue, CounterFacts, CurrencyFacts
from incentives.domain.rules.checking import CheckedRule, Report, check_rule
from incentives.domain.rules.documents import BadDocument, Limit, read_document
from members.domain.language import BOOL, DECIMAL, INT, STRING, TIMESTAMP, Field, ListOf

DATA = {
    "event.data.words": Field(type=INT, min=0, max=1_000, access=("event", 0)),
    "event.data.quality": Field(type=DECIMAL, min=Decimal(0), max=Decimal(10), optional=True, access=("event", 1)),
    "event.data.topic": Field(type=STRING, enum=("stories", "poems"), access=("event", 2)),
    "event.data.editor": Field(type=STRING, optional=True, access=("event", 3)),
    "event.data.tags": Field(type=ListOf(STRING), enum=("a", "b"), access=("event", 4)),
    "event.data.first": Field(type=BOOL, access=("event", 5)),
    "event.data.written_at": Field(type=TIMESTAMP, access=("event", 6)),
    "event.data.author": Field(type=STRING, access=("event", 7)),
}
CATALOGUE = Catalogue(
    event_types={
        "content.published": DATA,
        "content.recognised": {"event.data.author": Field(type=STRING, access=("event", 0))},
        "effect.assigned": {},
    },
    member_fields={
        "member.verified": Field(type=BOOL, access=("member", 0)),
        "now": Field(type=TIMESTAMP, access=("now", 0)),
    },
    currencies={
        "points": CurrencyFacts(1, "points", 0),
        "cents": CurrencyFacts(2, "cents", 2),
    },
    counters={
        "posts": CounterFacts("posts", "content.published", False, Field(type=INT, min=0, access=("counters", 0), peak_access=("counters", 1))),
        "votes": CounterFacts("votes", "content.recognised", True, Field(type=INT, min=0, access=("counters", 2))),
    },
    badges=frozenset({"star"}),
    limits={"shared": Limit(code="shared", every="day", amount=Decimal(200), currency="points")},
    tables={"rates": {"stories": Decimal("1.5"), "*": Decimal(1)}},
    reserved=frozenset({"effect.assigned"}),
)  # fmt: skip
PAY = {"do": "award", "currency": "points", "amount": 5}


def document(**words: Any) -> dict[str, Any]:
    """A rule that pays 5 points for any post, with other words in place of some of its own."""
    found = {"code": "r", "when": "content.published", "then": [PAY], **words}
    return {name.rstrip("_"): value for name, value in found.items()}


def check(**words: Any) -> Report:
    return check_rule(read_document(document(**words)), CATALOGUE)


def rule(**words: Any) -> CheckedRule:
    report = check(**words)
    assert report.rule is not None, [str(finding) for finding in report.errors]
    return report.rule


def told(**words: Any) -> list[tuple[str, str]]:
    """(pointer, code) of every finding, whether reading or checking makes it."""
    try:
        findings = check(**words).findings
    except BadDocument as error:
        findings = tuple(error.findings)
    assert all(finding.text.endswith(".") for finding in findings), findings
    return [(finding.pointer, finding.code) for finding in findings]
