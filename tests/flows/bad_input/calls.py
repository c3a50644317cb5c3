"""What the tests of bad input send, what they look at, and the few rows that they begin with."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime

from incentives.models import (
    Campaign,
    Case,
    Correction,
    CorrectionLine,
    Entry,
    Hold,
    Journal,
    Privilege,
    PrivilegeGrant,
    PrivilegeUse,
    QuestRun,
    QuestVersion,
    Request,
    RuleVersion,
)
from members.domain.sql import rows_of
from members.models import (
    Acquaintance,
    Appointment,
    Content,
    Event,
    EventKey,
    EventPayload,
    EventType,
    Game,
    GameRound,
    GameTurn,
    Introduction,
    Invitation,
    Member,
    Need,
    NeedCandidate,
    NotificationChoice,
    Partner,
    Referral,
    Report,
    Role,
    Segment,
    SegmentMember,
    Space,
    SpaceMember,
    Tier,
    TierInvitation,
    TierPin,
    Violation,
    Work,
)
from tests import factories
from tests.factories import item

# Bounded is what matters; how fast is for `make bench`, not for a machine that is busy with other things.
SECONDS_MAX = 60
STORED = (
    Event, EventKey, EventPayload, Work, Member, EventType, RuleVersion, Hold, Journal, Entry, Request, Referral,
    PrivilegeGrant, PrivilegeUse, Acquaintance, Introduction, TierPin, TierInvitation, Tier, Report, Violation,
    SegmentMember, Case, NotificationChoice, Content, Need, NeedCandidate, GameRound, GameTurn, QuestRun, QuestVersion,
    Correction, CorrectionLine, Space, SpaceMember, Appointment,
)  # fmt: skip
NESTED = b"[" * 100_000 + b"]" * 100_000
MEGABYTE = "a" * 1_000_000
EVERY_KIND = {
    "content_id": {"type": "string", "max_length": 64},
    "words": {"type": "int", "min": 0, "max": 200_000},
    "quality": {"type": "decimal", "min": 0, "max": 10, "optional": True},
    "topic": {"type": "string", "enum": ["stories", "poems"], "optional": True},
    "tags": {"type": "strings", "max_length": 10, "optional": True},
    "first": {"type": "bool", "optional": True},
    "written_at": {"type": "timestamp", "optional": True},
}


def settle():
    factories.EventTypeFactory(schema=EVERY_KIND)
    factories.CurrencyFactory(is_transferable=True)
    factories.CurrencyFactory(code="cents", scale=4)
    factories.SourceFactory()
    factories.SourceFactory(code="other")
    for ref in ("ada", "bo"):
        factories.MemberFactory(ref=ref)
    Invitation.objects.create(code="CODE", uses_max=None)
    Privilege.objects.create(code="pin", quota=1)
    Game.objects.create(code="idioms", kind="chain")
    factories.CurrencyFactory(code="growth", kind="qualifying")
    Space.objects.create(ref="circle", state="open")
    Role.objects.create(code="host")
    day = datetime(2026, 1, 1, tzinfo=UTC).date()
    Partner.objects.create(code="shop", name="A shop", contract_from=day)
    Segment.objects.create(code="founders")
    Segment.objects.create(code="writers", kind="condition", condition="member.verified")
    Campaign.objects.create(
        code="draft", template="bring-friends", currency=factories.CurrencyFactory(), budget=10,
        begins_at=datetime(2026, 1, 1, tzinfo=UTC), ends_at=datetime(2026, 2, 1, tzinfo=UTC),
    )  # fmt: skip
    factories.ladder(bronze=0, guests=10).tiers.filter(code="guests").update(is_by_invitation=True)


def counts():
    """How many rows there are of everything that an accepted request would leave behind."""
    each = ", ".join(f"(SELECT count(*) FROM {model._meta.db_table})" for model in STORED)
    return dict(zip((model.__name__ for model in STORED), rows_of(f"SELECT {each}", [])[0], strict=True))


def send(client, method, path, body=b"", content_type="application/json", **headers):
    """Send raw bytes and return the answer, having seen that it came in time and is no server error."""
    started = time.monotonic()
    answer = client.generic(method, f"/api/v1/{path}", body, content_type=content_type, headers=headers)
    assert time.monotonic() - started < SECONDS_MAX
    assert answer.status_code < 500, answer.content[:500]
    return answer


def assert_problem(answer, status, pointer=None, words=""):
    """The answer is a problem document that says what was wrong in a sentence and, where there is one, names the place."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content[:500]
    problem = answer.json()
    assert problem["type"].startswith("/problems/")
    assert problem["status"] == status
    assert problem["detail"].endswith((".", "?"))
    if pointer is not None:
        assert {error["pointer"] for error in problem.get("errors", [])} == {pointer}, problem
        assert words in problem["errors"][0]["detail"], problem
        assert problem["errors"][0]["detail"].endswith((".", "?"))
    assert words in problem["detail"] or pointer is not None, problem


def event(**changes):
    """An event's JSON with some attributes or data changed; `raw` puts bytes where JSON has no words for it."""
    data = changes.pop("data", {})
    if isinstance(data, dict):
        data = {"content_id": "c1", "words": 500} | data
    return json.dumps({**item("bad", "ada"), "data": data, **changes}).encode()


UNREADABLE = [
    ("nan", b'{"amount": NaN}'),
    ("infinity", b'{"amount": Infinity}'),
    ("minus_infinity", b'{"amount": -Infinity}'),
    ("truncated", b'{"amount": "1", "mem'),
    ("truncated_in_a_number", b'{"amount": 1'),
    ("nested_100_000_deep", NESTED),
    ("nested_100_000_deep_in_a_field", b'{"amount": ' + NESTED + b"}"),
    ("nested_800_deep_in_a_field", b'{"amount": ' + b"[" * 800 + b"]" * 800 + b"}"),
    ("nested_300_objects_deep_in_a_field", b'{"amount": ' * 300 + b"1" + b"}" * 300),
    ("lone_surrogate", rb'{"amount": "\ud800"}'),
    ("lone_surrogate_as_a_key", rb'{"\udfff": "1"}'),
    ("nul_character", b'{"amount": "a\x00b"}'),
    ("not_utf_8", b'{"amount": "\xff\xfe"}'),
    ("key_twice", b'{"amount": "1", "amount": "2"}'),
    ("key_twice_inside", b'{"document": {"limits": [{"per": "rule", "per": "member"}]}}'),
    ("two_documents", b"{} {}"),
    ("no_json", b"amount=1"),
    ("empty", b""),
]
READERS = [
    ("PUT", "members/ada"),
    ("PUT", "event-types/content.published"),
    ("POST", "rules/check"),
    ("POST", "rules/evaluate"),
    ("POST", "quests/check"),
    ("POST", "games/idioms/rounds"),
    ("POST", "spends"),
    ("POST", "holds"),
    ("POST", f"holds/{uuid.UUID(int=7)}/capture"),
    ("POST", "transfers"),
    ("POST", "adjustments"),
    ("POST", "reversals"),
    ("POST", "members/ada/privileges/pin/uses"),
    ("POST", "members/ada/privileges/pin/grants"),
    ("PUT", "members/ada/connections"),
    ("POST", "introductions"),
    ("POST", "introductions/1/answers"),
    ("POST", "contents/7/decision"),
    ("POST", "needs"),
    ("POST", "needs/7/candidates"),
    ("POST", "needs/7/answers"),
    ("POST", "needs/7/confirmations"),
    ("POST", "invitations"),
    ("POST", "invitations/CODE/accept"),
    ("PUT", "members/ada/leave"),
    ("POST", "campaigns/draft/stop"),
    ("PUT", "members/ada/tiers/growth/bronze/loan"),
    ("POST", "events"),
]
SPEND = {"member": "ada", "currency": "points", "amount": "1"}
ADJUST = {**SPEND, "reason": "A gift."}
TRANSFER = {"payer": "ada", "payee": "bo", "currency": "points", "amount": "1"}
