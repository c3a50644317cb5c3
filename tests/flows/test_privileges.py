"""From a tier, a badge, a rule or points to a right that is used, given back, fulfilled and told."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incentives.domain.ledger import operations, queries
from incentives.domain.ledger.verify import verify
from incentives.domain.privileges import birthdays, fulfilling, granting, using
from incentives.models import (
    BadgeGrant,
    Currency,
    Privilege,
    PrivilegeGrant,
    PrivilegeGround,
    PrivilegeTally,
    PrivilegeUse,
)
from incentives.tasks import end_grants, grant_birthday_gifts, tell_overdue
from members.domain.conduct import violations
from members.domain.conduct.ladder import Sentence
from members.domain.conduct.violations import record_violation
from members.domain.segments.evaluating import put_by_hand
from members.enums import Consequence
from members.models import Event, Member, Segment, SegmentMember, Standing, Tier, ViolationKind
from tests import factories
from tests.factories import item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.MemberFactory(ref="ada")
    yield
    assert [proof for proof in verify() if not proof.holds] == []


@pytest.fixture
def client(client_of):
    return client_of()


def privilege(code="pin", *grounds, **values) -> Privilege:
    made = Privilege.objects.create(code=code, names={"en": code.title()}, **{"quota": 2, **values})
    for ground in grounds:
        PrivilegeGround.objects.create(privilege=made, **ground)
    return made


EVERYONE = {"kind": "everyone"}


def ask(client, code="pin", ref="ada"):
    return client.get(f"/api/v1/members/{ref}/privileges/{code}").json()


def use(client, key, code="pin", ref="ada", **body):
    path = f"/api/v1/members/{ref}/privileges/{code}/uses"
    return client.post(path, json.dumps(body), content_type="application/json", headers={"Idempotency-Key": key})


def told(kind: str) -> list[str]:
    events = Event.objects.filter(type__code=f"privilege.{kind}").select_related("payload").order_by("pk")
    return [json.loads(event.payload.data)["privilege"] for event in events]


def give_points(amount: int) -> None:
    operations.adjust(
        member_id=Member.objects.get(ref="ada").pk, currency=Currency.objects.get(code="points"), amount=amount,
        key=amount.to_bytes(32, "big"), now=timezone.now(), reason="A gift.",
    )  # fmt: skip


def points() -> int:
    lines = queries.balances(Member.objects.get(ref="ada").pk)
    return next(int(line.available) for line in lines if line.currency == "points")


def test_a_quota_is_counted_down_once_for_each_key_and_comes_back_with_the_next_month(client, time_machine):
    time_machine.move_to(datetime(2026, 11, 30, 20, tzinfo=UTC))
    Member.objects.filter(ref="ada").update(time_zone="Asia/Tokyo")  # Already the first of December.
    privilege("pin", EVERYONE)

    first, again, second, third = (use(client, key, target="post-1") for key in ("a", "a", "b", "c"))
    refused = ask(client)

    assert [each.status_code for each in (first, again, second, third)] == [201, 200, 201, 422]
    assert first.json() == again.json()
    assert (third.json()["type"], third.json()["detail"]) == (
        "/problems/quota_used", "All 2 are used; again on 1 Jan 2027.",
    )  # fmt: skip
    assert (refused["may"], refused["left"], refused["why_not"]["code"]) == (False, 0, "quota_used")
    assert refused["again_at"] == "2026-12-31T15:00:00Z"
    assert told("used") == ["pin", "pin"]
    time_machine.move_to(datetime(2026, 12, 31, 15, tzinfo=UTC))
    assert (ask(client)["may"], ask(client)["left"]) == (True, 2)


def test_a_key_that_comes_with_other_content_is_refused(client):
    privilege("pin", EVERYONE)
    use(client, "a", target="post-1")

    other = use(client, "a", target="post-2")

    assert (other.status_code, other.json()["type"]) == (409, "/problems/idempotency_key_reused")
    assert PrivilegeUse.objects.count() == 1


def test_cancelling_gives_the_use_back_once(client):
    privilege("pin", EVERYONE, quota=1)
    made = use(client, "a").json()
    path = f"/api/v1/members/ada/privileges/pin/uses/{made['id']}/cancel"

    answers = [client.post(path).json()["state"] for _ in range(2)]

    assert answers == ["given_back", "given_back"]
    assert ask(client)["left"] == 1
    assert (told("given_back"), use(client, "b").status_code) == (["pin"], 201)


WHY_NOT = [
    ("off", {"is_active": False}, [EVERYONE], "switched_off", "not offered"),
    ("tier", {}, ["tier"], "tier_too_low", "From the tier silver on."),
    ("badge", {}, ["badge"], "badge_missing", "With the badge “writer”."),
    ("grant", {}, [], "not_granted", "has not been granted"),
    ("points", {}, ["points"], "too_few_points", "It costs 30 Points"),
    ("sold out", {}, ["sold"], "all_bought", "taken"),
]


@pytest.mark.parametrize(("_case", "values", "grounds", "code", "words"), WHY_NOT, ids=[case[0] for case in WHY_NOT])
def test_who_may_not_is_told_why_and_uses_nothing(client, _case, values, grounds, code, words):
    ladder = factories.ladder(bronze=0, silver=100)
    bought = {"kind": "purchase", "currency": Currency.objects.get(code="points"), "price": 30}
    known = {
        "tier": {"kind": "tier", "tier": ladder.tiers.get(code="silver")},
        "badge": {"kind": "badge", "badge": factories.badge("writer")},
        "points": bought,
        "sold": {**bought, "bought_max": 0},
    }
    grounds = [known.get(each, each) if isinstance(each, str) else each for each in grounds]
    privilege("pin", *grounds, takes_attention=False, **values)

    answer, refused = ask(client), use(client, "a")

    assert answer["may"] is False
    assert answer["why_not"]["code"] == code
    assert words in answer["why_not"]["sentence"]
    assert (refused.status_code, refused.json()["type"]) == (422, f"/problems/{code}")
    assert (PrivilegeUse.objects.count(), PrivilegeTally.objects.count()) == (0, 0)


def test_a_tier_holds_for_those_above_it_and_the_most_generous_ground_counts(client):
    ladder = factories.ladder(bronze=0, silver=100, gold=1000)
    tiers = {tier.code: tier for tier in ladder.tiers.all()}
    privilege("pin", {"kind": "tier", "tier": tiers["silver"]}, {"kind": "tier", "tier": tiers["gold"], "quota": 5})
    ada = Member.objects.get(ref="ada")
    standing = Standing.objects.create(member=ada, ladder=ladder, tier=tiers["bronze"], since=timezone.now())
    held = []
    for code in ("bronze", "silver", "gold"):
        Standing.objects.filter(pk=standing.pk).update(tier=tiers[code])
        held.append((ask(client)["may"], ask(client)["left"]))

    assert held == [(False, 0), (True, 2), (True, 5)]


@pytest.mark.parametrize(
    "asked", [{}, {"is_by_invitation": True}, {"quota_members": 3}, {"demands": [{"counter": "c"}]}]
)
def test_before_any_tier_only_one_that_asks_nothing_is_held(client, asked):
    tier = factories.ladder(bronze=0).tiers.get()
    Tier.objects.filter(pk=tier.pk).update(**asked)
    privilege("pin", {"kind": "tier", "tier": tier, "quota": 2})

    assert ask(client)["may"] is not bool(asked)


def test_a_segment_holds_it_while_one_is_in_it_and_its_name_is_not_told(client):
    segment = Segment.objects.create(code="sleepy", kind="static", names={"en": "Sleepy"})
    privilege("pin", {"kind": "segment", "segment": segment})
    ada = Member.objects.get(ref="ada")
    before = ask(client)["why_not"]
    put_by_hand(segment=segment, member=ada, now=timezone.now())
    within = ask(client)["may"]
    SegmentMember.objects.all().delete()

    assert (before["code"], within, ask(client)["may"]) == ("not_among", True, False)
    assert "leepy" not in before["sentence"]
    assert use(client, "a").status_code == 422


def test_whoever_is_suspended_or_frozen_may_not_whatever_they_hold(client):
    privilege("pin", EVERYONE)
    ada = Member.objects.get(ref="ada")
    kind = ViolationKind.objects.create(code="adverts", names={"en": "Advertising"})
    frozen = record_violation(
        member_id=ada.pk, kind=kind, now=timezone.now(), operator="Ines", reason="The same link in six threads.",
        sentence=Sentence(Consequence.FREEZE_PRIVILEGES, hours=72),
    )  # fmt: skip

    assert ask(client)["why_not"]["code"] == "frozen"
    assert ask(client)["why_not"]["sentence"].endswith(": Advertising")
    violations.decide(violation_id=frozen.pk, is_upheld=False, now=timezone.now(), by="Jo", note="A mistake.")
    assert ask(client)["may"] is True
    Member.objects.update(status="suspended")
    assert ask(client)["why_not"]["code"] == "not_active"
    assert use(client, "a").status_code == 422


def test_a_bought_use_is_charged_and_given_back_with_its_points(client):
    points_currency = Currency.objects.get(code="points")
    bought = {"kind": "purchase", "currency": points_currency, "price": 30, "bought_max": 1}
    privilege("pin", EVERYONE, bought, quota=1, takes_attention=False)
    give_points(100)
    use(client, "free")
    assert ask(client)["price"] == {"amount": "30", "currency": "points"}

    bought = use(client, "bought").json()
    left = points()
    full = use(client, "one more")
    client.post(f"/api/v1/members/ada/privileges/pin/uses/{bought['id']}/cancel")

    assert (left, points(), bought["journal_id"] is not None) == (70, 100, True)
    assert full.status_code == 422
    assert use(client, "again").status_code == 201
    assert points() == 70


def test_of_what_takes_attention_buyers_get_a_tenth_by_whatever_price(client):
    """The database holds it as well, whatever the grounds say."""
    currency = Currency.objects.get(code="points")
    prices = [{"kind": "purchase", "currency": currency, "price": price, "bought_max": 90} for price in (10, 20)]
    made = privilege("pin", *prices, takes_attention=True, places=20)
    give_points(100)

    states = [use(client, key).status_code for key in ("a", "b", "c")]

    assert (states, points(), ask(client)["why_not"]["code"]) == ([201, 201, 422], 80, "all_bought")
    assert PrivilegeTally.objects.get(privilege_id=made.pk, ground=PrivilegeTally.BOUGHT).used == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        PrivilegeTally.objects.filter(ground=PrivilegeTally.BOUGHT).update(used=3, most=3)
    client.post(f"/api/v1/members/ada/privileges/pin/uses/{PrivilegeUse.objects.earliest('pk').pk}/cancel")
    assert (use(client, "d").status_code, use(client, "e").status_code) == (201, 422)


def test_what_nobody_said_takes_no_attention_is_not_for_sale(client):
    privilege("pin", {"kind": "purchase", "currency": Currency.objects.get(code="points"), "price": 10})
    give_points(100)

    assert (use(client, "a").json()["type"], points()) == ("/problems/all_bought", 100)


def test_places_are_for_all_members_together(client):
    made = privilege("pin", EVERYONE, takes_attention=True, places=3)
    factories.MemberFactory(ref="bo")
    using.use_privilege(
        member_id=Member.objects.get(ref="bo").pk, code="pin", key=b"b" * 32, now=timezone.now(), actor="test"
    )
    granting.grant_privilege(
        member_id=Member.objects.get(ref="ada").pk, privilege=made, key="k", now=timezone.now(), uses_max=5
    )

    assert ask(client)["left"] == 2
    assert [use(client, key).status_code for key in ("a", "b", "c")] == [201, 201, 422]
    assert (ask(client)["why_not"]["code"], ask(client)["left"]) == ("all_taken", 0)


def test_what_takes_attention_says_how_many_places_there_are():
    with pytest.raises(IntegrityError), transaction.atomic():
        Privilege.objects.create(code="pin", takes_attention=True)


def test_what_lapses_first_is_used_first(client):
    made = privilege("pin", EVERYONE, every="ever", quota=1)
    ada, now = Member.objects.get(ref="ada"), timezone.now()
    for key, days in (("long", 90), ("short", 2)):
        granting.grant_privilege(
            member_id=ada.pk, privilege=made, key=key, now=now, until=now + timedelta(days=days), uses_max=1
        )
    assert ask(client)["left"] == 3

    used = [use(client, key).json()["id"] for key in ("a", "b", "c")]

    grants = [PrivilegeUse.objects.get(pk=number).grant for number in used]
    assert [grant.key if grant else "quota" for grant in grants] == ["short", "long", "quota"]
    assert use(client, "d").json()["type"] == "/problems/quota_used"


def test_granting_and_revoking_by_api(client):
    privilege("pin")
    path = "/api/v1/members/ada/privileges/pin/grants"
    body = json.dumps({"uses_max": 3, "until": "2100-01-01T00:00:00Z", "reason": "Thanks."})
    make = {"data": body, "content_type": "application/json", "headers": {"Idempotency-Key": "g"}}

    first, again = client.post(path, **make), client.post(path, **make)
    held = ask(client)
    revoked = client.post(f"{path}/{first.json()['id']}/revoke")

    assert (first.status_code, again.status_code, first.json()) == (201, 200, again.json())
    assert (held["left"], held["until"]) == (3, "2100-01-01T00:00:00Z")
    assert revoked.json()["revoked_at"] is not None
    assert (ask(client)["may"], PrivilegeGrant.objects.count()) == (False, 1)
    assert (told("granted"), told("revoked")) == (["pin"], ["pin"])


def test_a_rule_grants_a_privilege_for_a_time_and_another_hears_of_it(client, time_machine):
    privilege("pin")
    factories.badge("heard")
    factories.rule({"then": [{"do": "grant", "privilege": "pin", "for": "2d", "uses": 1}]})
    factories.rule({"code": "heard", "when": "privilege.granted", "then": [{"do": "badge", "badge": "heard"}]})
    factories.report(item("e1", "ada"))
    while factories.judge().events:
        pass

    held = ask(client)
    trace = client.get("/api/v1/events/app/e1").json()
    time_machine.move_to(timezone.now() + timedelta(days=2, seconds=1))
    counts = [granting.end_grants(now=timezone.now()) for _ in range(2)]

    assert (held["may"], held["left"]) == (True, 1)
    assert trace["rules"][0]["effects"] == [
        {"what": "pin", "kind": "grant", "wanted": "1", "paid": "1", "reason": ""},
    ]
    assert trace["moved"] == {}
    assert BadgeGrant.objects.get().badge.code == "heard"
    assert (counts, told("expired")) == ([1, 0], ["pin"])
    assert ask(client)["why_not"]["code"] == "grant_over"


@pytest.mark.parametrize(
    ("effect", "pointer", "code"),
    [
        ({"do": "grant", "privilege": "pni"}, "/then/0/privilege", "unknown_privilege"),
        ({"do": "grant", "privilege": "pin", "for": "soon"}, "/then/0/for", "invalid"),
        ({"do": "grant", "privilege": "pin", "uses": 0}, "/then/0/uses", "invalid"),
        ({"do": "grant", "privilege": "pin", "days": 0}, "/then/0/days", "invalid"),
        ({"do": "grant", "privilege": "pin", "days": 3, "for": "3d"}, "/then/0", "invalid"),
        ({"do": "grant", "privilege": "pin", "like": "No Code"}, "/then/0/like", "invalid"),
        ({"do": "grant", "privilege": "pin", "like": "event.data.nothing"}, "/then/0/like", "unknown_field"),
        ({"do": "grant", "privilege": "pin", "like": "event.data.words"}, "/then/0/like", "type"),
        (
            {"do": "grant", "privilege": "pin", "like": "event.data.content_id", "to": "inviter"},
            "/then/0/like",
            "invalid",
        ),
    ],
)
def test_a_grant_that_cannot_be_is_told_where(client, effect, pointer, code):
    privilege("pin")
    document = {"code": "x", "when": "content.published", "then": [effect]}

    answer = client.post("/api/v1/rules/check", {"document": document}, format="json").json()

    assert [(each["pointer"], each["code"]) for each in answer["findings"]] == [(pointer, code)]


def test_a_rule_grants_whole_days_of_the_member_or_as_long_as_an_activity(client):
    privilege("pin")
    Member.objects.update(time_zone="Europe/Berlin")
    starts = timezone.now() + timedelta(days=9)
    fair = factories.activity("c1", starts_at=starts)
    factories.rule({"code": "days", "then": [{"do": "grant", "privilege": "pin", "days": 3}]})
    factories.rule({"code": "like", "then": [{"do": "grant", "privilege": "pin", "like": "event.data.content_id"}]})
    factories.rule({"code": "fixed", "then": [{"do": "grant", "privilege": "pin", "like": "c1", "uses": 2}]})
    factories.rule({"code": "gone", "then": [{"do": "grant", "privilege": "pin", "like": "no-such-thing"}]})
    Member.objects.update(joined_at=datetime(2026, 1, 1, tzinfo=UTC))
    moment = timezone.now() - timedelta(hours=30)
    factories.report(item("e1", "ada", time=moment.isoformat()))
    factories.judge()

    found = {each.rule_code: (each.starts_at, each.until, each.uses_max) for each in PrivilegeGrant.objects.all()}
    trace = client.get("/api/v1/events/app/e1").json()

    zone = ZoneInfo("Europe/Berlin")
    days = [moment.astimezone(zone).date() + timedelta(days=number) for number in (0, 3)]
    midnights = [datetime.combine(day, time(), zone) for day in days]
    assert found == {
        "days": (*midnights, None), "like": (starts, fair.ends_at, None),
        "fixed": (starts, fair.ends_at, 2),
    }  # fmt: skip
    (gone,) = [each for each in trace["rules"] if each["code"] == "gone"]
    assert gone["effects"] == [
        {"what": "pin", "kind": "grant", "wanted": "1", "paid": "0",
         "reason": "like"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("_case", "said", "status", "kind"),
    [
        ("days", {"days": 2}, 201, None),
        ("like", {"like": "fair"}, 201, None),
        ("like_nothing", {"like": "nothing"}, 422, "/problems/unknown_activity"),
        ("two_ends", {"like": "fair", "days": 2}, 422, "/problems/two_ends"),
    ],
)
def test_granting_for_days_or_like_an_activity_by_api(client, _case, said, status, kind):
    privilege("pin")
    fair = factories.activity("fair")
    path = "/api/v1/members/ada/privileges/pin/grants"

    answer = client.post(path, said, format="json", headers={"Idempotency-Key": "g"})

    assert (answer.status_code, answer.json().get("type")) == (status, kind)
    if "like" in said and status == 201:
        made = PrivilegeGrant.objects.get()
        assert (made.starts_at, made.until) == (fair.starts_at, fair.ends_at)


BIRTHDAYS = [
    # Birthday, zone, now, granted?
    ("tokyo_before_london", "12-08", "Asia/Tokyo", datetime(2026, 12, 7, 15, tzinfo=UTC), True),
    ("not_yet", "12-08", "Asia/Tokyo", datetime(2026, 12, 7, 14, 59, tzinfo=UTC), False),
    ("west", "12-08", "America/New_York", datetime(2026, 12, 8, 4, 59, tzinfo=UTC), False),
    ("leap_day_in_a_common_year", "02-29", "UTC", datetime(2027, 2, 28, tzinfo=UTC), True),
    ("leap_day_in_a_leap_year_not_before", "02-29", "UTC", datetime(2028, 2, 28, tzinfo=UTC), False),
    ("leap_day_in_a_leap_year", "02-29", "UTC", datetime(2028, 2, 29, tzinfo=UTC), True),
    ("a_missed_day_is_made_up_for", "12-30", "UTC", datetime(2027, 1, 3, tzinfo=UTC), True),
    ("not_for_ever", "12-30", "UTC", datetime(2027, 1, 6, tzinfo=UTC), False),
    ("no_birthday", "", "UTC", datetime(2026, 12, 8, tzinfo=UTC), False),
]


@pytest.mark.parametrize(
    ("birthday", "zone", "now", "expected"), [c[1:] for c in BIRTHDAYS], ids=[c[0] for c in BIRTHDAYS]
)
def test_a_birthday_gift_opens_at_local_midnight_for_a_week(birthday, zone, now, expected):
    privilege("gift", kind="birthday", every="year", quota=1, grant_days=7)
    Member.objects.update(birthday=birthday, time_zone=zone, joined_at=datetime(2020, 1, 1, tzinfo=UTC))

    counts = [birthdays.grant_birthday_gifts(now=now) for _ in range(2)]

    assert counts == [int(expected), 0]
    assert len(told("granted")) == int(expected)


def test_another_birthday_in_the_same_year_gives_no_other_gift():
    privilege("gift", kind="birthday", every="year", quota=1, grant_days=7)
    Member.objects.update(birthday="12-30", joined_at=datetime(2020, 1, 1, tzinfo=UTC))
    granted = []
    for birthday, moment in (("12-30", (2026, 12, 30)), ("01-15", (2027, 1, 15)), ("12-30", (2027, 12, 30))):
        Member.objects.update(birthday=birthday)
        granted.append(birthdays.grant_birthday_gifts(now=datetime(*moment, tzinfo=UTC)))

    assert granted == [1, 0, 1]


def test_a_request_waits_for_the_team_and_is_answered_with_proof(client, time_machine):
    privilege("line", EVERYONE, way="operator", promise_hours=24, asks=True)
    now = timezone.now()
    silent = use(client, "silent", code="line")
    made = use(client, "a", code="line", text="Please reopen my trade.").json()
    assert (silent.status_code, silent.json()["errors"][0]["pointer"]) == (400, "#/text")
    assert made["state"] == "waiting"

    overdue = [fulfilling.tell_overdue(now=now + timedelta(hours=hours)) for hours in (23, 25, 25)]
    with pytest.raises(fulfilling.CannotFulfil):
        fulfilling.fulfil(use_id=int(made["id"]), now=timezone.now(), actor="operator 1")
    operator = Client()
    staff = get_user_model().objects.create_user("community", is_staff=True)
    staff.groups.add(Group.objects.get(name="community operator"))
    operator.force_login(staff)
    page = f"/admin/incentives/privilegeuse/{made['id']}"
    operator.post("/admin/incentives/privilegeuse/", {"action": "take", "_selected_action": [made["id"]]})
    answered = operator.post(f"{page}/fulfil/", {"_form_submitted": "on", "answer": "It is open again.", "proof": ""})

    assert overdue == [0, 1, 0]
    assert answered.status_code in (200, 302)
    kept = PrivilegeUse.objects.get()
    assert (kept.state, kept.answer, kept.assignee) == ("fulfilled", "It is open again.", staff)
    assert (told("overdue"), told("fulfilled")) == (["line"], ["line"])
    cancelled = client.post(f"/api/v1/members/ada/privileges/line/uses/{made['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["type"]) == (422, "/problems/already_fulfilled")


def test_a_viewer_looks_at_the_queue_and_changes_nothing(client):
    privilege("line", EVERYONE, way="operator", promise_hours=24)
    made = use(client, "a", code="line").json()
    viewer = Client()
    staff = get_user_model().objects.create_user("viewer", is_staff=True)
    staff.groups.add(Group.objects.get(name="viewer"))
    viewer.force_login(staff)

    assert viewer.get("/admin/incentives/privilegeuse/").status_code == 200
    refused = viewer.post(
        f"/admin/incentives/privilegeuse/{made['id']}/fulfil/", {"_form_submitted": "on", "answer": "No.", "proof": ""}
    )

    assert refused.status_code == 403
    assert PrivilegeUse.objects.get().state == "waiting"


@pytest.fixture
def page():
    user = get_user_model().objects.create_user("ada")
    Member.objects.update(user=user)
    visitor = Client()
    visitor.force_login(user)
    return visitor


def test_a_member_books_and_gives_back_on_their_page_without_javascript(page, client):
    privilege("seat", EVERYONE, way="member", quota=1)
    privilege("pin", EVERYONE)
    shown = page.get("/me/").content.decode()
    token = re.search(r'name="token" value="([0-9a-f]+)"', shown)[1]

    for _ in range(2):
        answer = page.post("/me/privileges/seat/use/", {"token": token, "text": "By the window."}, follow=True)
    booked = answer.content.decode()
    only_the_app = page.post("/me/privileges/pin/use/", {"token": token})
    made = PrivilegeUse.objects.get()
    page.post(f"/me/privilege-uses/{made.pk}/give-back/")

    assert "1 of 1 left" in shown
    assert "All 1 are used; again on" in booked
    assert "By the window." in booked
    assert only_the_app.status_code == 404
    made.refresh_from_db()
    assert made.state == "given_back"
    assert ask(client, "seat")["left"] == 1


def test_a_member_cannot_give_back_anothers_use_and_a_foreign_site_cannot_ask(page, client):
    privilege("seat", EVERYONE, way="member")
    factories.MemberFactory(ref="bo")
    use(client, "b", code="seat", ref="bo")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(get_user_model().objects.get(username="ada"))

    assert page.post(f"/me/privilege-uses/{PrivilegeUse.objects.get().pk}/give-back/").status_code == 404
    assert strict.post("/me/privileges/seat/use/", {"token": "t"}).status_code == 403
    assert PrivilegeUse.objects.get().state == "booked"


def test_the_page_and_the_list_ask_the_same_for_one_privilege_and_for_three(page, client):
    def asked(send, path):
        send(path)
        with CaptureQueriesContext(connection) as queries_made:
            assert send(path).status_code == 200
        return len(queries_made)

    privilege("one", EVERYONE, way="member")
    use(client, "a", code="one")
    before = asked(page.get, "/me/"), asked(client.get, "/api/v1/members/ada/privileges")
    for code in ("two", "three"):
        privilege(code, EVERYONE, way="member")
        use(client, code, code=code)
    after = asked(page.get, "/me/"), asked(client.get, "/api/v1/members/ada/privileges")

    assert after == before


def test_the_invitations_of_a_tier_are_read_and_used_elsewhere(client, settings):
    settings.INVITATIONS_PER_MONTH = 3
    privilege("invitations", kind="invitations")
    client.post("/api/v1/invitations", {"inviter": "ada"}, format="json")

    assert (ask(client, "invitations")["quota"], ask(client, "invitations")["left"]) == (3, 2)
    assert use(client, "a", code="invitations").json()["type"] == "/problems/used_elsewhere"


def test_reasons_are_told_in_the_callers_language(client):
    privilege("pin")

    answer = client.get("/api/v1/members/ada/privileges/pin", headers={"Accept-Language": "zh-hans"}).json()

    assert answer["why_not"] == {"code": "not_granted", "sentence": "还没有授予。"}


def test_the_database_refuses_one_use_too_many():
    made = privilege("pin", EVERYONE)
    tally = PrivilegeTally.objects.create(privilege_id=made.pk, member_id=1, used=2, most=2)
    grant = PrivilegeGrant.objects.create(
        privilege=made, member=Member.objects.get(ref="ada"), key="k", granted_at=timezone.now(), uses=1, uses_max=1
    )
    for rows in (PrivilegeTally.objects.filter(pk=tally.pk), PrivilegeGrant.objects.filter(pk=grant.pk)):
        field = "used" if rows.model is PrivilegeTally else "uses"
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**{field: 3})


def test_operators_grant_in_the_admin_and_hear_what_cannot_be(client):
    plain, invitations = privilege("pin"), privilege("invitations", kind="invitations")
    operator = Client()
    operator.force_login(get_user_model().objects.create_superuser("operator", "", "x"))
    ada = Member.objects.get(ref="ada").pk
    given = {"member": ada, "until_0": "", "until_1": "", "uses_max": "2", "reason": "Thanks.", "token": "t"}

    for _ in range(2):
        operator.post("/admin/incentives/privilegegrant/add/", {**given, "privilege": plain.pk})
    refused = operator.post("/admin/incentives/privilegegrant/add/", {**given, "privilege": invitations.pk})
    held = ask(client)

    assert (PrivilegeGrant.objects.count(), held["left"]) == (1, 2)
    assert "said by their tier" in refused.content.decode()


def test_the_tasks_may_run_twice():
    for task in (grant_birthday_gifts, end_grants, tell_overdue):
        task()
        task()

    assert not Event.objects.filter(type__code__startswith="privilege.").exists()


def test_twenty_in_a_row_get_what_there_is(client):
    privilege("pin", EVERYONE, quota=1)
    ada = Member.objects.get(ref="ada")
    outcomes = []
    for number in range(20):
        try:
            using.use_privilege(
                member_id=ada.pk, code="pin", key=bytes([number] * 32), now=timezone.now(), actor="test"
            )
        except using.CannotUse as error:
            outcomes.append(error.kind)

    assert outcomes == ["quota_used"] * 19
