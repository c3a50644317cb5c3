"""From a violation to the way back: what follows, who may decide it, and that a mistake is made good to the last point."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from incentives.domain import conduct, publishing
from incentives.domain.engine.batches import judge_lanes
from incentives.domain.ledger import keys, operations, queries
from incentives.domain.ledger.permits import MayNotSpend
from incentives.domain.ledger.verify import verify
from incentives.models import Judgement
from members.domain.conduct import reports, violations
from members.domain.conduct.acceptance import publish_rules
from members.domain.conduct.ladder import NotAllowed, Sentence, live_strikes
from members.domain.conduct.queries import months
from members.domain.invitations.making import CannotInvite, invite
from members.domain.statuses import change_status
from members.enums import Consequence, MemberStatus
from members.lanes import lane_of
from members.models import CommunityRules, CounterValue, Event, Freeze, Member, Report, Violation, ViolationKind, Work
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
PERSON = {"operator": "Ines", "reason": "Two hundred messages to newcomers."}


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.MemberFactory(ref="ada")
    factories.MemberFactory(ref="bo")
    ViolationKind.objects.create(code="advertising", names={"en": "Advertising"}, is_automatic=True)
    ViolationKind.objects.create(code="insult", names={"en": "Insult"}, strikes=2)
    yield
    assert [proof for proof in verify() if not proof.holds] == []


@pytest.fixture
def client(client_of):
    return client_of()


def call(client, path, body, key="k"):
    headers = {"Idempotency-Key": key}
    return client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)


def judge():
    while factories.judge().events:
        pass


def ada():
    return Member.objects.get(ref="ada")


def points(ref="ada"):
    lines = queries.balances(Member.objects.get(ref=ref).pk)
    return next(int(line.available) for line in lines if line.currency == "points")


def give(amount, **more):
    operations.open_balance(
        member_id=ada().pk, currency=factories.CurrencyFactory(), amount=amount,
        key=keys.of_request(f"{amount}", "open"), effective_at=timezone.now() - timedelta(days=9), **more,
    )  # fmt: skip


def record(kind="advertising", now=None, ref="ada", **given):
    found = ViolationKind.objects.get(code=kind)
    member = Member.objects.get(ref=ref)
    return conduct.record_violation(member_id=member.pk, kind=found, now=now or timezone.now(), **given)


def sentence(consequence, **measure):
    return Sentence(Consequence(consequence), **measure)


def overturn(violation, now=None):
    return conduct.decide(
        violation_id=violation.pk, is_upheld=False, now=now or timezone.now(), by="Jo", note="A mistake."
    )


def verdicts(external_id):
    found = Judgement.objects.filter(event_id=Event.objects.get(key__external_id=external_id).pk).order_by("run")
    return [json.loads(each.verdicts) for each in found]


def test_repeated_advertising_walks_up_the_first_steps_by_itself_and_then_waits_for_a_person():
    made = [record() for _ in range(6)]

    assert [(each.consequence, each.hours) for each in made[:4]] == [
        ("warning", None), ("warning", None), ("freeze_earning", 24), ("freeze_earning", 24),
    ]  # fmt: skip
    # The ladder says a fine from five strikes on: software does the most it may, and asks.
    assert [(each.consequence, each.needs_person) for each in made[3:]] == [
        ("freeze_earning", False), ("freeze_earning", True), ("freeze_earning", True),
    ]  # fmt: skip
    assert set(Violation.objects.values_list("operator", flat=True)) == {""}


@pytest.mark.parametrize(
    ("_case", "kind", "given"),
    [
        ("software_bans", "advertising", {"sentence": sentence("ban"), "reason": "It is sure."}),
        ("software_fines", "advertising", {"sentence": sentence("fine", fine=Decimal(1))}),
        ("software_freezes_for_25_hours", "advertising", {"sentence": sentence("freeze_earning", hours=25)}),
        ("software_finds_what_people_find", "insult", {}),
        ("a_ban_without_a_reason", "insult", {"operator": "Ines", "sentence": sentence("ban")}),
        ("a_fine_of_101", "insult", {"operator": "Ines", "sentence": sentence("fine", fine=Decimal(101))}),
        ("a_freeze_of_no_time", "insult", {**PERSON, "sentence": sentence("freeze_earning")}),
        ("a_fine_of_nothing", "insult", {**PERSON, "sentence": sentence("fine")}),
    ],
)
def test_what_needs_a_person_a_reason_or_a_measure_is_refused_and_nothing_happens(_case, kind, given):
    give(500)

    with pytest.raises(NotAllowed):
        record(kind, **given)

    assert (Violation.objects.count(), Freeze.objects.count(), points(), ada().status) == (0, 0, 500, "active")


@pytest.mark.parametrize(
    "row",
    [{"consequence": "ban", "operator": "x"}, {"consequence": "fine", "fine": 101, "operator": "x"},
     {"consequence": "freeze_earning", "hours": 25}, {"consequence": "ban", "reason": "y"}],
)  # fmt: skip
def test_the_database_refuses_it_as_well(row):
    now = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        Violation.objects.create(
            member=ada(), kind=ViolationKind.objects.get(code="insult"), happened_at=now, recorded_at=now, strikes=1,
            strikes_until=now, **row,
        )  # fmt: skip


def test_a_fine_takes_what_is_there_and_overturning_gives_exactly_that_back_with_its_expiry():
    soon = timezone.now() + timedelta(days=3)
    give(20, expires_at=soon)
    give(15)

    made = record("insult", operator="Ines", sentence=sentence("fine", fine=Decimal(50)))
    assert (points(), live_strikes(ada().pk, timezone.now())) == (0, 2)
    violations.appeal(violation=made, text="I quoted somebody.", now=timezone.now())
    overturn(made)
    judge()

    assert (points(), live_strikes(ada().pk, timezone.now())) == (35, 0)
    assert [(int(lot.remaining), lot.expires_at) for lot in queries.lots(ada().pk)] == [(20, soon), (15, None)]
    with pytest.raises(violations.CannotDecide):
        overturn(made)
    told = Event.objects.filter(type__code__startswith="conduct.").order_by("pk").values_list("type__code", flat=True)
    assert list(told) == ["conduct.violation", "conduct.appealed", "conduct.overturned"]


def test_what_happens_while_earning_is_frozen_is_not_paid_and_is_once_the_freeze_was_a_mistake():
    posts = factories.counter(code="posts", kind="count")
    factories.rule({"then": [award(5)]})
    start = timezone.now()
    factories.report(item("before", "ada", time=(start - timedelta(hours=1)).isoformat()))
    made = record(operator="Ines", sentence=sentence("freeze_earning", hours=48), now=start)
    factories.report(item("within", "ada", time=(start + timedelta(minutes=1)).isoformat()))
    judge()
    assert (points(), verdicts("within")) == (5, [[["post", 1, "frozen", []]]])

    overturn(made, now=start + timedelta(minutes=2))
    Work.objects.update(available_at=start)
    judge()

    assert points() == 10
    assert [each[0][2] for each in verdicts("within")] == ["frozen", ""]
    assert CounterValue.objects.get(counter_id=posts.pk).value == 2


def test_a_freeze_ends_by_itself_and_stops_only_what_it_names():
    give(100)
    record(operator="Ines", sentence=sentence("freeze_spending", hours=24))
    record(operator="Ines", sentence=sentence("freeze_privileges", hours=24))
    spend = {"member_id": ada().pk, "currency": factories.CurrencyFactory(), "amount": 10, "key": b"k" * 32}

    with pytest.raises(MayNotSpend) as refused:
        operations.spend(now=timezone.now(), **spend)
    with pytest.raises(CannotInvite):
        invite(inviter=ada(), now=timezone.now())
    operations.spend(now=timezone.now() + timedelta(hours=25), **spend)
    invite(inviter=ada(), now=timezone.now() + timedelta(hours=25))

    assert "Spending is frozen" in str(refused.value)
    assert points() == 90


def test_a_ban_between_two_batches_leaves_each_event_wholly_before_or_wholly_after():
    factories.rule({"then": [award(5), award(1, "growth")]})
    factories.report(*(item(f"e{number}", "ada") for number in range(6)))
    with transaction.atomic():
        judge_lanes(lanes=[lane_of(ada().pk)], batch_size=3, now=timezone.now())
    paid_before = points()

    made = record("insult", **PERSON, sentence=sentence("ban"))
    judge()

    assert paid_before == 15
    assert (points(), ada().status) == (paid_before, "banned")
    reasons = [
        json.loads(each)[0][2]
        for each in Judgement.objects.order_by("pk").values_list("verdicts", flat=True)
        if each != "[]"
    ]
    assert sorted(reasons) == ["", "", "", "status", "status", "status"]

    # It was a mistake: the status there was before comes back, and so does what went unpaid.
    overturn(made, now=timezone.now() + timedelta(seconds=1))
    Work.objects.update(available_at=timezone.now())
    judge()
    assert (points(), ada().status) == (30, "active")


def test_a_ban_that_another_ban_stands_beside_is_not_lifted():
    first = record("insult", **PERSON, sentence=sentence("ban"))
    change_status(member_id=ada().pk, status=MemberStatus.ACTIVE, now=timezone.now(), reason="Another chance.")
    record("insult", **PERSON, sentence=sentence("ban"))

    overturn(first)

    assert ada().status == "banned"


def test_strikes_are_forgotten_and_an_appeal_is_possible_once_and_for_thirty_days(client):
    now = timezone.now()
    made = record(now=now - timedelta(days=89))
    fresh = record(now=now)

    assert (live_strikes(ada().pk, now), live_strikes(ada().pk, now + timedelta(days=2))) == (2, 1)
    with pytest.raises(violations.CannotDecide):
        violations.appeal(violation=made, text="Late.", now=now)
    answers = [call(client, f"violations/{fresh.pk}/appeal", {"text": "It was mine."}).status_code for _ in range(2)]
    assert answers == [201, 422]
    upheld = call(client, f"violations/{fresh.pk}/decision", {"upheld": True, "operator": "Jo", "note": "It is one."})
    assert (upheld.status_code, upheld.json()["state"]) == (201, "upheld")
    shown = client.get("/api/v1/members/ada/conduct").json()
    assert (shown["strikes"], shown["next_strikes"], shown["next_consequence"]) == (2, 3, "freeze_earning")
    assert [line["may_appeal"] for line in shown["violations"]] == [False, False]


def test_the_api_records_once_and_tells_what_is_missing(client):
    body = {"member": "ada", "kind": "insult", "consequence": "ban", "operator": "Ines", "reason": "Enough."}

    refused = call(client, "violations", {name: body[name] for name in body if name != "reason"}, "one")
    first, again = call(client, "violations", body, "two"), call(client, "violations", body, "two")

    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/not_allowed")
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert (Violation.objects.count(), ada().status) == (1, "banned")
    listed = client.get("/api/v1/violations?member=ada&state=stands").json()["results"]
    assert [line["id"] for line in listed] == [first.json()["id"]]


def test_a_reporter_hears_the_outcome_and_no_rule_can_ever_pay_for_a_report(client):
    report = {"reporter": "bo", "subject": "ada", "about": "post-1", "text": "An advert."}
    first, again = call(client, "reports", report), call(client, "reports", report)
    found = Report.objects.get()

    made = record(operator="Ines")
    assert reports.decide_report(report_id=found.pk, now=timezone.now(), by=None, violation=made)
    assert not reports.decide_report(report_id=found.pk, now=timezone.now(), by=None)

    assert (first.status_code, again.status_code) == (201, 200)
    told = Event.objects.get(type__code="conduct.report_decided")
    assert (told.member.ref, json.loads(told.payload.data)) == ("bo", {"outcome": "acted"})
    for kind in ("conduct.reported", "conduct.report_decided"):
        assert publishing.check_document({"code": "r", "when": kind, "then": [award(5)]}).errors


def test_rules_are_accepted_in_the_version_in_force_once_and_may_be_paid_for(client):
    factories.rule({"code": "accepted", "when": "rules.accepted", "then": [award(3)]})
    first = CommunityRules.objects.create(number=1)
    publish_rules(rules=first, now=timezone.now())
    answers = [call(client, "members/ada/rules-acceptance", {"version": 1}).status_code for _ in range(2)]
    second = CommunityRules.objects.create(number=2, advocated={"en": "Be kind."})
    publish_rules(rules=second, now=timezone.now())
    old = call(client, "members/ada/rules-acceptance", {"version": 1})
    judge()

    assert answers == [201, 200]
    assert (old.status_code, old.json()["type"]) == (422, "/problems/not_the_rules")
    assert client.get("/api/v1/community-rules").json()["version"] == 2
    assert client.get("/api/v1/members/ada/conduct").json()["rules_to_accept"] == 2
    assert points() == 3


def test_members_see_where_they_stand_accept_the_rules_and_appeal_on_their_page(client):
    publish_rules(
        rules=CommunityRules.objects.create(number=1, forbidden={"en": "No advertising."}), now=timezone.now()
    )
    mine, others = record(), record(ref="bo")
    visitor = Client()
    visitor.get(client.post("/api/v1/members/ada/page-link").json()["url"].partition("8000")[2])
    page = visitor.get("/me/").content.decode()

    visitor.post("/me/rules/", {"version": "1"})
    visitor.post(f"/me/violations/{mine.pk}/appeal/", {"text": "It was my own handbook."})
    foreign = visitor.post(f"/me/violations/{others.pk}/appeal/", {"text": "Not mine."})
    after = visitor.get("/me/").content.decode()

    for words in ("No advertising.", "Advertising", "1 strike counts against you.", "The way back"):
        assert words in page
    assert "I accept them" not in after
    mine.refresh_from_db()
    assert (mine.state, mine.appeal, foreign.status_code) == ("appealed", "It was my own handbook.", 404)


def test_a_month_is_told_by_kind_without_what_was_overturned(client):
    record()
    record(ref="bo")
    overturn(record("insult", operator="Ines"))

    assert [(line.kind, line.count) for line in months()] == [("advertising", 2)]
    assert "ada" not in client.get("/api/v1/violations/months").content.decode()


def test_an_operator_records_and_decides_in_the_admin_and_works_through_reports():
    desk = Client()
    desk.force_login(get_user_model().objects.create_superuser("operator"))
    kind = ViolationKind.objects.get(code="insult")
    given = {
        "_form_submitted": "on",
        "kind": kind.pk,
        "consequence": "ban",
        "reason": "Threats.",
        "evidence": "A post.",
    }
    reports.report(reporter=Member.objects.get(ref="bo"), subject=ada(), text="", about="p", now=timezone.now())
    found = Report.objects.get()

    desk.post(f"/admin/members/report/{found.pk}/act/", given)
    made = Violation.objects.get()
    assert (ada().status, Report.objects.get().violation_id) == ("banned", made.pk)
    desk.post(f"/admin/members/violation/{made.pk}/overturn/", {"_form_submitted": "on", "note": "Another person."})

    assert (ada().status, Violation.objects.get().state) == ("active", "overturned")
    for path in ("violation", "report", "freeze", "communityrules", "violationkind", "conductstep"):
        assert desk.get(f"/admin/members/{path}/").status_code == 200
