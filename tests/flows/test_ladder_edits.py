"""Ladders changed by API and admin as they were previewed, and undone as a whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incentives.domain.evaluating import evaluate_ladders
from incentives.domain.ladders import gained_since
from incentives.domain.ledger import queries
from members.domain.ladders import editing, edits, lending, undoing
from members.models import Event, EventPayload, Ladder, LadderEdit, Member, Standing, StandingChange, Tier, TierPin
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
# What is judged is dated by the clock of the database, so this is a real one too.
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
REFS = ("ada", "bo", "cy")


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.rule({"then": [award("event.data.words", "growth")]}, since=NOW - 900 * DAY)
    factories.rule(
        {"code": "risen", "when": "tier.changed", "if": "event.data.rose", "then": [award(7)]}, since=NOW - 900 * DAY
    )
    tiers = {"new": {"threshold": 0}, "gold": {"threshold": 100, "names": {"en": "Gold"}}}
    editing.put_ladder(code="rank", values={"metric": "balance:growth", "falls": "earned"}, tiers=tiers)
    for number, ref in enumerate(REFS):
        factories.MemberFactory(ref=ref)
        said = item(
            f"e{ref}", ref, time=(NOW - 9 * DAY).isoformat(), data={"content_id": ref, "words": 40 + 40 * number}
        )
        factories.report(said, now=NOW - 9 * DAY)
    judge()


def judge():
    while factories.judge().events:
        pass


def evaluate():
    evaluate_ladders(now=datetime.now(UTC))
    judge()


def tiers():
    found = Standing.objects.order_by("member_id").values_list("member__ref", "tier__code")
    return dict(found)


def points(ref):
    found = {line.currency: int(line.available) for line in queries.balances(Member.objects.get(ref=ref).pk)}
    return found.get("points", 0)


def post(client, path, key="k", **body):
    return client.post(
        f"/api/v1/ladders/rank/{path}", json.dumps(body), content_type="application/json",
        headers={"Idempotency-Key": key},
    )  # fmt: skip


def change(client, key="k", why="Fewer for gold.", **body):
    seen = post(client, "preview", **body).json()["fingerprint"]
    return post(client, "edits", key=key, why=why, fingerprint=seen, **body)


def lower(client, threshold=60, key="k"):
    return change(client, key=key, tiers={"gold": {"threshold": threshold}})


def said(edit):
    return [(each.tier, each.field, each.before, each.after) for each in edits.differences(edit)]


def test_a_change_is_applied_as_it_was_previewed_once_and_everybody_is_evaluated(client_of):
    client = client_of()
    before = LadderEdit.objects.count()

    made = lower(client)
    again = post(client, "edits", why="Fewer for gold.", fingerprint=made.json()["id"], tiers={})
    same = post(client, "edits", why="Fewer for gold.", tiers={"gold": {"threshold": 60}},
                fingerprint=edits.fingerprint(made.json()["before"], made.json()["after"]))  # fmt: skip
    evaluate()

    assert (made.status_code, again.status_code, same.status_code) == (201, 409, 200)
    assert again.json()["type"].endswith("idempotency_key_reused")
    assert same.json() == made.json()
    assert LadderEdit.objects.count() == before + 1
    edit = LadderEdit.objects.get(pk=made.json()["id"])
    assert (edit.why, said(edit)) == ("Fewer for gold.", [("gold", "threshold", 100, 60)])
    assert Tier.history.filter(code="gold").latest().history_change_reason == "Fewer for gold."
    assert tiers() == {"ada": "new", "bo": "gold", "cy": "gold"}
    (line,) = client.get("/api/v1/ladders/rank/edits").json()["results"]
    assert (line["id"], line["undone_by"], line["gained"]) == (str(edit.pk), None, None)


def test_what_is_not_what_was_previewed_is_refused_and_nothing_is_changed(client_of):
    client = client_of()
    seen = post(client, "preview", tiers={"gold": {"threshold": 60}}).json()["fingerprint"]

    other = post(client, "edits", why="No.", fingerprint=seen, tiers={"gold": {"threshold": 50}})
    editing.put_ladder(code="rank", values={"grace_days": 3}, tiers={})
    late = post(client, "edits", key="l", why="No.", fingerprint=seen, tiers={"gold": {"threshold": 60}})
    bad = post(client, "edits", key="b", why="No.", fingerprint="", tiers={"gold": {"threshold": 60}})
    nothing = change(client, key="n", grace_days=3)
    missing = post(client, "edits", key="m", tiers={})
    unknown = client.get("/api/v1/ladders/nowhere/edits")

    assert [each.status_code for each in (other, late, bad, nothing, missing, unknown)] == [
        409,
        409,
        400,
        422,
        400,
        404,
    ]
    assert "not the change that was previewed" in other.json()["detail"]
    assert "changed since it was previewed" in late.json()["detail"]
    assert "changes nothing" in nothing.json()["detail"]
    assert Tier.objects.get(code="gold").threshold == 100
    assert LadderEdit.objects.count() == 1
    # A refusal that another try may overcome is not kept under the key.
    assert lower(client, key="l").status_code == 201


def test_only_a_key_with_the_scope_changes_and_undoes(client_of):
    reader, writer = client_of("rules:read"), client_of("ladders:write")
    seen = post(reader, "preview", tiers={"gold": {"threshold": 60}}).json()["fingerprint"]
    body = {"why": "Fewer.", "fingerprint": seen, "tiers": {"gold": {"threshold": 60}}}

    assert post(reader, "edits", **body).status_code == 403
    made = post(writer, "edits", **body)
    assert made.status_code == 201
    path = f"edits/{made.json()['id']}/undo"
    assert reader.get(f"/api/v1/ladders/rank/{path}").json()["fall_count"] == 0
    assert post(reader, path, why="No.").status_code == 403
    assert writer.get("/api/v1/ladders/rank/edits").status_code == 403
    assert post(writer, path, key="u", why="No.").status_code == 201


def test_an_undo_brings_the_former_ladder_back_tells_what_stays_and_a_second_one_does_nothing(client_of):
    client = client_of()
    paid = points("bo")
    made = lower(client).json()
    evaluate()
    assert (tiers()["bo"], points("bo")) == ("gold", paid + 7)

    ahead = client.get(f"/api/v1/ladders/rank/edits/{made['id']}/undo").json()
    undone = post(client, f"edits/{made['id']}/undo", key="u", why="A slip.", fingerprint=ahead["fingerprint"])
    evaluate()
    again = post(client, f"edits/{made['id']}/undo", key="v", why="A slip.", fingerprint=ahead["fingerprint"])

    assert (ahead["rise_count"], [each["member"] for each in ahead["falls"]]) == (0, ["bo"])
    assert undone.status_code == 201
    assert undone.json()["gained"] == {"rises": 1, "falls": 0, "points": {"points": "7"}, "badges": 0, "privileges": 0}
    assert (undone.json()["undoes"], undone.json()["was_undone"]) == (made["id"], False)
    assert (again.status_code, again.json()["was_undone"], again.json()["id"]) == (200, True, undone.json()["id"])
    assert tiers() == {"ada": "new", "bo": "new", "cy": "gold"}
    assert points("bo") == paid + 7
    assert Tier.objects.get(code="gold").threshold == 100
    first, second = client.get("/api/v1/ladders/rank/edits").json()["results"]
    assert (first["undoes"], second["undone_by"]) == (second["id"], first["id"])
    assert edits.plain(LadderEdit.objects.get(pk=first["id"]).after) == second["before"]


def test_only_the_newest_change_is_undone_and_an_undo_is_not(client_of):
    client = client_of()
    first, second = lower(client, 60).json(), lower(client, 50, key="2").json()

    early = post(client, f"edits/{first['id']}/undo", key="a", why="No.")
    assert (early.status_code, early.json()["type"][-11:]) == (409, "cannot_undo")
    assert "undo the newest change first" in early.json()["detail"]
    assert client.get(f"/api/v1/ladders/rank/edits/{first['id']}/undo").status_code == 409
    undo = post(client, f"edits/{second['id']}/undo", key="b", why="No.").json()
    assert client.get(f"/api/v1/ladders/rank/edits/{second['id']}/undo").status_code == 409
    redo = post(client, f"edits/{undo['id']}/undo", key="c", why="No.")
    assert "make the change anew" in redo.json()["detail"]
    assert post(client, f"edits/{first['id']}/undo", key="d", why="No.").status_code == 201
    assert post(client, f"edits/{2**70}/undo", key="e", why="No.").status_code == 404
    assert Tier.objects.get(code="gold").threshold == 100


def test_an_undo_that_was_previewed_before_another_change_is_refused(client_of):
    client = client_of()
    made = lower(client).json()
    seen = client.get(f"/api/v1/ladders/rank/edits/{made['id']}/undo").json()["fingerprint"]
    Ladder.objects.filter(code="rank").update(grace_days=4)

    refused = post(client, f"edits/{made['id']}/undo", key="u", why="No.", fingerprint=seen)
    blind = post(client, f"edits/{made['id']}/undo", key="v", why="No.")

    assert (refused.status_code, refused.json()["type"][-14:]) == (409, "ladder_changed")
    assert (blind.status_code, blind.json()["type"][-11:]) == (409, "cannot_undo")
    assert "change it by hand" in blind.json()["detail"]
    assert Tier.objects.get(code="gold").threshold == 60


def test_whoever_holds_a_tier_that_goes_is_on_the_next_one_and_is_told_so(client_of):
    client = client_of()
    made = change(
        client, tiers={"silver": {"threshold": 70, "names": {"en": "Silver"}}, "gold": {"threshold": 500}}
    ).json()
    evaluate()
    lending.lend(member=Member.objects.get(ref="ada"), tier=Tier.objects.get(code="silver"), until=NOW + 9 * DAY,
                 reason="Jury.", by="jo", now=datetime.now(UTC))  # fmt: skip
    assert tiers() == dict.fromkeys(REFS, "silver")

    undone = post(client, f"edits/{made['id']}/undo", key="u", why="A slip.")

    assert undone.status_code == 201
    assert tiers() == dict.fromkeys(REFS, "new")
    last = EventPayload.objects.filter(event__type__code="tier.changed", event__member__ref="cy").latest("event_id")
    assert json.loads(last.data) == {
        "ladder": "rank", "from_tier": "silver", "to_tier": "new", "rose": False, "reason": "undone",
    }  # fmt: skip
    assert StandingChange.objects.filter(reason="undone").count() == 3
    # What members have held is remembered, and everywhere else it is as if the tier had never been.
    assert Tier.objects.get(code="silver").retired_at is not None
    assert TierPin.objects.get().ended_at is not None
    (ladder,) = client.get("/api/v1/ladders").json()
    assert [(each["code"], each["threshold"]) for each in ladder["tiers"]] == [("new", "0"), ("gold", "100")]
    assert client.put("/api/v1/members/ada/tiers/rank/silver/invitation", {}, format="json").status_code == 404
    evaluate()
    assert tiers() == {"ada": "new", "bo": "new", "cy": "gold"}
    # It can be made again.
    assert change(client, key="3", tiers={"silver": {"threshold": 70}}).status_code == 201
    evaluate()
    assert tiers()["bo"] == "silver"


def test_a_tier_that_nobody_has_held_goes_wholly_and_one_that_was_deleted_comes_back(client_of):
    client = client_of()
    made = change(
        client, tiers={"star": {"threshold": 900}, "gold": {"threshold": 300}, "new": {"threshold": -9}}
    ).json()
    post(client, f"edits/{made['id']}/undo", key="u", why="A slip.")
    assert Tier.objects.get(code="new").threshold == 0
    assert not Tier.objects.filter(code="star").exists()

    ladder = Ladder.objects.get(code="rank")
    Standing.objects.filter(tier__code="gold").update(tier=Tier.objects.get(code="new"))
    StandingChange.objects.filter(to_tier__code="gold").delete()
    with edits.recording(ladder=ladder, why="", by="jo", now=NOW) as recorded:
        Tier.objects.get(code="gold").delete()
    assert said(recorded.edit) == [("gold", "code", "gold", "")]
    undone = undoing.undo_edit(edit=recorded.edit, why="A slip.", by="jo", now=NOW)

    assert undone.is_new
    gold = Tier.objects.get(code="gold")
    assert (gold.threshold, gold.names) == (100, {"en": "Gold"})


def test_a_ladder_that_cannot_be_what_it_was_stays_what_it_is(client_of):
    counted = factories.counter(code="posts", kind="count", event_type=factories.EventTypeFactory())
    editing.put_ladder(code="rank", values={}, tiers={"gold": {"demands": [{"counter": "posts", "at_least": 1}]}})
    editing.put_ladder(code="rank", values={}, tiers={"gold": {"demands": []}})
    counted.delete()

    with pytest.raises(undoing.CannotUndo, match="cannot be what it was: tier gold: demands: There is no counter"):
        undoing.undo_edit(edit=LadderEdit.objects.latest("pk"), why="", by="jo", now=NOW)

    assert Tier.objects.get(code="gold").demands == []
    assert LadderEdit.objects.count() == 2


def test_what_was_gained_before_the_change_or_on_another_ladder_is_not_told():
    evaluate()
    editing.put_ladder(code="other", values={"metric": "balance:growth"}, tiers={"in": {"threshold": 1}})
    editing.put_ladder(code="rank", values={"purpose": "New."}, tiers={}, now=datetime.now(UTC))
    evaluate()

    assert Event.objects.filter(type__code="tier.changed").count() > 3
    assert gained_since(LadderEdit.objects.get()) == {
        "rises": 0, "falls": 0, "points": {}, "badges": 0, "privileges": 0,
    }  # fmt: skip


# The admin


@pytest.fixture
def desk():
    operator = get_user_model().objects.create_superuser("ines", "", "secret")
    browser = Client()
    browser.force_login(operator)
    return browser


def form_of(ladder, **changed):
    found = {
        "code": "rank", "names": "{}", "purpose": "", "metric": "balance:growth", "window": "lifetime", "days": "",
        "rises": "at_once", "falls": "earned", "validity_days": "", "grace_days": "0", "why": "Fewer for gold.",
        "tiers-TOTAL_FORMS": "2", "tiers-INITIAL_FORMS": "2", "tiers-MIN_NUM_FORMS": "0",
        "tiers-MAX_NUM_FORMS": "1000",
    }  # fmt: skip
    for number, tier in enumerate(ladder.tiers.in_use().order_by("threshold")):
        found |= {
            f"tiers-{number}-id": tier.pk, f"tiers-{number}-ladder": ladder.pk, f"tiers-{number}-code": tier.code,
            f"tiers-{number}-names": json.dumps(tier.names or {"en": tier.code}),
            f"tiers-{number}-threshold": tier.threshold, f"tiers-{number}-demands": "[]",
            f"tiers-{number}-duties": "[]",
        }  # fmt: skip
    return found | {"names": '{"en": "Rank"}'} | changed


def test_the_desk_applies_what_was_shown_and_refuses_what_has_moved_on(desk):
    ladder = Ladder.objects.get(code="rank")
    path = f"/admin/members/ladder/{ladder.pk}/change/"
    given = form_of(ladder, **{"tiers-1-threshold": "60"})

    shown = desk.post(path, given)
    seen = shown.context["preview"].fingerprint
    assert (shown.context["preview"].rise_count, LadderEdit.objects.count()) == (1, 0)
    editing.put_ladder(code="rank", values={"grace_days": 3}, tiers={})
    late = desk.post(path, {**given, "_confirmed": seen}, follow=True)
    assert "changed since it was previewed" in late.content.decode()
    assert Tier.objects.get(code="gold").threshold == 100

    seen = desk.post(path, given).context["preview"].fingerprint
    desk.post(path, {**given, "_confirmed": seen})

    edit = LadderEdit.objects.latest("pk")
    assert (edit.made_by, edit.why) == ("ines", "Fewer for gold.")
    assert ("gold", "threshold", 100, 60) in said(edit)


def test_the_desk_undoes_a_change_after_showing_who_moves_and_what_stays(desk):
    editing.put_ladder(code="rank", values={}, tiers={"gold": {"threshold": 60}}, by="jo", now=datetime.now(UTC))
    evaluate()
    edit = LadderEdit.objects.latest("pk")
    path = f"/admin/members/ladderedit/{edit.pk}"

    story = desk.get(f"{path}/change/").content.decode()
    ask = desk.get(f"/admin/members/ladderedit/{edit.pk}/undo/")
    page = ask.content.decode()
    seen = ask.context["preview"].fingerprint
    blank = desk.post(ask.request["PATH_INFO"], {"why": " ", "_confirmed": seen})
    assert ("This field is required." in blank.content.decode(), LadderEdit.objects.filter(undoes=edit).count()) == (
        True,
        0,
    )
    done = desk.post(ask.request["PATH_INFO"], {"why": "A slip.", "_confirmed": seen}, follow=True)
    again = desk.post(ask.request["PATH_INFO"], {"why": "A slip.", "_confirmed": ""}, follow=True)
    refused = desk.get(ask.request["PATH_INFO"], follow=True)

    assert "threshold" in story
    assert "0 would rise and 1 would fall now" in page
    assert "Rises on this ladder since the change: 1, falls: 0." in page
    assert "points: 7" in page
    assert "The ladder is what it was before." in done.content.decode()
    assert "This change has been undone already." in again.content.decode()
    assert "This change has been undone already." in refused.content.decode()
    assert LadderEdit.objects.get(undoes=edit).made_by == "ines"
    assert "undone on" in desk.get("/admin/members/ladderedit/").content.decode()


def test_the_list_of_changes_asks_the_same_of_the_database_for_one_and_for_three(client_of):
    client = client_of()
    editing.put_ladder(code="rank", values={"purpose": "1"}, tiers={})
    client.get("/api/v1/ladders/rank/edits")

    def asked():
        with CaptureQueriesContext(connection) as found:
            assert client.get("/api/v1/ladders/rank/edits").status_code == 200
        return len(found)

    one = asked()
    for number in (2, 3):
        editing.put_ladder(code="rank", values={"purpose": str(number)}, tiers={})

    assert asked() == one
