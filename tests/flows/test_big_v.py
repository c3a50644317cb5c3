"""Known voices the whole way: good contents over days and people, a duty by month, and no live strike."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activities.domain import life
from activities.enums import ActivityState
from activities.models import ActivityPerson
from incentives.domain import conduct
from incentives.domain.evaluating import evaluate_ladders
from members.domain.ladders import editing, evaluating
from members.domain.ladders.evaluating import current_plan
from members.domain.ladders.leaves import take_leave
from members.domain.standing import standing_of
from members.models import Content, ContentMark, Event, EventPayload, Ladder, Member, Source, Standing, ViolationKind
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DEMAND = {
    "metric": "content:quality", "at_least": 3, "within_days": 90, "people": "content:appreciators", "people_min": 2,
    "days": "content:quality_days", "days_min": 2,
}  # fmt: skip
NO_STRIKE = {"metric": "conduct:strikes", "at_most": 0}


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    for ref in ("ada", "bo", "cy"):
        factories.MemberFactory(ref=ref, joined_at=NOW - 300 * DAY)
    ViolationKind.objects.create(code="advertising", names={"en": "Advertising"}, strike_days=30, is_automatic=True)


def ladder(*demands, duties=(), **values):
    values = {"metric": "content:published", "names": {"en": "Voices"}, **values}
    tier = {"threshold": 1, "demands": list(demands), "duties": list(duties), "names": {"en": "Known voice"}}
    editing.put_ladder(code="voices", values=values, tiers={"new": {"threshold": 0}, "known": tier})


def writes(number, at, *, by=(), ref="ada"):
    author = Member.objects.get(ref=ref)
    made = Content.objects.create(
        external_id=f"{ref}-{number}", author=author, state="approved", approved_at=at, source=Source.objects.get(code="app"), published_at=at, quality_at=at + 7 * DAY,
        decided_at=at + 7 * DAY, weight=1,
    )  # fmt: skip
    for each in by:
        ContentMark.objects.create(content=made, author_id=author.pk, by_id=Member.objects.get(ref=each).pk,
                                   step="appreciated", event_id=ContentMark.objects.count() + 1, at=at + DAY)  # fmt: skip
    return made


def tier_of(ref="ada"):
    return Standing.objects.filter(member__ref=ref, tier__isnull=False).values_list("tier__code", flat=True).first()


def ada():
    return Member.objects.get(ref="ada")


def strikes(now, **given):
    kind = ViolationKind.objects.get(code="advertising")
    return conduct.record_violation(member_id=ada().pk, kind=kind, now=now, **given)


def told():
    found = EventPayload.objects.filter(event__type__code="tier.changed", event__member__ref="ada").order_by("event_id")
    return [json.loads(data)["to_tier"] for data in found.values_list("data", flat=True)]


def test_a_tier_asks_for_good_contents_on_days_from_people_and_each_that_is_missing_is_named(client_of):
    ladder(DEMAND, falls="earned")
    writes(1, NOW - 50 * DAY, by=["bo"])
    writes(2, NOW - 50 * DAY, by=["bo"])
    writes(3, NOW - 200 * DAY, by=["cy"])
    evaluate_ladders(now=NOW)
    assert tier_of() == "new"
    (line,) = client_of().get("/api/v1/members/ada/standing").json()
    assert [(each["metric"], each["within_days"], each["counter"]) for each in line["demands"]] == [
        ("content:quality", 90, ""), ("content:appreciators", 90, ""), ("content:quality_days", 90, ""),
    ]  # fmt: skip
    (line,) = standing_of(ada().pk, now=NOW)
    assert [(int(each.has), int(each.needs), each.is_there) for each in line.demands] == [
        (2, 3, False), (1, 2, False), (1, 2, False),
    ]  # fmt: skip

    writes(4, NOW - 20 * DAY, by=["cy"])
    evaluate_ladders(now=NOW)
    assert tier_of() == "known"
    # In two months the first ones have left the ninety days.
    (line,) = standing_of(ada().pk, now=NOW + 60 * DAY)
    assert [each.is_there for each in line.demands_held] == [False, False, False]
    evaluate_ladders(now=NOW + 60 * DAY)

    assert tier_of() == "new"
    assert told() == ["new", "known", "new"]


def test_the_points_page_says_it_in_both_languages(time_machine):
    time_machine.move_to(NOW)
    ladder(DEMAND, NO_STRIKE, falls="earned", grace_days=9)
    member = ada()
    member.user = get_user_model().objects.create_user("ada")
    member.save(update_fields=["user"])
    writes(1, NOW - 50 * DAY)
    strikes(NOW)
    evaluate_ladders(now=NOW)
    browser = Client()
    browser.force_login(member.user)

    english = browser.get("/me/").content.decode()
    chinese = browser.get("/me/", headers={"Accept-Language": "zh-hans"}).content.decode()

    assert "Still missing: quality contents in 90 days 1 of 3." in english
    assert "Still missing: different members who appreciated in 90 days 0 of 2." in english
    assert "Known voice is for members without live strikes; you have 1." in english
    assert "90 天内的优质内容" in chinese
    assert "要求没有仍有效的违规记分；你现在有 1" in chinese


def test_two_good_contents_a_month_are_a_duty_and_a_leave_forgives_it():
    ladder(duties=[{"metric": "content:quality", "at_least": 2}])
    writes(0, NOW - 100 * DAY)
    evaluate_ladders(now=datetime(2026, 8, 20, tzinfo=UTC))
    assert tier_of() == "known"
    for number, month in enumerate((9, 9, 10)):
        writes(number + 1, datetime(2026, month, 3, tzinfo=UTC))

    evaluate_ladders(now=datetime(2026, 10, 5, tzinfo=UTC))
    assert Standing.objects.get(member__ref="ada").duties_missed == 0
    evaluate_ladders(now=datetime(2026, 11, 5, tzinfo=UTC))
    assert Standing.objects.get(member__ref="ada").duties_missed == 1
    (line,) = standing_of(ada().pk, now=NOW)
    ((good,),) = (each.any_of for each in line.duties)
    assert (good.metric, int(good.has), int(good.needs)) == ("content:quality", 0, 2)
    take_leave(member=ada(), until=NOW + 3 * DAY, now=NOW)
    evaluate_ladders(now=datetime(2026, 12, 5, tzinfo=UTC))
    assert tier_of() == "known"
    evaluate_ladders(now=datetime(2027, 1, 5, tzinfo=UTC))

    assert tier_of() == "new"


EITHER = [{"any_of": [{"metric": "content:quality", "at_least": 2}, {"metric": "activity:sessions", "at_least": 1}]}]


def speaks(ref, at, part="speaker"):
    """Give a session that is finished at a moment, told as it is."""
    held = factories.announced(f"talk-{ref}-{part}-{at:%Y%m%d}", starts_at=at - timedelta(hours=2), now=at - 9 * DAY)
    member = Member.objects.get(ref=ref)
    ActivityPerson.objects.create(activity=held, member=member, part=part)
    for to in ("running", "finished"):
        life.step(activity_id=held.pk, to=ActivityState(to), now=at)
    assert Event.objects.filter(type__code="activity.spoke", member=member).exists()


def test_two_good_contents_or_one_session_a_month_and_helping_is_no_session(client_of):
    ladder(duties=EITHER)
    for ref in ("ada", "bo", "cy"):
        writes(0, NOW - 100 * DAY, ref=ref)
    evaluate_ladders(now=datetime(2026, 8, 20, tzinfo=UTC))
    writes(1, datetime(2026, 9, 3, tzinfo=UTC), ref="ada")
    writes(2, datetime(2026, 9, 3, tzinfo=UTC), ref="ada")
    speaks("ada", datetime(2026, 10, 9, 20, tzinfo=UTC), "host")
    speaks("bo", datetime(2026, 9, 9, 20, tzinfo=UTC))
    writes(1, datetime(2026, 10, 3, tzinfo=UTC), ref="bo")
    speaks("cy", datetime(2026, 9, 20, 20, tzinfo=UTC), "helper")
    speaks("ada", datetime(2026, 11, 20, 20, tzinfo=UTC), "host")

    for month in (9, 10, 11):
        evaluate_ladders(now=datetime(2026, month, 25, tzinfo=UTC))

    assert [tier_of(ref) for ref in ("ada", "bo", "cy")] == ["known", "known", "new"]
    missed = Standing.objects.filter(member__ref__in=["ada", "bo", "cy"]).values_list("member__ref", "duties_missed")
    assert dict(missed) == {"ada": 0, "bo": 1, "cy": 0}
    assert Standing.objects.get(member__ref="cy").owes_duty
    (line,) = client_of().get("/api/v1/members/ada/standing").json()
    ((is_done, ways),) = ((each["is_done"], each["any_of"]) for each in line["duties"])
    assert (is_done, [(each["metric"], each["has"], each["needs"]) for each in ways]) == (
        True, [("content:quality", "0", "2"), ("activity:sessions", "1", "1")],
    )  # fmt: skip


def test_the_points_page_names_every_way_to_do_a_duty(time_machine):
    time_machine.move_to(NOW)
    ladder(duties=EITHER)
    member = ada()
    member.user = get_user_model().objects.create_user("ada")
    member.save(update_fields=["user"])
    writes(1, NOW - 50 * DAY)
    evaluate_ladders(now=NOW)
    browser = Client()
    browser.force_login(member.user)

    english = browser.get("/me/").content.decode()
    chinese = browser.get("/me/", headers={"Accept-Language": "zh-hans"}).content.decode()

    assert "Known voice asks for this each month: quality contents 0 of 2, or sessions given 0 of 1." in english
    assert "每月要做到：优质内容 0/2，或主持或主讲的活动 0/1。" in chinese


def test_an_edit_that_allows_another_way_is_previewed_and_refused_with_the_word_to_mend(client_of, time_machine):
    time_machine.move_to(NOW)
    ladder(duties=[{"metric": "content:quality", "at_least": 2}])
    for ref in ("ada", "bo"):
        writes(0, NOW - 200 * DAY, ref=ref)
    evaluate_ladders(now=NOW - 90 * DAY)
    speaks("ada", datetime(2026, 9, 9, 20, tzinfo=UTC))
    speaks("ada", datetime(2026, 10, 9, 20, tzinfo=UTC))

    def preview(duties):
        body = json.dumps({"falls": "earned", "tiers": {"known": {"duties": duties}}})
        return client_of().post("/api/v1/ladders/voices/preview", body, content_type="application/json")

    # Both have not written for two months; one of them spoke.
    as_it_is, with_sessions = preview([{"metric": "content:quality", "at_least": 2}]), preview(EITHER)
    refused = preview(
        [{"any_of": [{"metric": "activity:sessions", "at_least": 1}, {"metric": "activity:talks", "at_least": 1}]}]
    )
    unread = preview([{"any_of": [{"metric": "activity:sessions", "at_least": 1}]}])

    assert [each.json()["fall_count"] for each in (as_it_is, with_sessions)] == [2, 1]
    assert [each["member"] for each in with_sessions.json()["falls"]] == ["bo"]
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (422, "bad_ladder")
    assert "tier known: duties: There is no measure of activities 'talks'" in refused.json()["detail"]
    assert unread.status_code == 400


@pytest.mark.parametrize("seed", range(6))
def test_everybody_at_once_and_one_by_one_are_decided_alike(seed, settings):
    settings.EVALUATION_CHUNK = 4
    dice = random.Random(seed)
    ladder(duties=[*EITHER, {"metric": "content:published", "at_least": 1}][: dice.choice((1, 2))], falls="earned")
    people = [factories.MemberFactory(ref=f"p{n}", joined_at=NOW - 300 * DAY) for n in range(9)]
    for person in people:
        writes(0, NOW - 200 * DAY, ref=person.ref)
    evaluate_ladders(now=NOW - 100 * DAY)
    expected = {}
    for person in people:
        for month in (9, 10):
            for number in range(dice.choice((0, 1, 2))):
                writes(f"{month}-{number}", datetime(2026, month, 3, tzinfo=UTC), ref=person.ref)
            if dice.random() < 0.3:
                speaks(person.ref, datetime(2026, month, 9, 20, tzinfo=UTC), dice.choice(("host", "speaker", "helper")))
    plan = current_plan(Ladder.objects.get(code="voices"))
    before = list(Standing.objects.values())

    def held():
        own = Standing.objects.filter(member__in=people).order_by("member_id")
        return list(own.values_list("member_id", "tier__code", "duties_missed", "owes_duty"))

    evaluating.evaluate(plan=plan, now=NOW)
    together = held()
    Standing.objects.all().delete()
    Standing.objects.bulk_create([Standing(**row) for row in before])
    for person in people:
        evaluating.evaluate_members(plan=plan, member_ids=[person.pk], now=NOW)

    for person in people:
        expected[person.pk] = [_is_month_done(plan, person, month) for month in (9, 10)]
    assert held() == together
    assert {pk: (tier, missed) for pk, tier, missed, _ in together} == {
        pk: {(False, False): ("new", 0), (True, False): ("known", 1)}.get(tuple(done), ("known", 0))
        for pk, done in expected.items()
    }


def _is_month_done(plan, person, month):
    """What the words say, counted by hand: two good contents or a session; and, where asked for, one published."""
    good = Content.objects.filter(author=person, quality_at__month=month).count()
    published = Content.objects.filter(author=person, published_at__month=month).count()
    spoke = ActivityPerson.objects.filter(member=person, spoke_at__month=month).exclude(part="helper").count()
    also = len(plan.tiers[1].duties) == 1 or published >= 1
    return (good >= 2 or spoke >= 1) and also


def test_a_strike_takes_the_tier_at_once_and_it_is_back_once_the_strike_is_overturned_or_forgotten():
    ladder(NO_STRIKE, falls="earned")
    writes(1, NOW - 20 * DAY)
    evaluate_ladders(now=NOW)
    assert tier_of() == "known"

    first = strikes(NOW)
    assert tier_of() == "new"
    conduct.decide(violation_id=first.pk, is_upheld=False, now=NOW, by="Jo", note="A mistake.")
    assert tier_of() == "known"
    second = strikes(NOW + DAY)
    conduct.decide(violation_id=second.pk, is_upheld=True, now=NOW + DAY, by="Jo", note="Three times.")
    assert tier_of() == "new"
    evaluate_ladders(now=NOW + 30 * DAY)
    assert tier_of() == "new"
    evaluate_ladders(now=NOW + 31 * DAY)

    assert tier_of() == "known"
    assert told() == ["known", "new", "known", "new", "known"]


def test_a_strike_takes_nothing_that_is_still_safe_and_the_page_foresees_the_fall():
    ladder(NO_STRIKE, falls="earned", window="days", days=90, validity_days=20)
    writes(1, NOW - 8 * DAY)
    evaluate_ladders(now=NOW)

    strikes(NOW)

    assert tier_of() == "known"
    (line,) = standing_of(ada().pk, now=NOW)
    assert [(int(each.has), int(each.needs), each.is_limit) for each in line.demands_held] == [(1, 0, True)]
    assert (line.projection.tier.code, line.projection.at, line.projection.is_a_fall) == ("new", NOW + 20 * DAY, True)
    evaluate_ladders(now=NOW + 20 * DAY)
    assert tier_of() == "new"


def test_an_award_does_not_lift_anybody_past_a_strike_and_a_ladder_is_never_measured_by_strikes(client_of):
    with pytest.raises(editing.BadLadder, match="There is no metric 'conduct:strikes'; there are balance"):
        ladder(metric="conduct:strikes")
    assert not Ladder.objects.exists()
    factories.rule({"then": [factories.award(10, "growth")]}, since=NOW - 900 * DAY)
    editing.put_ladder(
        code="voices", values={"metric": "earned:growth"},
        tiers={"new": {"threshold": 0}, "known": {"threshold": 5, "demands": [NO_STRIKE]}},
    )  # fmt: skip
    strikes(NOW)

    factories.report(factories.item("e1", "ada", time=(NOW - DAY).isoformat()), now=NOW)
    factories.judge()
    evaluate_ladders(now=NOW)

    assert tier_of() == "new"
    found = client_of().post(
        "/api/v1/ladders/voices/preview",
        json.dumps({"tiers": {"known": {"demands": [{"metric": "conduct:strikes", "at_most": 1}]}}}),
        content_type="application/json",
    )
    assert (found.status_code, found.json()["rise_count"]) == (200, 1)
    assert told() == ["new"]


def test_metrics_ask_the_same_of_the_database_for_one_member_and_for_three():
    ladder(DEMAND, NO_STRIKE, duties=[{"metric": "content:quality", "at_least": 2}])
    writes(1, NOW - 20 * DAY)
    evaluate_ladders(now=NOW)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            evaluate_ladders(now=NOW)
        return len(queries)

    one = asked()
    for ref in ("bo", "cy"):
        writes(1, NOW - 20 * DAY, ref=ref)
    evaluate_ladders(now=NOW)

    assert asked() == one
