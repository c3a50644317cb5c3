"""From a code to a member who stays, and back again where it was a fraud."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incentives.domain import referrals
from incentives.domain.ledger import queries
from incentives.domain.ledger.verify import verify
from incentives.tasks import advance_referrals
from members.domain.invitations import growth, making
from members.domain.invitations.stages import advance_referrals as advance
from members.models import Event, Invitation, Member, Referral, Space, SpaceMember, Work
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.MemberFactory(ref="ada", email="ada@x.example")
    yield
    assert [proof for proof in verify() if not proof.holds] == []


@pytest.fixture
def client(client_of):
    return client_of()


def post(client, path, **body):
    return client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")


def invite(client, **body) -> str:
    answer = post(client, "invitations", **{"inviter": "ada", **body})
    assert answer.status_code == 201, answer.json()
    return answer.json()["code"]


def judge() -> None:
    while factories.judge().events:
        pass
    assert not Work.objects.exists()


def points(ref: str) -> int:
    lines = queries.balances(Member.objects.get(ref=ref).pk)
    return next(int(line.available) for line in lines if line.currency == "points")


def test_a_code_brings_a_member_in_and_pays_both(client):
    factories.rule({"code": "joined", "when": "referral.joined", "then": [award(10), award(20, to="inviter")]})
    code = invite(client, channel="friend")

    answer = post(client, f"invitations/{code.lower()}/accept", ref="bo", email="bo@y.example", language="zh-hans")
    again = post(client, f"invitations/{code}/accept", ref="bo", email="bo@y.example")
    judge()

    assert answer.status_code == 201, answer.json()
    assert (answer.json()["inviter"], answer.json()["depth"], answer.json()["state"]) == ("ada", 1, "open")
    assert (again.status_code, again.json()["joined_at"]) == (200, answer.json()["joined_at"])
    bo = Member.objects.get(ref="bo")
    assert (bo.invited_by.ref, bo.language) == ("ada", "zh-hans")
    assert (points("bo"), points("ada")) == (10, 20)
    shown = client.get("/api/v1/members/ada/referrals").json()
    assert [(line["member"], line["code"]) for line in shown["referrals"]] == [("bo", code)]
    assert shown["invitations_left"] == 19


@pytest.mark.parametrize(
    ("_case", "code", "body", "status", "kind"),
    [
        ("unknown", "NOPE", {}, 404, "unknown_code"),
        ("used", "USED", {}, 422, "used"),
        ("over", "OVER", {}, 422, "expired"),
        ("taken_back", "BACK", {}, 422, "revoked"),
        ("another_person", "HERS", {"email": "bo@y.example"}, 422, "other_person"),
        ("another_domain", "WORK", {"email": "bo@y.example"}, 422, "other_domain"),
        ("a_domain_that_only_ends_alike", "WORK", {"email": "bo@notx.example"}, 422, "other_domain"),
        ("in_already", "GOOD", {"ref": "ada"}, 409, "already_member"),
    ],
)
def test_a_code_that_does_not_fit_lets_nobody_in_and_says_why(client, _case, code, body, status, kind):
    now = timezone.now()
    make = {"inviter": None, "now": now}
    making.invite(code="GOOD", **make)
    Invitation.objects.filter(pk=making.invite(code="USED", **make).pk).update(uses=1)
    making.invite(code="OVER", expires_at=now - timedelta(seconds=1), **make)
    making.revoke(invitation=making.invite(code="BACK", **make), now=now)
    making.invite(code="HERS", email="cy@y.example", **make)
    making.invite(code="WORK", email_domain="@x.example", **make)
    before = Member.objects.count()

    answer = post(client, f"invitations/{code}/accept", **{"ref": "bo", **body})

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}")
    assert answer.json()["detail"].endswith(".")
    assert (Member.objects.count(), Referral.objects.count()) == (before, 0)


def test_a_members_quota_is_their_tiers_and_says_when_the_next_is_free(client):
    ladder = factories.ladder(bronze=0)
    ladder.tiers.update(invitations_max=2)
    from members.models import Standing

    Standing.objects.create(
        member=Member.objects.get(ref="ada"), ladder=ladder, tier=ladder.tiers.get(), since=timezone.now()
    )
    invite(client)
    invite(client)

    refused = post(client, "invitations", inviter="ada")
    many = post(client, "invitations", inviter="ada", uses_max=5)
    operators = post(client, "invitations", channel="poster", uses_max=None)

    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/may_not_invite")
    assert "All 2 invitations of thirty days are used; the next is free on" in refused.json()["detail"]
    assert many.status_code == 422
    assert (operators.status_code, operators.json()["uses_max"]) == (201, None)


def test_a_closed_community_lets_in_only_who_has_a_code(client, settings):
    settings.CLOSED_COMMUNITY = True
    factories.SourceFactory(code="open", unknown_members="create")

    refused = client.put("/api/v1/members/bo", json.dumps({}), content_type="application/json")
    receipt = factories.report({**item("e1", "bo"), "source": "open"})
    code = invite(client)
    accepted = post(client, f"invitations/{code}/accept", ref="bo")

    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/invitation_needed")
    assert receipt.results[0].code == "unknown_member"
    assert accepted.status_code == 201


def test_a_suspect_waits_until_somebody_has_looked_and_then_counts(client):
    factories.rule({"code": "joined", "when": "referral.joined", "then": [award(20, to="inviter")]})
    post(client, f"invitations/{invite(client)}/accept", ref="bo", email="a.da+1@x.example")
    judge()
    referral = Referral.objects.get()
    assert (referral.state, referral.reasons, points("ada")) == ("review", ["same_email"], 0)

    referrals.confirm_referral(referral_id=referral.pk, by=None, now=timezone.now())
    judge()

    assert points("ada") == 20
    with pytest.raises(referrals.CannotDecide):
        referrals.confirm_referral(referral_id=referral.pk, by=None, now=timezone.now())


def test_a_fraud_gives_back_what_it_paid_to_everybody(client):
    factories.rule({"code": "joined", "when": "referral.joined", "then": [award(10), award(20, to="inviter")]})
    post(client, f"invitations/{invite(client)}/accept", ref="bo")
    judge()
    referral = Referral.objects.get()

    taken = referrals.reject_referral(referral_id=referral.pk, by=None, now=timezone.now(), note="One person twice.")
    judge()

    assert (taken.reversed, taken.lost) == (2, 0)
    assert (points("bo"), points("ada")) == (0, 0)
    assert list(Event.objects.filter(type__code="effect.withdrawn").values_list("member__ref", flat=True)) == ["ada"]
    with pytest.raises(referrals.CannotDecide):
        referrals.reject_referral(referral_id=referral.pk, by=None, now=timezone.now(), note="Again.")


def test_a_fraud_that_is_found_before_it_is_paid_is_never_paid(client):
    factories.rule({"code": "joined", "when": "referral.joined", "then": [award(10), award(20, to="inviter")]})
    post(client, f"invitations/{invite(client)}/accept", ref="bo")
    referral = Referral.objects.get()

    taken = referrals.reject_referral(referral_id=referral.pk, by=None, now=timezone.now(), note="One person twice.")
    judge()

    # The referral's joining and the newcomer's own: nobody new has come.
    assert (taken.reversed, taken.stopped) == (0, 2)
    assert (points("bo"), points("ada")) == (0, 0)


def test_stages_are_told_once_and_pay_when_they_are_reached(client):
    from members.models import EventType

    EventType.objects.filter(code="content.published").update(is_contribution=True)
    factories.EventTypeFactory(
        code="reply.written", schema={"to": {"type": "string"}}, is_conversation=True, counterpart="to"
    )
    for stage in ("broke_ice", "active", "retained"):
        factories.rule({"code": stage.replace("_", "-"), "when": f"referral.{stage}", "then": [award(1, to="inviter")]})
    factories.MemberFactory(ref="cy")
    for ref in ("bo", "silent", "answered-by-inviter"):
        post(client, f"invitations/{invite(client)}/accept", ref=ref)
    Referral.objects.update(joined_at=timezone.now() - timedelta(days=40))
    joined = Referral.objects.get(member__ref="bo").joined_at

    def happens(name, ref, after, kind="content.published", **data):
        said = {"data": data} if data else {}
        factories.report(
            item(name, ref, type=kind, time=(joined + after).isoformat(), **said),
            now=joined + after + timedelta(minutes=1),
        )

    def stages(ref):
        found = Referral.objects.get(member__ref=ref)
        return [found.broke_ice_at is not None, found.active_at is not None, found.retained_at is not None]

    happens("hello", "bo", timedelta(hours=2))
    happens("hello 2", "answered-by-inviter", timedelta(hours=2))
    advance(now=joined + timedelta(hours=3))
    assert stages("bo") == [False, False, False]
    happens("answer", "cy", timedelta(hours=4), kind="reply.written", to="bo")
    happens("answer 2", "ada", timedelta(hours=4), kind="reply.written", to="answered-by-inviter")
    judge()
    counts = [advance(now=joined + timedelta(hours=5)) for _ in range(2)]
    assert counts == [1, 0]
    happens("day 8", "bo", timedelta(days=8))
    advance(now=joined + timedelta(days=9))
    happens("day 31", "bo", timedelta(days=31))
    advance(now=joined + timedelta(days=37))
    Work.objects.update(available_at=timezone.now())
    judge()

    assert stages("bo") == [True, True, True]
    assert stages("silent") == stages("answered-by-inviter") == [False, False, False]
    assert points("ada") == 3


def test_the_task_may_run_twice(client):
    advance_referrals()
    advance_referrals()

    assert not Event.objects.filter(type__code__startswith="referral.").exists()


def test_growth_counts_what_a_cohort_sent_and_who_came(client):
    now = timezone.now()
    old = [factories.MemberFactory(ref=f"old{n}", joined_at=now - timedelta(days=100 + n)) for n in range(4)]
    factories.MemberFactory(ref="house", joined_at=now - timedelta(days=100), is_house=True)
    sent = [
        making.invite(inviter=old[n % 2], now=now - timedelta(days=20), channel=("wechat", "poster")[n % 2])
        for n in range(6)
    ]
    for number, invitation in enumerate(sent[:3]):
        post(client, f"invitations/{invitation.code}/accept", ref=f"new{number}")
    Referral.objects.filter(member__ref="new0").update(joined_at=now - timedelta(days=18))
    Referral.objects.filter(member__ref="new1").update(joined_at=now - timedelta(days=10), retained_at=now)

    answer = client.get("/api/v1/growth", {"joined_until": (now - timedelta(days=50)).isoformat()}).json()
    by_channel = growth.growth(joined_until=now - timedelta(days=50), group_by="channel")

    assert answer == [
        {
            "group": "", "members": 4, "senders": 2, "sent": 6, "joined": 2, "retained": 1, "per_member": "1.5000",
            "conversion": "0.3333", "k": "0.5000", "retained_k": "0.2500", "median_days": "6.0",
        }
    ]  # fmt: skip
    assert {line.group: (line.sent, line.joined) for line in by_channel} == {"wechat": (3, 1), "poster": (3, 1)}


def test_growth_by_month_of_joining_and_by_depth_counts_everybody_once(client, settings):
    """The last moment of a month is the next month's in Shanghai; day 14 to the second is in time, and then no more."""
    sent = datetime(2026, 3, 10, 8, tzinfo=UTC)
    march = factories.MemberFactory(ref="march", joined_at=datetime(2026, 2, 28, 16, tzinfo=UTC))
    february = factories.MemberFactory(ref="february", joined_at=datetime(2026, 2, 28, 15, 59, tzinfo=UTC))
    factories.MemberFactory(ref="quiet", joined_at=datetime(2026, 2, 2, tzinfo=UTC))
    for number, days in enumerate((1, 2, 14)):
        made = making.invite(inviter=march, now=sent)
        post(client, f"invitations/{made.code}/accept", ref=f"new{number}")
        Referral.objects.filter(member__ref=f"new{number}").update(joined_at=sent + timedelta(days=days))
    late = making.invite(inviter=february, now=sent)
    post(client, f"invitations/{late.code}/accept", ref="late")
    Referral.objects.filter(member__ref="late").update(joined_at=sent + timedelta(days=14, seconds=1))
    deep = making.invite(inviter=Member.objects.get(ref="new0"), now=sent + timedelta(days=2))
    post(client, f"invitations/{deep.code}/accept", ref="deep")
    Referral.objects.filter(member__ref="deep").update(joined_at=sent + timedelta(days=3))
    until = {"joined_until": datetime(2026, 4, 1, tzinfo=UTC)}

    settings.TIME_ZONE = "Asia/Shanghai"
    by_month = growth.growth(**until, group_by="cohort")
    by_depth = growth.growth(group_by="depth")

    said = [(line.group, line.members, line.senders, line.sent, line.joined, line.median_days) for line in by_month]
    assert said == [("2026-02", 2, 1, 1, 0, None), ("2026-03", 1, 1, 3, 3, Decimal("2.0"))]
    assert [(line.group, line.sent, line.joined, line.median_days) for line in by_depth] == [
        ("0", 4, 3, Decimal("2.0")), ("1", 1, 1, Decimal("1.0"))
    ]  # fmt: skip


def test_power_inviters_and_suspects_are_found(client):
    now = timezone.now()
    members = {name: factories.MemberFactory(ref=name) for name in ("power", "six", "spam", "few")}
    for name, count in (("power", 6), ("six", 6), ("spam", 7), ("few", 5)):
        for number in range(count):
            made = making.invite(inviter=members[name], now=now)
            if (name == "power" and number < 3) or name == "few":
                post(client, f"invitations/{made.code}/accept", ref=f"{name}-{number}")

    assert [(x.member_id, x.sent, x.joined) for x in growth.power_inviters()] == [(members["power"].pk, 6, 3)]
    assert [(x.member_id, x.sent, x.joined) for x in growth.spam_suspects()] == [(members["spam"].pk, 7, 0)]


def test_depth_grows_with_every_generation(client):
    inviter = "ada"
    for generation in ("bo", "cy", "di"):
        post(client, f"invitations/{invite(client, inviter=inviter)}/accept", ref=generation)
        inviter = generation

    assert list(Referral.objects.order_by("depth").values_list("member__ref", "depth")) == [
        ("bo", 1),
        ("cy", 2),
        ("di", 3),
    ]


def test_operators_read_a_code_make_one_and_hear_that_one_is_taken():
    operator = Client()
    operator.force_login(get_user_model().objects.create_superuser("operator", "", "x"))
    given = {"code": "spring", "channel": "poster", "campaign": "", "email": "", "email_domain": "", "uses_max": "50"}

    for _ in range(2):
        answer = operator.post("/admin/members/invitation/add/", {**given, "expires_at_0": "", "expires_at_1": ""})

    made = Invitation.objects.get(code="SPRING")
    assert "This code is taken" in answer.content.decode()
    assert (made.uses_max, made.channel) == (50, "poster")
    assert operator.get(f"/admin/members/invitation/{made.pk}/change/").status_code == 200


def sent_for(space, invitation):
    """As if its inviter had been in the space when it was sent."""
    Invitation.objects.filter(pk=invitation.pk).update(space=space)
    invitation.refresh_from_db()
    return invitation


def test_growth_by_space_counts_what_its_members_sent_to_bring_somebody_into_it(client):
    now = timezone.now()
    books, runs, empty = (Space.objects.create(ref=ref, names={"en": ref}) for ref in ("books", "runs", "empty"))
    people = [factories.MemberFactory(ref=f"p{n}", joined_at=now - timedelta(days=90)) for n in range(4)]
    house = factories.MemberFactory(ref="house", joined_at=now - timedelta(days=90), is_house=True)
    for space, inside in ((books, [*people, house]), (runs, people[:1])):
        for member in inside:
            SpaceMember.objects.create(space=space, member=member, state="in", asked_at=now, joined_at=now)
    SpaceMember.objects.filter(space=books, member=people[3]).update(state="left", left_at=now)
    sent = [
        sent_for(space, making.invite(inviter=inviter, now=now - timedelta(days=20)))
        # The second opens no space, the third one that the inviter is not in.
        for inviter, space in (
            (people[0], books),
            (people[0], None),
            (people[1], runs),
            (people[0], runs),
            (people[2], books),
        )
    ]
    for number in (0, 2, 3):
        post(client, f"invitations/{sent[number].code}/accept", ref=f"new{number}")
        Referral.objects.filter(member__ref=f"new{number}").update(joined_at=now - timedelta(days=18))
    SpaceMember.objects.filter(member__ref__startswith="new").delete()

    with CaptureQueriesContext(connection) as asked:
        found = growth.growth(group_by="space")
    statements = len(asked)
    told = client.get("/api/v1/growth", {"group_by": "space"}).json()

    said = [(line.group, line.members, line.senders, line.sent, line.joined, line.k) for line in found]
    assert said == [
        ("books", 3, 2, 2, 1, Decimal("0.3333")), ("runs", 1, 1, 1, 1, Decimal(1)),
    ]  # fmt: skip
    assert statements == 1
    assert [each["group"] for each in told] == [line.group for line in found]
    assert empty.ref not in {line.group for line in found}
