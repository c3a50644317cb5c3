"""Whoever joins is told on their own timeline, once, by whatever door they came."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.demo import filling
from incentives.models import Account, Journal
from members.domain.invitations import making
from members.domain.joining import Arrival, tell_joined
from members.domain.registry import registry
from members.models import Event, Member, Work
from tests import factories
from tests.conftest import NOON
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.SourceFactory(code="open", unknown_members="create")
    factories.rule({"code": "welcome", "when": "member.joined", "then": [award(10)]})
    registry.forget()


def told() -> list[tuple[str, str, dict[str, str]]]:
    """Who was told to have joined: (ref, source, data)."""
    events = Event.objects.filter(type__code="member.joined").select_related("payload").order_by("id")
    return [
        (event.member.ref, event.source.code, json.loads(event.payload.data) if hasattr(event, "payload") else {})
        for event in events
    ]


def drain() -> None:
    while factories.judge().events:
        pass


def put(client, ref: str, **body: object):
    return client.put(f"/api/v1/members/{ref}", json.dumps(body), content_type="application/json")


def test_a_member_who_is_put_has_joined_once_and_is_paid_for_it(client_of):
    client = client_of()

    codes = [put(client, "ada", display_name=name).status_code for name in ("Ada", "Ada Lund")]
    drain()

    assert codes == [201, 200]
    assert told() == [("ada", "laurels", {})]
    assert Account.objects.get().balance == 10


def test_a_member_who_was_refused_has_not_joined(client_of):
    assert put(client_of(), "ada", email="no address").status_code == 400

    assert (told(), Member.objects.count()) == ([], 0)


def test_a_member_whom_an_event_brings_has_joined_by_its_source_before_it():
    first, second = ({**item(name, "ada"), "source": "open"} for name in ("e1", "e2"))
    receipt = factories.report(second, first)
    factories.report({**item("e3", "ada"), "source": "open"})

    assert told() == [("ada", "laurels", {"channel": "open"})]
    kinds = Event.objects.order_by("id").values_list("type__code", flat=True)
    assert list(kinds) == ["member.joined", *["content.published"] * 3]
    assert receipt.lanes == frozenset(Work.objects.values_list("lane", flat=True))
    drain()
    assert Account.objects.get().balance == 10


def test_joining_happened_when_the_member_joined():
    moment = "2026-03-01T10:00:00+08:00"
    factories.report({**item("e1", "ada", time=moment), "source": "open"})

    event = Event.objects.get(type__code="member.joined")
    assert event.occurred_at == event.member.joined_at == datetime(2026, 3, 1, 2, tzinfo=UTC)


def test_a_rule_of_today_does_not_pay_for_who_joined_before_it(client_of):
    put(client_of(), "ada", joined_at="2018-01-01T00:00:00Z")
    drain()

    assert told() == [("ada", "laurels", {})]
    assert not Journal.objects.exists()


def test_a_dry_run_and_a_refused_event_bring_nobody():
    from members.domain.events.intake import record_events

    raw = json.dumps({**item("e1", "ada"), "source": "open"}).encode()
    record_events(items=[raw], allowed_sources=None, now=timezone.now(), dry_run=True)
    factories.report({**item("e2", "bo", data={"words": "many"}), "source": "open"})

    assert (told(), Member.objects.count()) == ([], 0)


def test_a_member_made_in_the_admin_has_joined(admin_client):
    fields = {
        "ref": "ada",
        "status": "active",
        "age_band": "unknown",
        "joined_at_0": "2026-11-01",
        "joined_at_1": "12:00",
    }
    admin_client.post("/admin/members/member/add/", {**fields, "attributes": "{}"})

    member = Member.objects.get()
    assert told() == [("ada", "laurels", {})]
    admin_client.post(f"/admin/members/member/{member.pk}/change/", {**fields, "attributes": "{}", "email": "a@b.org"})
    assert Member.objects.get().email == "a@b.org"
    assert len(told()) == 1


def test_a_member_who_accepts_an_invitation_has_joined_by_its_channel(client_of):
    code = making.invite(inviter=None, now=timezone.now(), channel="poster").code
    client = client_of()

    for _ in range(2):
        client.post(f"/api/v1/invitations/{code}/accept", json.dumps({"ref": "ada"}), content_type="application/json")

    assert told() == [("ada", "laurels", {"channel": "poster"})]


def test_quietly_it_stands_on_the_timeline_and_no_rule_hears_of_it():
    members = [factories.MemberFactory(ref=ref) for ref in ("ada", "bo")]

    lanes = tell_joined([Arrival(each.pk, each.joined_at) for each in members], now=timezone.now(), is_quiet=True)
    drain()

    assert (lanes, [ref for ref, _, _ in told()]) == (frozenset(), ["ada", "bo"])
    assert not Journal.objects.exists()


@pytest.mark.parametrize(
    ("joined_at", "happened"),
    [
        (NOON + timedelta(days=9), NOON),
        (datetime(3, 1, 1, tzinfo=UTC), datetime(1900, 1, 1, tzinfo=UTC)),
    ],
)
def test_it_never_happens_in_the_future_nor_before_any_event_could(joined_at, happened):
    member = factories.MemberFactory(joined_at=joined_at)

    tell_joined([Arrival(member.pk, member.joined_at)], now=NOON)

    assert Event.objects.get().occurred_at == happened


def statements(*items) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        factories.report(*items)
    return len(captured)


def test_nobody_who_comes_costs_nothing_and_a_hundred_cost_as_much_as_one():
    factories.MemberFactory(ref="ada")
    factories.report(item("warm", "ada"))
    plain = statements(item("e1", "ada"))
    assert plain == statements(*({**item(f"e2-{n}", "ada"), "source": "open"} for n in range(9)))

    one = statements({**item("e3", "new"), "source": "open"})
    many = statements(*({**item(f"e4-{n}", f"new-{n}"), "source": "open"} for n in range(100)))

    assert len(told()) == 101
    if connection.vendor == "postgresql":
        # The members, their ids, and one statement for what is told of them.
        assert (one, many) == (plain + 3, plain + 3)


def test_the_demonstration_tells_of_all_its_members(monkeypatch):
    import random

    monkeypatch.setattr(filling, "MEMBERS", 8)
    now = timezone.now()

    members = filling._members(random.Random(1), now - timedelta(days=90), now)

    assert [ref for ref, _, _ in told()] == [member.ref for member in members]
    assert Work.objects.count() == 8
