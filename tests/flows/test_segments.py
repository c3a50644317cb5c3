"""Segments the whole way: by hand, by condition, as a share, as layers of the pyramid, and in rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from incentives.domain.evaluating import evaluate_segments
from incentives.domain.ledger import operations, queries
from incentives.domain.takeout import data_of
from incentives.models import Currency
from incentives.tasks import evaluate_segments as task
from members.domain.segments import evaluating
from members.domain.segments.conditions import BadCondition, compile_condition
from members.domain.segments.layers import Was, layer_of
from members.models import Event, EventPayload, EventType, Member, Segment, SegmentMember
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    EventType.objects.filter(code="content.published").update(is_contribution=True)


def segment(code, **values):
    made = Segment(code=code, **values)
    made.full_clean()
    made.save()
    return made


def inside(code):
    found = SegmentMember.objects.filter(segment__code=code).order_by("member__ref")
    return list(found.values_list("member__ref", flat=True))


def told():
    events = EventPayload.objects.filter(event__type__code__startswith="segment.").order_by("event_id")
    return [
        (kind.removeprefix("segment."), json.loads(data)["segment"], ref)
        for kind, data, ref in events.values_list("event__type__code", "data", "event__member__ref")
    ]


def has(member, amount):
    operations.open_balance(
        member_id=member.pk, currency=Currency.objects.get(code="growth"), amount=amount,
        key=f"{member.ref}-{amount}".encode().ljust(32), effective_at=NOW - 2 * DAY,
    )  # fmt: skip


def posts(ref, *days_ago):
    for days in days_ago:
        at = NOW - days * DAY
        factories.report(item(f"{ref}-{days}", ref, time=at.isoformat()), now=at)
    while factories.judge().events:
        pass


def test_a_list_is_filled_by_hand_and_rules_ask_for_it(client_of):
    client = client_of()
    segment("founders")
    factories.MemberFactory(ref="ada")
    factories.MemberFactory(ref="bo")
    factories.rule({"if": "member.in_founders", "then": [award(5)]})

    first = client.put("/api/v1/segments/founders/members/ada")
    again = client.put("/api/v1/segments/founders/members/ada")
    factories.report(item("e1", "ada"), item("e2", "bo"))
    factories.judge()

    assert (first.json(), again.json()["entered"]) == ({"segment": "founders", "entered": 1, "left": 0}, 0)
    paid = {
        m.ref: [str(b.available) for b in queries.balances(m.pk) if b.currency == "points"]
        for m in Member.objects.all()
    }
    assert paid == {"ada": ["5"], "bo": ["0"]}
    trace = client.get("/api/v1/events/app/e2").json()["rules"][0]["clauses"][0]
    assert (trace["text"], trace["passed"]) == ("member.in_founders", False)
    shown = client.get("/api/v1/segments/founders").json()
    assert (shown["size"], [line["entered"] for line in shown["trend"]]) == (1, [1])
    assert [x["member"] for x in client.get("/api/v1/segments/founders/members").json()["results"]] == ["ada"]
    assert client.delete("/api/v1/segments/founders/members/ada").json()["left"] == 1
    assert told() == [("entered", "founders", "ada"), ("left", "founders", "ada")]


def test_a_condition_reads_members_and_counters_and_keeps_itself(client_of):
    factories.counter(code="recent", kind="days", window="rolling", days=10)
    for ref, verified in (("ada", True), ("bo", True), ("cy", False)):
        factories.MemberFactory(ref=ref, is_verified=verified, joined_at=NOW - 90 * DAY)
    made = segment(
        "busy", kind="condition",
        condition='counters.recent >= 2 && member.verified && now - member.joined_at > duration("7d")',
    )  # fmt: skip
    posts("ada", 1, 2, 30)
    posts("bo", 1, 30)
    posts("cy", 1, 2)

    changes = [str(each) for each in evaluate_segments(now=NOW)]
    evaluate_segments(now=NOW)
    assert (changes, inside("busy")) == (["busy: 1 entered, 0 left"], ["ada"])
    evaluate_segments(now=NOW + 9 * DAY)

    assert inside("busy") == []
    assert told() == [("entered", "busy", "ada"), ("left", "busy", "ada")]
    refused = client_of().put("/api/v1/segments/busy/members/bo")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/not_by_hand")
    with pytest.raises(BadCondition, match="Did you mean counters"):
        compile_condition("counters.recnt > 1")
    assert made.sizes.count() == 3 - 1


def test_a_share_takes_the_best_and_lets_go_of_who_falls_far_behind():
    members = [factories.MemberFactory(ref=f"m{n}") for n in range(10)]
    house = factories.MemberFactory(ref="house", is_house=True)
    for number, member in enumerate(members[:6]):
        has(member, 100 - number)
    has(house, 900)
    segment("best", kind="share", metric="earned:growth", days=30, share=20, keep=30)

    evaluate_segments(now=NOW)
    assert inside("best") == ["m0", "m1"]
    has(members[2], 50)
    evaluate_segments(now=NOW)
    # The second place is m0's now; m1 is third, and thirty per cent stay.
    assert inside("best") == ["m0", "m1", "m2"]
    has(members[3], 50)
    evaluate_segments(now=NOW)
    assert inside("best") == ["m0", "m2", "m3"]
    evaluate_segments(now=NOW + 40 * DAY)

    assert inside("best") == []


@pytest.mark.parametrize(
    ("_case", "days", "quality", "was", "layer"),
    [
        ("devoted", 8, 2, None, ("devoted", False)),
        ("without_quality", 28, 1, None, ("active", False)),
        ("nobody_counts_quality", 8, None, None, ("devoted", False)),
        ("seven_days_gain_nothing", 7, 5, Was("active", False), ("active", False)),
        ("six_days_keep", 6, 0, Was("devoted", True), ("devoted", False)),
        ("five_days_once", 5, 0, Was("devoted", False), ("devoted", True)),
        ("five_days_twice", 5, 0, Was("devoted", True), ("active", False)),
        ("two_days", 2, 0, None, ("active", False)),
        ("one_day", 1, 9, None, ("passing", False)),
    ],
)
def test_layers_are_lines_and_the_devoted_leave_slowly(_case, days, quality, was, layer):
    assert layer_of(days, quality, was) == layer


def test_the_pyramid_is_looked_at_once_a_week_with_its_flows(client_of):
    for code in ("devoted", "active", "passing"):
        segment(code, kind="layer")
    for ref in ("ada", "bo", "cy", "house", "silent", "new"):
        joined = NOW - (3 if ref == "new" else 400) * DAY
        factories.MemberFactory(ref=ref, joined_at=joined, is_house=ref == "house", time_zone="Asia/Tokyo")
    posts("ada", *range(1, 10))
    posts("bo", 3, 4)
    posts("cy", 2)
    posts("house", 1)
    posts("new", 1)
    # Two events on one local day, two days of UTC.
    at = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
    for number, moment in enumerate((at, at + timedelta(hours=10))):
        factories.report(item(f"cy{number}", "cy", time=moment.isoformat()), now=moment)
    posts("silent", 200)

    task()
    evaluating.evaluate_layers(now=NOW)
    assert (inside("devoted"), inside("active"), inside("passing")) == (["ada"], ["bo", "cy"], [])
    assert evaluate_segments(now=NOW + DAY) == []
    since = SegmentMember.objects.get(member__ref="ada").since
    assert data_of(Member.objects.get(ref="ada"), now=NOW)["layers"] == [
        {"layer": "devoted", "since": since.isoformat(), "active_days": 9, "quality_contents": None}
    ]
    assert data_of(Member.objects.get(ref="new"), now=NOW)["layers"] == []
    for days in (7, 14, 21, 28):
        evaluate_segments(now=NOW + days * DAY)
    # Below six days once only, so devoted still; whoever is new has found their place.
    assert (inside("devoted"), inside("passing")) == (["ada"], ["bo", "cy", "new"])
    evaluate_segments(now=NOW + 35 * DAY)

    assert inside("passing") == ["ada", "bo", "cy", "new"]
    shown = client_of().get("/api/v1/segments/passing").json()
    assert (shown["layer_share"], shown["layer_target"]) == ("100.0", 20)
    flows = [line["came_from"] for line in shown["trend"] if line["came_from"]]
    assert {origin: sum(flow.get(origin, 0) for flow in flows) for origin in ("devoted", "active", "")} == {
        "devoted": 1, "active": 2, "": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [
        {"code": "x", "kind": "condition"},
        {"code": "x", "kind": "static", "condition": "member.verified"},
        {"code": "x", "kind": "share", "share": 20},
        {"code": "x", "kind": "share", "metric": "earned:growth", "share": 20, "keep": 10},
        {"code": "devoted", "kind": "static"},
        {"code": "x", "kind": "layer"},
    ],
)
def test_a_segment_that_could_not_be_kept_cannot_be_made(values):
    with pytest.raises(ValidationError):
        segment(**values)


def test_one_broken_condition_keeps_no_other_segment_waiting(caplog):
    factories.MemberFactory(ref="ada", is_verified=True)
    segment("broken", kind="condition", condition="counters.gone > 1")
    segment("fine", kind="condition", condition="member.verified")

    evaluate_segments(now=NOW)

    assert inside("fine") == ["ada"]
    assert "broken cannot be evaluated" in caplog.text
    assert not Event.objects.filter(type__code="segment.left").exists()


def test_operators_make_and_evaluate_segments_in_the_admin(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("operator", "", "x"))
    factories.MemberFactory(ref="ada", is_verified=True)
    given = {"code": "known", "names": "{}", "kind": "condition", "condition": "member.verifed"}

    wrong = client.post("/admin/members/segment/add/", given)
    right = client.post("/admin/members/segment/add/", {**given, "condition": "member.verified"})
    made = Segment.objects.get(code="known")
    client.post("/admin/members/segment/", {"action": "evaluate", "_selected_action": [made.pk]})

    assert "Did you mean member.verified?" in wrong.content.decode()
    assert (right.status_code, inside("known")) == (302, ["ada"])
