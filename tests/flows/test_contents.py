"""Contents the whole way: handed in, approved, good, paid for it, and gone with exactly what they brought."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incentives.domain import contents
from incentives.domain.erasing import erase
from incentives.domain.ledger import queries
from incentives.domain.ledger.verify import verify
from incentives.domain.merging import merge
from incentives.domain.pending import settle_due
from incentives.models import PendingAward
from incentives.tasks import advance_contents
from members.domain import page_links
from members.domain.conduct.reports import decide_report
from members.domain.contents.metrics import measured
from members.domain.contents.shares import weeks_of
from members.domain.ladders.measures import BadMetric, Spans, values
from members.domain.ladders.windows import Span
from members.domain.segments.layers import layers_now
from members.domain.sql import Some
from members.enums import ContentStep
from members.models import Connection, Content, ContentMark, Event, EventType, Member, Report, Violation, ViolationKind
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ID = {"content_id": {"type": "string", "max_length": 64}}
BY = {**ID, "by": {"type": "string", "max_length": 64}}


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    schema = {**ID, "topic": {"type": "string", "optional": True}}
    EventType.objects.filter(code="content.published").delete()
    for step in ("submitted", "published", "approved", "featured", "accepted", "removed"):
        words = {"step": step, "id": "content_id"} | ({"topic": "topic"} if step in ("submitted", "published") else {})
        factories.EventTypeFactory(code=f"content.{step}", schema=schema, content=words)
    for step in ("appreciated", "reported"):
        words = {"step": step, "id": "content_id", "by": "by"}
        factories.EventTypeFactory(code=f"content.{step}", schema=BY, content=words)
    for ref in ("ada", "bo", "cy", "di", "ed", "fay", "gus"):
        factories.MemberFactory(ref=ref)


def pk(ref):
    return Member.objects.get(ref=ref).pk


def tell(step, content="c1", *, days_ago=0.0, author="ada", topic="", **data):
    """Report that something was said of a content, and have it judged."""
    at = NOW - days_ago * DAY
    number = Event.objects.count()
    said = {"content_id": content, **data} | ({"topic": topic} if topic else {})
    factories.report(item(f"{step}-{number}", author, type=f"content.{step}", time=at.isoformat(), data=said), now=NOW)
    judge()


def judge():
    while factories.judge().events:
        pass


def points(ref, *, column="available"):
    found = {line.currency: int(getattr(line, column)) for line in queries.balances(pk(ref))}
    return found.get("points", 0)


def advance(now=NOW):
    done = contents.advance_contents(now=now)
    judge()
    return done


def pays(when, amount=10, code="pays", **more):
    factories.rule({"code": code, "when": when, "then": [award(amount, **more)]}, now=NOW)


def test_a_content_handed_in_waits_is_approved_pays_and_gives_back_when_it_goes():
    pending = {"until": "content.approved", "match": "event.data.content_id", "within": "14d"}
    pays("content.submitted", 25, pending=pending)
    for content in ("c1", "c2", "c3"):
        tell("submitted", content, days_ago=3, topic="guides")
    assert (points("ada"), points("ada", column="pending")) == (0, 75)

    tell("approved", "c1", days_ago=2)
    tell("removed", "c2", days_ago=1)
    advance()
    assert (points("ada"), points("ada", column="pending")) == (25, 25)
    tell("removed", "c1")
    assert advance().withdrawn == 1
    again = advance()
    # Nobody ever looked at the third.
    settle_due(now=NOW + 15 * DAY)

    assert (points("ada"), points("ada", column="pending"), again.withdrawn) == (0, 0, 0)
    states = dict(Content.objects.values_list("external_id", "state"))
    assert states == {"c1": "removed", "c2": "removed", "c3": "submitted"}
    assert [proof for proof in verify() if not proof.holds] == []


def test_what_strangers_appreciate_is_good_after_seven_days_and_rules_weigh_it():
    pays("content.quality_reached", "20 * event.data.weight")
    ada, bo = sorted((pk("ada"), pk("bo")))
    Connection.objects.create(low_id=ada, high_id=bo, since=NOW, first_at=NOW, last_at=NOW, days=3, is_mutual=True)
    tell("published", "c1", days_ago=7.5)
    for ref in ("bo", "bo", "cy", "di", "ed", "fay"):
        tell("appreciated", "c1", days_ago=6, by=ref)
    tell("featured", "c1", days_ago=5)

    early = advance(NOW - DAY)
    assert (early.good, points("ada")) == (0, 0)
    later = advance()
    advance()

    assert (later.good, points("ada")) == (1, 40)
    found = Content.objects.get()
    assert (found.weight, found.appreciators, found.quality_at) == (2, 5, found.published_at + 7 * DAY)
    told = Event.objects.select_related("payload").get(type__code="content.quality_reached")
    assert json.loads(told.payload.data) == {
        "content_id": "c1", "kind": "content", "weight": 2, "appreciators": 5, "featured": True, "accepted": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("_case", "change"),
    [
        ("a_house_account", {"is_house": True}),
        ("somebody_banned", {"status": "banned"}),
    ],
)
def test_the_fifth_appreciation_must_be_of_somebody_who_counts(_case, change):
    Member.objects.filter(ref="fay").update(**change)
    tell("published", days_ago=9)
    for ref in ("bo", "cy", "di", "ed", "fay", "ada", "nobody"):
        tell("appreciated", days_ago=8, by=ref)

    assert advance().good == 0
    # It was told late, but it happened in time.
    tell("appreciated", days_ago=4, by="gus")
    assert advance().good == 1


def test_what_goes_after_it_was_good_loses_it_with_every_payment_and_what_comes_later_too():
    pays("content.quality_reached", 30)
    pays("content.published", 5, code="post")
    pays("content.appreciated", 2, code="liked", to="event.data.by")
    tell("published", days_ago=9)
    tell("accepted", days_ago=8)
    tell("appreciated", days_ago=8, by="bo")
    advance()
    assert (points("ada"), points("bo")) == (35, 2)

    tell("removed", days_ago=1)
    advance()
    assert (points("ada"), points("bo")) == (0, 0)
    tell("appreciated", by="bo")
    assert points("bo") == 2
    advance()

    assert points("bo") == 0
    assert Content.objects.get().quality_lost_at is not None
    assert Event.objects.filter(type__code="content.quality_lost").count() == 1
    assert values("content:quality", Some(), Spans(), NOW) == {}


def test_a_report_holds_the_decision_back_and_an_upheld_one_takes_quality_away():
    pays("content.quality_reached", 30)
    pays("content.published", 5, code="post")
    for content in ("c1", "c2"):
        tell("published", content, days_ago=9)
        tell("featured", content, days_ago=8)
    tell("reported", "c1", days_ago=7, by="bo")
    # Nobody reports themselves; that holds nothing back.
    tell("reported", "c2", days_ago=7, by="ada")

    assert (advance().filed, points("ada")) == (1, 40)
    report = Report.objects.get()
    assert (report.reporter.ref, report.subject.ref, report.about) == ("bo", "ada", "c1")
    assert Content.objects.get(external_id="c1").decided_at is None
    decide_report(report_id=report.pk, now=NOW, by=None)
    assert (advance().good, points("ada")) == (1, 70)

    tell("reported", "c2", by="cy")
    advance()
    kind = ViolationKind.objects.create(code="copied")
    violation = Violation.objects.create(
        member_id=pk("ada"), kind=kind, happened_at=NOW, recorded_at=NOW, strikes=1, strikes_until=NOW + DAY,
        consequence="warning",
    )  # fmt: skip
    decide_report(report_id=Report.objects.get(about="c2").pk, now=NOW, by=None, violation=violation)
    advance()

    # What it was paid for being published stays; it is still there.
    assert points("ada") == 40
    assert Content.objects.good().get().external_id == "c1"


def test_operators_approve_and_remove_and_rules_hear_it_as_from_the_app(client_of, time_machine):
    time_machine.move_to(NOW, tick=False)
    client = client_of()
    pending = {"until": "content.approved", "match": "event.data.content_id", "within": "14d"}
    pays("content.submitted", 25, pending=pending)
    tell("submitted", "c1")
    number = Content.objects.get().pk
    path = f"/api/v1/contents/{number}/decision"

    def decide(decision, reason=""):
        body = {"decision": decision, "operator": "Ines", "reason": reason}
        answer = client.post(path, body, format="json")
        judge()
        return answer

    approved = [decide("approve").json()["state"] for _ in range(2)]
    assert (approved, points("ada")) == (["approved", "approved"], 25)
    assert decide("remove").json()["type"] == "/problems/cannot_judge"
    removed = decide("remove", "It was copied.").json()
    refused = decide("feature")

    assert (removed["state"], removed["reason"], removed["operator"]) == ("removed", "It was copied.", "Ines")
    assert (points("ada"), refused.status_code, refused.json()["type"]) == (0, 422, "/problems/cannot_judge")
    assert list(Event.objects.filter(type__code="content.approved").values_list("source__code", flat=True)) == ["app"]
    found = client.get("/api/v1/contents", {"author": "ada", "state": "removed", "good": "false"}).json()["results"]
    assert [line["content_id"] for line in found] == ["c1"]


def test_a_type_that_only_the_app_can_fill_is_named_to_the_operator(client_of):
    EventType.objects.filter(code="content.featured").update(schema={**ID, "shelf": {"type": "string"}})
    tell("published", "c1")

    answer = client_of().post(
        f"/api/v1/contents/{Content.objects.get().pk}/decision", {"decision": "feature", "operator": "Ines"},
        format="json",
    )  # fmt: skip

    assert answer.status_code == 422
    assert "content.featured needs shelf" in answer.json()["detail"]
    assert Content.objects.get().state == "approved"
    # Where no type says it at all, nobody listens, and it is simply so.
    EventType.objects.filter(code="content.featured").update(content={})
    found, _ = contents.judge(content_id=Content.objects.get().pk, step=ContentStep.FEATURED, now=NOW, operator="Ines")
    assert (found.state, Event.objects.filter(type__code="content.featured").count()) == ("featured", 0)


def test_the_desk_shows_what_waits_and_who_fills_the_community_and_viewers_only_look():
    tell("submitted", "c1", days_ago=2)
    tell("published", "c2", days_ago=2, author="bo", topic="guides")
    number = Content.objects.get(external_id="c1").pk
    for role, expected in (("viewer", "submitted"), ("community operator", "approved")):
        desk = Client()
        staff = get_user_model().objects.create_user(role, is_staff=True)
        staff.groups.add(Group.objects.get(name=role))
        desk.force_login(staff)
        page = desk.get("/admin/members/content/").content.decode()
        assert "Who fills the community" in page
        desk.post("/admin/members/content/", {"action": "approve_chosen", "_selected_action": [number]})
        assert Content.objects.get(pk=number).state == expected
    removal = {"_form_submitted": "on", "reason": "Spam."}
    desk.post(f"/admin/members/content/{number}/remove/", removal)
    assert Content.objects.get(pk=number).reason == "Spam."
    author = Client()
    author.get(page_links.make_page_link(member=Member.objects.get(ref="ada"))[0])
    assert "Spam." in author.get("/me/").content.decode()


def test_shares_by_week_count_members_against_the_team_in_the_programmes_weeks(client_of):
    Member.objects.filter(ref="gus").update(is_house=True)
    # Before Monday's midnight, and after it.
    for number, (author, topic, days_ago) in enumerate(
        [("ada", "guides", 3), ("ada", "news", 9), ("bo", "guides", 30), ("gus", "news", 2), ("gus", "", 29)]
    ):
        tell("published", f"c{number}", author=author, topic=topic, days_ago=days_ago)
    tell("featured", "c1", days_ago=8)
    tell("published", "gone", author="bo")
    tell("removed", "gone", author="bo")
    advance()

    *_, last_but_one, last = weeks_of(now=NOW, count=4)
    assert (last.contents, last.by_members, last.authors, last.topics) == (3, 2, 1, 2)
    assert (last.share_percent, last.depth_percent, last.good) == (67, 100, 1)
    assert last_but_one.ends_at == datetime(2026, 11, 23, tzinfo=UTC)
    assert (last_but_one.contents, last_but_one.by_members, last_but_one.authors) == (4, 3, 2)
    with CaptureQueriesContext(connection) as asked:
        weeks_of(now=NOW, count=104)
    assert len(asked) == 1
    shown = client_of().get("/api/v1/contents/shares", {"weeks": 2}).json()
    assert len(shown) == 2


def test_big_v_figures_leave_out_the_team_and_guests_and_count_a_pair_once():
    Member.objects.filter(ref="cy").update(is_house=True)
    Member.objects.filter(ref="di").update(invited_by=pk("ada"))
    tell("published", "c1", days_ago=50)
    tell("published", "b1", author="bo", days_ago=50)
    for ref in ("cy", "di", "ed", "ed", "bo"):
        tell("appreciated", "c1", days_ago=40, by=ref)
    # Bo was first; Ada thanks in return, and that is no other pair.
    tell("appreciated", "b1", author="bo", days_ago=30, by="ada")
    tell("appreciated", "b1", author="bo", days_ago=30, by="fay")
    window = Spans(Span(NOW - 90 * DAY))

    assert values("content:appreciators", Some(), window, NOW) == {pk("ada"): 2, pk("bo"): 1}
    assert values("content:appreciators", Some(), Spans(Span(NOW - 35 * DAY)), NOW) == {pk("bo"): 1}
    assert values("content:published", Some(), window, NOW) == {pk("ada"): 1, pk("bo"): 1}
    with pytest.raises(BadMetric, match="there are quality"):
        measured("length", Some(), window, NOW)


def test_quality_days_are_the_authors_own_and_the_pyramid_asks_for_two_good_contents(settings):
    Member.objects.filter(ref="ada").update(time_zone="Asia/Tokyo", joined_at=NOW - 90 * DAY)
    EventType.objects.filter(code="content.published").update(is_contribution=True)
    for number in range(8):
        tell("published", f"c{number}", days_ago=10 + number)
    # In Tokyo one day, in UTC two.
    at = datetime(2026, 11, 10, 15, 30, tzinfo=UTC)
    for number, moment in enumerate((at, at + timedelta(hours=10))):
        tell("published", f"tokyo{number}", days_ago=(NOW - moment) / DAY)
        tell("featured", f"tokyo{number}", days_ago=(NOW - moment) / DAY)

    layer = {"before": layers_now(Some(), {}, NOW)[pk("ada")][0]}
    advance()
    layer["after"] = layers_now(Some(), {}, NOW)[pk("ada")][0]

    assert layer == {"before": "active", "after": "devoted"}
    everything = Spans(Span(NOW - 90 * DAY))
    assert values("content:quality", Some(), everything, NOW) == {pk("ada"): 2}
    assert values("content:quality_days", Some(), everything, NOW) == {pk("ada"): 1}


def test_a_ladder_over_appreciators_is_climbed_at_the_next_evaluation():
    from incentives.domain.evaluating import evaluate_ladders
    from members.domain.ladders.editing import put_ladder

    values_of = {"metric": "content:appreciators", "window": "days", "days": 90, "names": {"en": "Voices"}}
    put_ladder(code="voices", values=values_of, tiers={"known": {"threshold": 2, "names": {"en": "Known"}}})
    tell("published", days_ago=9)
    for ref in ("bo", "cy"):
        tell("appreciated", days_ago=8, by=ref)

    evaluate_ladders(now=NOW)

    assert Member.objects.get(ref="ada").standings.get().tier.code == "known"


def test_a_batch_asks_the_same_for_one_content_and_for_four_and_nothing_where_none_is_named():
    def asked(*numbers):
        factories.report(
            *(item(f"e{n}", "ada", type="content.published", data={"content_id": f"c{n}"}) for n in numbers)
        )
        with CaptureQueriesContext(connection) as made:
            factories.judge()
        return len(made)

    asked(0)
    one = asked(1)
    assert asked(2, 3, 4, 5) == one
    factories.EventTypeFactory(code="tea.made", schema={})
    factories.report(item("tea", "ada", type="tea.made"))
    with CaptureQueriesContext(connection) as made:
        factories.judge()
    assert "members_content" not in " ".join(query["sql"] for query in made)


def test_contents_go_with_a_merge_and_lose_their_name_with_an_erasure(client_of):
    pays("content.quality_reached", 30)
    tell("published", "c1", days_ago=9)
    tell("published", "c1", author="bo", days_ago=8)
    tell("featured", "c1", author="bo", days_ago=7)
    tell("published", "c2", author="cy", days_ago=8)
    tell("appreciated", "c2", author="cy", days_ago=8, by="bo")

    merge(survivor_id=pk("ada"), merged_id=pk("bo"), now=NOW, reason="One person.")
    advance()
    judge()

    # Both had it; it is one content, good because it was featured, and paid once.
    assert (Content.objects.filter(author__ref="ada").count(), points("ada")) == (1, 30)
    assert ContentMark.objects.get(step="appreciated").by_id == pk("ada")
    kept = client_of().get("/api/v1/members/ada/data").json()["contents"]
    assert [(line["id"], line["state"]) for line in kept] == [("c1", "featured")]
    erased = erase(member_id=pk("ada"), ref="ada", reason="They asked.", now=NOW)
    found = Content.objects.get(author_id=erased.pk)
    assert found.external_id == f"erased-{found.pk}"
    assert not PendingAward.objects.exists()


def test_what_others_only_mention_waits_for_nobody_and_is_never_good():
    for ref in ("bo", "cy", "di", "ed", "fay"):
        tell("appreciated", "old", days_ago=30, by=ref)
    assert (advance().good, Content.objects.get().state) == (0, "mentioned")

    # It was only told late that it had been published.
    tell("published", "old", days_ago=31)

    assert (advance().good, Content.objects.get().state) == (1, "approved")


def test_running_the_job_twice_and_late_changes_nothing(monkeypatch):
    pays("content.quality_reached", 30)
    tell("published", days_ago=40)
    tell("featured", days_ago=39)

    advance_contents()
    advance_contents()
    contents.judge(content_id=Content.objects.get().pk, step=ContentStep.FEATURED, now=NOW, operator="Ines")
    judge()

    assert points("ada") == 30
    assert Event.objects.filter(type__code="content.quality_reached").count() == 1
