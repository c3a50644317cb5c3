"""Layers of intention: evidence fades, each layer is left below a lower line, and nothing of it leaves the team."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from incentives.domain.takeout import data_of
from members.domain.intentions.evaluating import evaluate_intentions
from members.domain.intentions.queries import intention_of
from members.domain.intentions.weighing import Kind, faded, layer_of, weigh
from members.models import Event, EventType, Intention, IntentionEvidence, Member, Segment
from tests import factories
from tests.factories import item

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
KINDS = {
    "question": Kind("question", 8, 24, is_decisive=False),
    "paid": Kind("paid", 25, None, is_decisive=True),
    "idea": Kind("idea", 10, None, is_decisive=True),
    "search": Kind("search", 20, None, is_decisive=False),
}


@pytest.mark.parametrize(
    ("_case", "score", "was", "decided", "layer"),
    [
        ("strong_from_60", "60", None, True, "strong"),
        ("just_below", "59.99", None, True, "intending"),
        ("never_strong_without_a_decisive_one", "90", None, False, "intending"),
        ("stays_strong_at_50", "50", "strong", True, "strong"),
        ("leaves_below_50", "49.99", "strong", True, "intending"),
        ("50_is_not_enough_to_come_in", "50", "intending", True, "intending"),
        ("intending_from_25", "25", None, False, "intending"),
        ("just_below_25", "24.99", "potential", False, "potential"),
        ("stays_at_18", "18", "intending", False, "intending"),
        ("leaves_below_18", "17.99", "intending", False, "potential"),
        ("falls_through", "10", "strong", True, "potential"),
    ],
)
def test_layer_of(_case, score, was, decided, layer):
    assert layer_of(Decimal(score), was, is_decided=decided) == layer


def test_half_is_left_after_thirty_days_questions_have_a_bound_and_three_reasons_are_told():
    assert [round(faded(days), 4) for days in (0, 30, 60, -1)] == [1, 0.5, 0.25, 1]

    found = weigh({"question": 9, "paid": faded(30), "idea": 1, "search": 2}, KINDS, None)

    assert found.score == Decimal("86.50")
    assert found.reasons == (("search", Decimal("40.00")), ("question", Decimal("24.00")), ("paid", Decimal("12.50")))
    assert found.layer == "strong"
    assert weigh({}, KINDS, None) == weigh({}, KINDS, "potential")


@pytest.fixture
def _evidence(db):
    factories.world()
    joined = EventType.objects.get(code="member.joined")
    kinds = {
        "search": {"event_type": joined, "field": "channel", "value": "search", "points": 20},
        "idea": {"event_type": EventType.objects.get(code="content.published"), "points": 30, "is_decisive": True},
        "guest": {"event_type": EventType.objects.get(code="referral.retained"), "points": 10, "is_of_inviter": True},
    }
    for code, values in kinds.items():
        IntentionEvidence.objects.create(code=code, **values)
    for code in ("strong", "intending", "potential"):
        Segment.objects.create(code=code, kind="intention")


def happened(ref, code, at, **data):
    """An event of our own, as it stands on a timeline."""
    from members.domain.events.telling import tell_of

    tell_of(code, [(Member.objects.get(ref=ref).pk, data, at)], now=NOW)


@pytest.mark.usefixtures("_evidence")
def test_everybody_is_weighed_once_and_again_changes_nothing():
    for ref in ("ada", "bo", "cy", "dot"):
        factories.MemberFactory(ref=ref, is_house=ref == "dot")
    factories.MemberFactory(ref="eve", invited_by=Member.objects.get(ref="bo"))
    for number in range(2):
        factories.report(item(f"e{number}", "ada", time=(NOW - 1 * DAY).isoformat()), now=NOW)
    factories.report(item("e9", "dot", time=(NOW - 1 * DAY).isoformat()), now=NOW)
    happened("ada", "member.joined", NOW - 30 * DAY, channel="search")
    happened("cy", "member.joined", NOW, channel="poster")
    happened("eve", "referral.retained", NOW - 30 * DAY, depth=1)

    sizes = [evaluate_intentions(now=NOW) for _ in range(2)]

    assert sizes == [{"strong": 1, "intending": 0, "potential": 3}] * 2
    rows = {row.member.ref: (row.layer, row.score, row.reasons) for row in Intention.objects.select_related("member")}
    assert rows == {
        "ada": ("strong", Decimal("68.63"), [["idea", "58.63"], ["search", "10.00"]]),
        "bo": ("potential", Decimal("5.00"), [["guest", "5.00"]]),
    }
    segments = {s.code: sorted(s.memberships.values_list("member_id", flat=True)) for s in Segment.objects.all()}
    assert segments["strong"] == [Member.objects.get(ref="ada").pk]
    assert Segment.objects.get(code="potential").size == 3
    # Half a year on little is left of it, and the row says since when.
    evaluate_intentions(now=NOW + 180 * DAY)
    later = Intention.objects.get(member__ref="ada")
    assert (later.layer, later.since, later.score) == ("potential", NOW + 180 * DAY, Decimal("1.08"))
    # Whoever joins the team is in no layer any more.
    Member.objects.update(is_house=True)
    evaluate_intentions(now=NOW)
    assert (Intention.objects.count(), Segment.objects.get(code="potential").size) == (0, 0)


@pytest.mark.usefixtures("_evidence")
def test_it_is_in_the_data_download_and_on_the_desk_and_leaves_for_nobody(client_of, admin_client):
    ada = factories.MemberFactory(ref="ada")
    for number in range(3):
        factories.report(item(f"e{number}", "ada", time=NOW.isoformat()), now=NOW)
    evaluate_intentions(now=NOW)
    client = client_of()

    assert data_of(ada, now=NOW)["intention"][0]["layer"] == "strong"
    page = admin_client.get(f"/admin/members/member/{ada.pk}/change/").content.decode()
    assert "Ask them to take something on" in page
    assert intention_of(ada).reasons[0].weight == Decimal(90)
    for path in ("segments/strong", "segments/strong/members"):
        assert client.get(f"/api/v1/{path}").status_code == 404
    assert client.post("/api/v1/segments/strong/evaluate").status_code == 404
    told = json.dumps([client.get(f"/api/v1/{path}").json() for path in ("segments", "members/ada/timeline")])
    assert "strong" not in told
    assert not Event.objects.filter(type__code__startswith="segment.").exists()
