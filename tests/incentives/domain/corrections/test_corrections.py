"""Corrections: seen before, done once each, whoever is killed or comes twice, and undone as a whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone

from incentives.domain import erasing, merging
from incentives.domain.corrections import acts, running, steps
from incentives.domain.corrections.making import BadCorrection, Wanted, make
from incentives.domain.corrections.publications import undo_publication
from incentives.domain.corrections.steps import CannotStep
from incentives.domain.ledger import keys, operations, queries
from incentives.domain.ledger.verify import verify
from incentives.enums import JournalKind
from incentives.models import (
    Account,
    BadgeGrant,
    Correction,
    CorrectionStep,
    Journal,
    LimitUse,
    Note,
    PendingAward,
    Privilege,
    PrivilegeGrant,
    RuleVersion,
)
from members.models import Event, EventType, Member, MessageTemplate, NotificationWork, Segment, SegmentMember
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 3, 1, tzinfo=UTC)
NOON = "2026-03-01T12:00:00Z"


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    for ref in ("ada", "bo", "cy"):
        factories.MemberFactory(ref=ref)
    yield
    assert [proof for proof in verify() if not proof.holds] == []


def user(name):
    return get_user_model().objects.get_or_create(username=name)[0]


def wanted(act, found_by="refs", **more):
    more.setdefault("refs", ("ada", "bo"))
    more.setdefault("reason", "The evening was cut short.")
    more.setdefault("by", user("ines"))
    return Wanted(found_by=found_by, act=act, **more)


PAID = {"rule": "post", "begins_at": DAY, "ends_at": DAY + timedelta(days=1)}


def looked_at(act, found_by="refs", **more):
    made = make(wanted(act, found_by, **more), now=timezone.now())
    running.carry_on()
    made.refresh_from_db()
    return made


def done(act, found_by="refs", **more):
    made = looked_at(act, found_by, **more)
    steps.approve(correction_id=made.pk, now=timezone.now(), by=user("jo"))
    running.carry_on()
    made.refresh_from_db()
    assert made.state == "done"
    return made


def undone(made):
    steps.undo(correction_id=made.pk, now=timezone.now(), by=user("jo"), why="That was wrong.")
    running.carry_on()
    made.refresh_from_db()
    assert made.state == "undone"
    return made


def judge():
    while factories.judge().events:
        pass


def balances(currency="points"):
    points = factories.CurrencyFactory(code=currency)
    found = Account.objects.filter(currency_id=points.pk, bucket=1).values_list("member_id", "balance")
    refs = dict(Member.objects.values_list("pk", "ref"))
    return {refs[pk]: balance for pk, balance in found if balance}


def states(made):
    return dict(made.lines.values_list("member__ref", "state"))


def paid(*refs, amount=30, **rule):
    factories.rule({"then": [award(amount)], **rule})
    factories.report(*(item(f"of {ref}", ref, time=NOON) for ref in refs))
    judge()


# What is added


def test_points_are_added_once_each_with_the_reason_in_the_statement_and_all_of_it_can_be_undone():
    made = done("add", currency="points", amount=Decimal(50))

    assert balances() == {"ada": 50, "bo": 50}
    line = queries.statement(member_id=Member.objects.get(ref="ada").pk).lines[0]
    journal = Journal.objects.get(pk=line.journal_id)
    assert (line.note, journal.actor) == ("The evening was cut short.", f"correction {made.pk}")
    assert (made.members, made.totals, made.size) == (2, {"points": "100"}, 100)

    points = factories.CurrencyFactory()
    operations.spend(
        member_id=Member.objects.get(ref="bo").pk, currency=points, amount=20, key=keys.of_request("s", "s"),
        now=timezone.now(),
    )  # fmt: skip
    undone(made)

    assert balances() == {}
    assert dict(made.lines.values_list("member__ref", "lost")) == {"ada": {}, "bo": {"points": 20}}
    assert Note.objects.filter(text="That was wrong.").count() == 2
    assert list(made.steps.values_list("state", "who")) == [
        ("gathering", "ines"), ("draft", ""), ("running", "jo"), ("done", ""), ("undoing", "jo"), ("undone", ""),
    ]  # fmt: skip
    undone(made)
    assert CorrectionStep.objects.filter(state="undone").count() == 1


def test_a_worker_that_dies_in_the_middle_leaves_whole_members_and_the_next_one_goes_on(monkeypatch):
    made = looked_at("add", currency="points", amount=Decimal(50), refs=("ada", "bo", "cy"))
    steps.approve(correction_id=made.pk, now=timezone.now(), by=user("ines"))
    real, seen = acts.do, []

    def dying(order, line, *, now):
        real(order, line, now=now)
        seen.append(line)
        if len(seen) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(acts, "do", dying)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        running.carry_on()
    monkeypatch.setattr(acts, "do", real)
    for _ in range(3):
        running.carry_on()

    assert balances() == {"ada": 50, "bo": 50, "cy": 50}
    made.refresh_from_db()
    assert (made.state, set(states(made).values())) == ("done", {"done"})


def test_one_member_who_fails_keeps_nobody_else_from_theirs(monkeypatch):
    real = operations.adjust

    def failing(*, member_id, **more):
        if member_id == Member.objects.get(ref="bo").pk:
            raise operations.CannotReverse("No.")
        return real(member_id=member_id, **more)

    monkeypatch.setattr(operations, "adjust", failing)

    made = done("add", currency="points", amount=Decimal(50))

    assert balances() == {"ada": 50}
    assert states(made) == {"ada": "done", "bo": "failed"}


def test_each_gets_one_message_of_it_and_none_when_it_is_quiet():
    for code in ("points.adjusted", "correction.made"):
        MessageTemplate.objects.create(
            code=code.replace(".", "-"), event_type=EventType.objects.get(code=code), kind="service",
            titles={"en": "Hello"}, texts={"en": "Hello"},
        )  # fmt: skip
    from members.domain.registry import registry

    registry.forget()

    done("add", currency="points", amount=Decimal(5))
    assert NotificationWork.objects.count() == 2
    done("add", currency="points", amount=Decimal(5), is_quiet=True)
    assert NotificationWork.objects.count() == 2
    assert Event.objects.filter(type__code="correction.made").count() == 4


# What a rule paid


def test_what_a_rule_paid_in_a_window_is_taken_back_within_its_limits_and_comes_back_when_undone():
    limit = {"code": "turns", "per": "member", "every": "day", "times": 1}
    paid("ada", "bo", limits=[limit], then=[award(30), award(3, "growth")])
    points = factories.CurrencyFactory()
    operations.spend(
        member_id=Member.objects.get(ref="bo").pk, currency=points, amount=20, key=keys.of_request("s", "s"),
        now=timezone.now(),
    )  # fmt: skip

    made = looked_at("take_back", "paid", **PAID)

    assert (made.members, made.totals, made.lost) == (2, {"growth": "-6", "points": "-60"}, {"points": "20"})
    steps.approve(correction_id=made.pk, now=timezone.now(), by=user("jo"))
    running.carry_on()
    assert (balances(), balances("growth")) == ({}, {})
    assert dict(made.lines.values_list("member__ref", "lost")) == {"ada": {}, "bo": {"points": 20}}
    assert set(LimitUse.objects.values_list("times", flat=True)) == {0}

    made.refresh_from_db()
    undone(made)

    assert (balances(), balances("growth")) == ({"ada": 30, "bo": 10}, {"ada": 3, "bo": 3})
    assert set(LimitUse.objects.values_list("times", flat=True)) == {1}
    again = done("take_back", "paid", **PAID)
    assert (balances(), states(again)) == ({}, {"ada": "done", "bo": "done"})


def test_an_award_that_waits_is_taken_from_pending_and_waits_again_when_undone():
    paid("ada", then=[award(30, pending={"for": "365d"})])
    assert PendingAward.objects.get().state == "waiting"

    made = done("take_back", "paid", **PAID)
    assert PendingAward.objects.get().state == "withdrawn"
    undone(made)

    assert PendingAward.objects.get().state == "waiting"
    assert Account.objects.get(bucket=2).balance == 30


def test_the_window_ends_before_its_end_and_a_version_can_be_named():
    paid("ada", "bo")
    factories.report(item("late", "cy", time="2026-03-02T00:00:00Z"))
    judge()

    assert looked_at("take_back", "paid", **PAID).members == 2
    assert looked_at("take_back", "paid", **PAID, version=1).members == 2
    assert looked_at("take_back", "paid", **PAID, version=7).members == 0


def test_who_would_lose_a_tier_is_told_before():
    ladder = factories.ladder(silver=20)
    ladder.falls = "earned"
    ladder.save()
    factories.rule({"then": [award(30, "growth")]})
    factories.report(item("e", "ada", time=NOON))
    judge()

    made = looked_at("take_back", "paid", **PAID)

    assert made.falls == 1
    assert made.lines.get().falls == [["growth", "silver"]]


# Judged again


def test_events_are_judged_again_by_the_mended_rule_and_as_before_when_undone():
    first = factories.rule({"then": [award(30)]})
    factories.report(item("e", "ada", time=NOON))
    judge()
    document = {**first.document, "then": [award(12)]}
    factories.rule(document, since=DAY - timedelta(days=9))

    made = done("judge_again", "paid", **PAID)
    judge()
    assert balances() == {"ada": 12}

    undone(made)
    judge()
    assert balances() == {"ada": 30}
    assert Journal.objects.filter(kind=JournalKind.AWARD).count() == 2


def test_an_undo_before_the_new_run_was_judged_keeps_it_from_paying():
    paid("ada")
    made = done("judge_again", "paid", **PAID)

    undone(made)
    judge()

    assert balances() == {"ada": 30}


def test_what_went_to_others_is_judged_again_with_the_event():
    bo = Member.objects.get(ref="bo")
    Member.objects.filter(ref="ada").update(invited_by=bo)
    paid("ada", then=[award(30), award(7, to="inviter")])
    assert balances() == {"ada": 30, "bo": 7}

    made = done("judge_again", "event", type="content.published", **{k: PAID[k] for k in ("begins_at", "ends_at")})
    judge()
    assert balances() == {"ada": 30, "bo": 7}
    undone(made)
    judge()

    assert balances() == {"ada": 30, "bo": 7}
    assert Journal.objects.filter(kind=JournalKind.AWARD).count() == 4


# Rights


def test_privileges_and_badges_are_granted_and_go_again():
    Privilege.objects.create(code="pin", names={"en": "Pin"})
    host = factories.badge("host")
    BadgeGrant.objects.create(badge=host, member_id=Member.objects.get(ref="bo").pk, key="host", granted_at=DAY)

    rights, honours = done("privilege", privilege="pin"), done("badge", badge="host")

    assert PrivilegeGrant.objects.filter(revoked_at__isnull=True).count() == 2
    assert states(honours) == {"ada": "done", "bo": "nothing"}
    undone(rights)
    undone(honours)
    assert PrivilegeGrant.objects.filter(revoked_at__isnull=True).count() == 0
    assert list(BadgeGrant.objects.values_list("key", flat=True)) == ["host"]


# Lists


def test_lists_are_found_by_segment_and_by_what_an_event_says():
    segment = Segment.objects.create(code="founders", kind="static")
    SegmentMember.objects.create(segment=segment, member=Member.objects.get(ref="cy"), since=DAY)
    factories.report(item("1", "ada", time=NOON), item("2", "bo", time=NOON, data={"content_id": "other", "words": 1}))

    by_segment = looked_at("add", "segment", segment="founders", currency="points", amount=Decimal(1))
    window = {name: PAID[name] for name in ("begins_at", "ends_at")}
    by_event = looked_at(
        "add", "event", type="content.published", field="content_id", value="c1", currency="points",
        amount=Decimal(1), **window,
    )  # fmt: skip
    by_number = looked_at(
        "add", "event", type="content.published", field="words", value="1", currency="points", amount=Decimal(1),
        **window,
    )  # fmt: skip

    assert [states(each) for each in (by_segment, by_event, by_number)] == [
        {"cy": "waiting"}, {"ada": "waiting"}, {"bo": "waiting"},
    ]  # fmt: skip


def test_whoever_may_earn_nothing_is_passed_over_and_merged_ones_are_one_person():
    Member.objects.filter(ref="bo").update(status="banned")
    ada, cy = Member.objects.get(ref="ada"), Member.objects.get(ref="cy")

    made = looked_at("add", currency="points", amount=Decimal(5), refs=("ada", "bo", "cy"))
    assert states(made) == {"ada": "waiting", "bo": "nothing", "cy": "waiting"}
    merging.merge(survivor_id=ada.pk, merged_id=cy.pk, now=timezone.now(), reason="One person.")
    steps.approve(correction_id=made.pk, now=timezone.now(), by=user("ines"))
    running.carry_on()

    assert balances() == {"ada": 5}
    assert states(made)["cy"] == "nothing"


def test_whoever_was_erased_meanwhile_is_left_in_peace_by_both_ways():
    made = looked_at("add", currency="points", amount=Decimal(5))
    ada = Member.objects.get(ref="ada")
    erasing.erase(member_id=ada.pk, ref="ada", reason="Asked for it.", now=timezone.now())
    steps.approve(correction_id=made.pk, now=timezone.now(), by=user("ines"))
    running.carry_on()
    assert balances() == {"bo": 5}
    made.refresh_from_db()

    erasing.erase(member_id=Member.objects.get(ref="bo").pk, ref="bo", reason="Asked for it.", now=timezone.now())
    undone(made)

    assert balances() == {}


CASES = {
    "refs": {"act": "add", "refs": ("ada", "nobody"), "currency": "points", "amount": Decimal(1)},
    "amount": {"act": "add", "currency": "points", "amount": Decimal("0.5")},
    "currency": {"act": "add", "currency": "gold", "amount": Decimal(1)},
    "reason": {"act": "add", "currency": "points", "amount": Decimal(1), "reason": " "},
    "ends_at": {"act": "take_back", "rule": "post", "begins_at": DAY, "ends_at": DAY},
    "rule": {"act": "take_back", "rule": "none", "begins_at": DAY, "ends_at": DAY + timedelta(1)},
    "segment": {"act": "add", "found_by": "segment", "segment": "none", "currency": "points", "amount": Decimal(1)},
    "badge": {"act": "badge", "badge": "none"},
    "privilege": {"act": "privilege", "privilege": "none"},
    "act": {"act": "shout"},
    "found_by": {"act": "add", "found_by": "dream", "currency": "points", "amount": Decimal(1)},
}


@pytest.mark.parametrize("field", CASES)
def test_what_cannot_be_done_is_refused_by_the_field_and_nothing_is_made(field):
    if field == "ends_at":
        factories.rule({"then": [award(30)]})

    with pytest.raises(BadCorrection) as refused:
        make(wanted(**CASES[field]), now=timezone.now())

    assert refused.value.field == field
    assert not Correction.objects.exists()


# Two pairs of eyes


def test_a_large_correction_needs_a_second_operator_and_the_same_person_cannot(settings):
    made = looked_at("add", currency="points", amount=Decimal(501))
    assert made.needs_second
    for by, who in ((user("ines"), ""), (None, "key")):
        with pytest.raises(CannotStep) as refused:
            steps.approve(correction_id=made.pk, now=timezone.now(), by=by, who=who)
        assert refused.value.kind == "second_operator"
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.filter(pk=made.pk).update(approved_by=made.created_by)

    steps.hand_over(correction_id=made.pk, now=timezone.now(), by=user("ines"), why="Please look.")
    steps.approve(correction_id=made.pk, now=timezone.now(), by=user("jo"))
    running.carry_on()

    assert balances() == {"ada": 501, "bo": 501}
    small = looked_at("add", currency="points", amount=Decimal(500))
    assert not small.needs_second
    settings.CORRECTION_MEMBERS_ALONE = 1
    assert looked_at("add", currency="points", amount=Decimal(1)).needs_second


def test_steps_are_taken_in_their_order_and_a_list_too_long_is_let_go(settings):
    made = looked_at("add", currency="points", amount=Decimal(1))
    with pytest.raises(CannotStep):
        steps.undo(correction_id=made.pk, now=timezone.now(), by=user("jo"), why="No.")
    steps.discard(correction_id=made.pk, now=timezone.now(), by=user("jo"))
    for step in (steps.approve, steps.discard, steps.look_again):
        with pytest.raises(CannotStep):
            step(correction_id=made.pk, now=timezone.now(), by=user("jo"))

    settings.CORRECTION_MEMBERS_MAX = 1
    factories.report(item("1", "ada", time=NOON), item("2", "bo", time=NOON))
    window = {name: PAID[name] for name in ("begins_at", "ends_at")}
    long = looked_at("add", "event", type="content.published", currency="points", amount=Decimal(1), **window)

    assert (long.state, long.lines.count()) == ("discarded", 0)
    with pytest.raises(BadCorrection):
        make(wanted("add", currency="points", amount=Decimal(1)), now=timezone.now())


def test_looking_again_sees_what_has_changed_since():
    paid("ada")
    made = looked_at("take_back", **PAID, refs=("ada", "bo"))
    assert (made.members, made.totals) == (2, {"points": "-30"})
    factories.report(item("more", "bo", time=NOON))
    judge()

    steps.look_again(correction_id=made.pk, now=timezone.now(), by=user("ines"))
    running.carry_on()

    made.refresh_from_db()
    assert (made.state, made.members, made.totals) == ("draft", 2, {"points": "-60"})


def test_undoing_a_publication_ends_the_version_and_prepares_what_it_paid():
    paid("ada", "bo")
    version = RuleVersion.objects.get()

    made = undo_publication(version=version, why="Paid by mistake.", now=timezone.now(), by=user("ines"))
    running.carry_on()

    made.refresh_from_db()
    version.refresh_from_db()
    assert (version.state, made.state, made.totals) == ("retired", "draft", {"points": "-60"})
    steps.approve(correction_id=made.pk, now=timezone.now(), by=user("ines"))
    running.carry_on()
    assert balances() == {}


def test_what_was_judged_once_more_since_is_the_newer_correction_s_affair():
    paid("ada")
    older = done("judge_again", "paid", **PAID)
    judge()
    newer = done("judge_again", "paid", **PAID)
    judge()

    undone(older)
    judge()
    assert balances() == {"ada": 30}
    undone(newer)

    assert balances() == {"ada": 30}
