"""Tiers the whole way: events in, standings, falls by the clock, quotas, loans, invitations, previews."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from incentives.domain import pending
from incentives.domain.evaluating import evaluate_ladders
from incentives.domain.ledger import keys, operations
from incentives.domain.ledger.verify import verify
from incentives.models import Currency
from incentives.tasks import evaluate_ladders as task
from members.domain.ladders import editing
from members.domain.standing import standing_of
from members.models import Event, EventPayload, EventType, Ladder, Member, Standing, StandingChange, Tier
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def ada():
    factories.world()
    EventType.objects.filter(code="content.published").update(is_contribution=True)
    factories.rule({"then": [award("event.data.words", "growth")]}, since=START - 900 * DAY)
    yield factories.MemberFactory(ref="ada", joined_at=START)
    assert [proof for proof in verify() if not proof.holds] == []


def ladder(metric="earned:growth", tiers=None, **values):
    values |= {"metric": metric} if metric else {}
    editing.put_ladder(code="rank", values=values, tiers=tiers or {})
    return Ladder.objects.get(code="rank")


def levels(*thresholds, **more):
    return {f"level-{n}": {"threshold": each, **more} for n, each in enumerate(thresholds)}


def earns(ref, points, at):
    name = f"{ref}-{at.isoformat()}-{Event.objects.count()}"
    factories.report(
        item(name, ref, time=at.isoformat(), data={"content_id": name[:60], "words": points}),
        now=at + timedelta(minutes=1),
    )
    factories.judge()


def tier_of(ref="ada"):
    found = Standing.objects.filter(member__ref=ref, tier__isnull=False).values_list("tier__code", flat=True).first()
    return found or ""


def told(ref="ada"):
    return [
        json.loads(data)
        for data in EventPayload.objects.filter(event__type__code="tier.changed", event__member__ref=ref)
        .order_by("event_id")
        .values_list("data", flat=True)
    ]


def spend(member, amount, at, currency="growth"):
    operations.spend(
        member_id=member.pk, currency=Currency.objects.get(code=currency), amount=amount,
        key=keys.of_request(f"spend {at}", "spend"), now=at, actor="test",
    )  # fmt: skip


@pytest.mark.parametrize(("left", "level"), [(5, "level-0"), (10, "level-1"), (30, "level-2")])
def test_at_the_years_end_the_level_follows_what_is_left_and_the_new_year_begins_with_nothing(ada, left, level):
    # C081: the level is decided first, on what the year left; then the points begin anew.
    Currency.objects.filter(code="growth").update(expiry={"kind": "after", "months": 0, "end_of": "year"})
    ladder("balance:growth", levels(0, 10, 30, 100), window="year", falls="earned")
    earns("ada", 10, START)
    earns("ada", 20, START + 30 * DAY)
    if left < 30:
        spend(ada, 30 - left, START + 60 * DAY)
    evaluate_ladders(now=START + 61 * DAY)
    assert tier_of() == "level-2"

    operations.expire_due(now=datetime(2027, 1, 1, 3, tzinfo=UTC))
    evaluate_ladders(now=datetime(2027, 1, 1, 4, tzinfo=UTC))

    assert tier_of() == level
    (line,) = standing_of(ada.pk, now=datetime(2027, 1, 1, 4, tzinfo=UTC))
    assert line.value == 0


def test_what_was_earned_in_the_last_days_counts_though_it_was_spent_and_not_before_it_is_unlocked(ada):
    # C083
    factories.rule(
        {"code": "locked", "if": "event.data.words == 7", "then": [award(50, "growth", pending={"for": "5d"})]},
        since=START - DAY,
    )
    ladder("earned:growth", levels(0, 40), window="days", days=30, falls="never")
    earns("ada", 7, START)
    assert tier_of() == "level-0"
    pending.settle_due(now=START + 6 * DAY)
    while factories.judge().events:
        pass
    evaluate_ladders(now=START + 6 * DAY)
    spend(ada, 50, START + 7 * DAY)
    evaluate_ladders(now=START + 8 * DAY)
    assert tier_of() == "level-1"

    evaluate_ladders(now=START + 200 * DAY)
    assert tier_of() == "level-1"
    ladder("", falls="earned")
    evaluate_ladders(now=START + 200 * DAY)

    assert tier_of() == "level-0"


def test_levels_say_how_far_it_is_and_a_cap_holds_until_it_is_lifted(client_of, ada):
    # C085, C087, C089
    ladder("balance:growth", levels(0, 500))
    earns("ada", 250, START)
    (line,) = client_of().get("/api/v1/members/ada/standing").json()
    assert (line["share"], line["missing"], line["next_tier"]["code"]) == (50, "250", "level-1")
    earns("ada", 10, START + DAY)
    assert [each["to_tier"] for each in told()] == ["level-0"]
    earns("ada", 240, START + 2 * DAY)
    (line,) = client_of().get("/api/v1/members/ada/standing").json()
    assert (line["tier"]["code"], line["share"], line["missing"], line["next_tier"]) == ("level-1", 100, None, None)
    earns("ada", 500, START + 3 * DAY)
    assert tier_of() == "level-1"

    editing.put_ladder(code="rank", values={}, tiers={"level-2": {"threshold": 600}, "level-3": {"threshold": 1000}})
    earns("ada", 1, START + 4 * DAY)

    assert [(each.get("from_tier"), each["to_tier"], each["rose"]) for each in told()] == [
        (None, "level-0", True),
        ("level-0", "level-1", True),
        ("level-1", "level-3", True),
    ]


def test_points_can_stop_at_the_cap_by_a_limit(ada):
    # C089
    limit = {"per": "member", "every": "ever", "amount": 250, "currency": "growth", "counts": "net", "over": "cut"}
    factories.rule({"then": [award("event.data.words", "growth")], "limits": [limit]}, now=START, since=START)
    ladder("balance:growth", levels(0, 200))
    earns("ada", 250, START + DAY)
    earns("ada", 100, START + 2 * DAY)

    from incentives.domain.ledger import queries

    assert [str(x.available) for x in queries.balances(ada.pk) if x.currency == "growth"] == ["250"]


def test_likes_count_only_from_enough_people_on_enough_days(client_of, ada):
    # C091, C093: days with something on them in a window, and a number spread over people and days.
    schema = {"by": {"type": "string"}, "read": {"type": "bool"}}
    liked = factories.EventTypeFactory(code="content.liked", schema=schema)
    shared = {"event_type": liked, "window": "rolling", "days": 100}
    factories.counter(code="likes", kind="count", **shared)
    factories.counter(code="likers", kind="distinct", value="event.data.by", **shared)
    factories.counter(code="like_days", kind="days", filter="event.data.read", **shared)
    demand = {
        "counter": "likes",
        "at_least": 3,
        "people": "likers",
        "people_min": 2,
        "days": "like_days",
        "days_min": 2,
    }
    ladder("balance:growth", {"new": {"threshold": 0}, "liked": {"threshold": 1, "demands": [demand]}})
    earns("ada", 5, START)

    def is_liked(by, at, *, read=True):
        name = f"like {by} {at.isoformat()}"
        factories.report(
            item(name, "ada", type="content.liked", time=at.isoformat(), data={"by": by, "read": read}),
            now=at + timedelta(seconds=9),
        )
        factories.judge()

    is_liked("bo", START)
    is_liked("bo", START + 96 * DAY, read=False)
    is_liked("bo", START + 97 * DAY)
    assert tier_of() == "new"
    (line,) = standing_of(ada.pk, now=START + 98 * DAY)
    assert [(w.counter, int(w.has), int(w.needs)) for w in line.demands] == [
        ("likes", 3, 3), ("likers", 1, 2), ("like_days", 2, 2),
    ]  # fmt: skip
    # The line is crossed by an event that pays nothing, and the tier is there at once.
    is_liked("cy", START + 98 * DAY)
    assert tier_of() == "liked"

    # The first like leaves the window; a hundred days after the last ones there is nobody left.
    ladder("", falls="earned")
    evaluate_ladders(now=START + 101 * DAY)
    assert tier_of() == "liked"
    evaluate_ladders(now=START + 197 * DAY)
    assert tier_of() == "new"


def test_a_suspended_member_neither_gains_nor_keeps_a_scarce_tier(ada):
    # C095
    factories.MemberFactory(ref="bo")
    ladder("balance:growth", {"all": {"threshold": 0}, "best": {"threshold": 10, "quota_members": 1}})
    earns("ada", 30, START)
    earns("bo", 20, START)
    evaluate_ladders(now=START + DAY)
    assert (tier_of("ada"), tier_of("bo")) == ("best", "all")

    Member.objects.filter(ref="ada").update(status="suspended")
    evaluate_ladders(now=START + 2 * DAY)

    assert (tier_of("ada"), tier_of("bo")) == ("all", "best")
    assert told("ada")[-1] == {
        "ladder": "rank", "from_tier": "best", "to_tier": "all", "rose": False, "reason": "status",
    }  # fmt: skip


def test_the_place_in_line_is_shown_and_better_ones_take_over(client_of, ada):
    for number in range(3):
        factories.MemberFactory(ref=f"m{number}")
    ladder("balance:growth", {"all": {"threshold": 0}, "best": {"threshold": 10, "quota_members": 2}})
    for number, ref in enumerate(("m0", "m1", "m2", "ada")):
        earns(ref, 50 - number, START)
    evaluate_ladders(now=START + DAY)

    (line,) = client_of().get("/api/v1/members/ada/standing").json()
    assert (line["tier"]["code"], line["line"]["place"], line["line"]["places"]) == ("all", 4, 2)
    earns("ada", 10, START + 2 * DAY)
    assert tier_of("ada") == "all"
    evaluate_ladders(now=START + 3 * DAY)
    assert [tier_of(ref) for ref in ("ada", "m0", "m1", "m2")] == ["best", "best", "all", "all"]
    assert told("m1")[-1]["reason"] == "quota"


def test_evaluating_twice_changes_nothing_and_asks_no_more_for_more_members(ada):
    ladder("earned:growth", levels(0, 10, 30), window="month", falls="step", grace_days=3)
    earns("ada", 30, START)
    evaluate_ladders(now=START + DAY)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            task()
        return len(queries)

    asked()
    before = list(Standing.objects.order_by("pk").values()), StandingChange.objects.count(), Event.objects.count()
    one = asked()
    assert (
        list(Standing.objects.order_by("pk").values()),
        StandingChange.objects.count(),
        Event.objects.count(),
    ) == before
    for number in range(3):
        factories.MemberFactory(ref=f"m{number}")
    asked()

    assert asked() == one


def test_a_month_that_was_enough_is_kept_with_grace_and_then_lost_step_by_step(client_of, ada):
    ladder("earned:growth", levels(0, 10, 30), window="month", falls="step", grace_days=3)
    earns("ada", 40, START)
    evaluate_ladders(now=START + timedelta(hours=1))

    (line,) = standing_of(ada.pk, now=START + DAY)
    assert (line.tier.code, f"{line.safe_until:%Y-%m-%d}") == ("level-2", "2026-03-01")
    assert (line.projection.tier.code, f"{line.projection.at:%m-%d}") == ("level-2", "02-01")
    assert not line.projection.is_a_fall
    evaluate_ladders(now=datetime(2026, 2, 1, 1, tzinfo=UTC))
    (line,) = standing_of(ada.pk, now=datetime(2026, 2, 20, tzinfo=UTC))
    assert (line.value, f"{line.safe_until:%m-%d}", line.projection.tier.code) == (0, "03-01", "level-1")
    assert (f"{line.projection.at:%m-%d}", line.projection.is_a_fall) == ("03-04", True)

    for day, level in (("02-28", 2), ("03-02", 2), ("03-04", 1), ("03-20", 1), ("04-02", 1), ("04-05", 0)):
        evaluate_ladders(now=datetime.fromisoformat(f"2026-{day}T12:00:00+00:00"))
        assert (day, tier_of()) == (day, f"level-{level}")
    assert [(each["to_tier"], each["reason"]) for each in told()[-2:]] == [
        ("level-1", "not_earned"),
        ("level-0", "not_earned"),
    ]


def test_what_crosses_the_line_in_this_window_rises_at_once_and_what_lies_before_it_does_not(ada):
    ladder("earned:growth", levels(0, 10), window="days", days=30, falls="earned")
    now = datetime.now(UTC)
    earns("ada", 9, now - 40 * DAY)
    earns("ada", 9, now - 2 * DAY)
    assert tier_of() == "level-0"

    earns("ada", 1, now - DAY)

    assert tier_of() == "level-1"
    change = StandingChange.objects.order_by("-pk")[0]
    assert Event.objects.get(pk=change.cause_id).member_id == ada.pk


def test_only_a_qualifying_currency_decides_and_nobody_can_hand_it_on(ada):
    with pytest.raises(editing.BadLadder, match="points is spendable"):
        ladder("balance:points")
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError, match="cannot be transferred"):
        Currency(code="given", kind="qualifying", is_transferable=True).full_clean()


def put(client, path, **body):
    return client.put(f"/api/v1/{path}", json.dumps(body), content_type="application/json")


def test_a_tier_is_lent_until_a_day_and_goes_back_to_what_is_earned(client_of, ada):
    client = client_of()
    ladder("balance:growth", levels(0, 10, 30))
    earns("ada", 12, START)
    path = "members/ada/tiers/rank/level-2/loan"

    refused = put(client, path, until="2020-01-01T00:00:00Z", reason="Thanks.")
    lent = put(client, path, until="2126-01-01T00:00:00Z", reason="Thanks.")
    again = put(client, path, until="2127-01-01T00:00:00Z", reason="Thanks again.")
    evaluate_ladders(now=datetime.now(UTC))

    assert (refused.status_code, lent.status_code, again.status_code) == (422, 200, 200)
    (line,) = client.get("/api/v1/members/ada/standing").json()
    assert (line["tier"]["code"], line["loan"]["reason"]) == ("level-2", "Thanks again.")
    ended = client.delete(f"/api/v1/{path}")
    assert (ended.status_code, tier_of()) == (200, "level-1")
    assert client.delete(f"/api/v1/{path}").status_code == 404
    assert [each["reason"] for each in told()][-2:] == ["pin", "pin_ended"]


def test_a_tier_by_invitation_opens_when_the_member_says_yes_and_closes_again(client_of, ada):
    client = client_of()
    ladder("balance:growth", {**levels(0), "guests": {"threshold": 5, "is_by_invitation": True}})
    earns("ada", 12, START)
    path = "members/ada/tiers/rank/guests/invitation"

    assert put(client, "members/ada/tiers/rank/level-0/invitation").status_code == 422
    assert client.post(f"/api/v1/{path}/accept").status_code == 404
    assert put(client, path, reason="You help everybody.").status_code == 200
    (line,) = client.get("/api/v1/members/ada/standing").json()
    assert (line["tier"]["code"], line["needs_invitation"], line["invited_into"]["code"]) == ("level-0", True, "guests")
    assert [client.post(f"/api/v1/{path}/accept").status_code for _ in range(2)] == [200, 200]
    assert tier_of() == "guests"
    assert client.delete(f"/api/v1/{path}").status_code == 200
    assert tier_of() == "level-0"


def test_a_preview_says_who_moves_and_changes_nothing(client_of, ada):
    client = client_of()
    factories.MemberFactory(ref="bo", display_name="Bo")
    ladder("balance:growth", levels(0, 10, 30), falls="earned")
    earns("ada", 12, START)
    earns("bo", 28, START)
    before = list(Tier.objects.order_by("pk").values()), list(Standing.objects.order_by("pk").values())

    said = client.post(
        "/api/v1/ladders/rank/preview",
        json.dumps({"tiers": {"level-1": {"threshold": 20}, "level-2": {"threshold": 25}}}),
        content_type="application/json",
    )
    wrong = client.post(
        "/api/v1/ladders/rank/preview",
        json.dumps({"tiers": {"level-1": {"demands": [{"counter": "nothing", "at_least": 1}]}}}),
        content_type="application/json",
    )

    assert said.json() == {
        "rise_count": 1, "fall_count": 1,
        "rises": [{"member": "bo", "display_name": "Bo", "from_tier": "level-1", "to_tier": "level-2",
                   "reason": "earned", "value": "28"}],
        "falls": [{"member": "ada", "display_name": "", "from_tier": "level-1", "to_tier": "level-0",
                   "reason": "not_earned", "value": "12"}],
        "fingerprint": said.json()["fingerprint"],
    }  # fmt: skip
    assert (wrong.status_code, "nothing" in wrong.json()["detail"]) == (422, True)
    assert (list(Tier.objects.order_by("pk").values()), list(Standing.objects.order_by("pk").values())) == before


def test_the_admin_shows_who_moves_before_a_change_is_applied(client, django_user_model, ada):
    client.force_login(django_user_model.objects.create_superuser("operator", "", "x"))
    made = ladder("balance:growth", levels(0, 10), falls="earned")
    earns("ada", 12, START)
    tiers = list(made.tiers.order_by("threshold"))
    given = {
        "code": "rank", "names": "{}", "metric": "balance:growth", "window": "lifetime", "rises": "at_once",
        "falls": "earned", "grace_days": 0, "why": "Harder.", "tiers-TOTAL_FORMS": 2, "tiers-INITIAL_FORMS": 2,
    }  # fmt: skip
    for number, tier in enumerate(tiers):
        given |= {
            f"tiers-{number}-id": tier.pk, f"tiers-{number}-ladder": made.pk, f"tiers-{number}-code": tier.code,
            f"tiers-{number}-names": '{"en": "L"}', f"tiers-{number}-threshold": (0, 20)[number],
            f"tiers-{number}-demands": "[]", f"tiers-{number}-duties": "[]",
        }  # fmt: skip
    given["names"] = '{"en": "Rank"}'
    path = f"/admin/members/ladder/{made.pk}/change/"

    asked = client.post(path, given)
    assert (asked.status_code, made.tiers.get(code="level-1").threshold) == (200, 10)
    assert "1 would fall" in asked.content.decode()
    done = client.post(path, {**given, "_confirmed": asked.context["preview"].fingerprint})

    assert (done.status_code, made.tiers.get(code="level-1").threshold) == (302, 20)
    evaluate_ladders(now=START + DAY)
    assert tier_of() == "level-0"


def test_nothing_is_left_behind_by_a_refused_edit(ada):
    ladder("balance:growth", levels(0, 10))
    with pytest.raises(editing.BadLadder, match="same threshold"), transaction.atomic():
        editing.put_ladder(code="rank", values={"purpose": "x"}, tiers={"level-2": {"threshold": 10}})

    assert Ladder.objects.get().purpose == ""
