"""Effects for somebody else, and effects that are not sure yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from incentives.domain import pending, publishing
from incentives.domain.ledger import InsufficientPoints, operations, queries
from incentives.domain.ledger.verify import verify
from incentives.domain.reversals import reverse_journal
from incentives.models import BadgeGrant, Journal, Judgement, LimitName, LimitUse, PendingAward
from members.models import DeadLetter, Event, Member, Work
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    ada = factories.MemberFactory(ref="ada")
    factories.MemberFactory(ref="bo", invited_by=ada)
    factories.MemberFactory(ref="cy", invited_by=ada)
    factories.EventTypeFactory(
        code="content.thanked", schema={"by": {"type": "string"}, "content_id": {"type": "string"}}
    )
    yield
    assert [proof for proof in verify() if not proof.holds] == []
    assert not DeadLetter.objects.exists()


def judge() -> None:
    while factories.judge().events:
        pass
    assert not Work.objects.exists()


def report(*names: str, subject: str, at: datetime = START, **more) -> None:
    factories.report(*(item(name, subject, time=at.isoformat(), **more) for name in names))
    judge()


def has(ref: str, currency: str = "points") -> tuple[int, int]:
    """(available, pending)"""
    lines = queries.balances(Member.objects.get(ref=ref).pk)
    return next((int(line.available), int(line.pending)) for line in lines if line.currency == currency)


def test_the_inviter_is_paid_in_their_own_lane_and_each_effect_once():
    factories.rule({"then": [award(5), award(20, to="inviter")]})

    report("a", subject="bo")

    assert (has("bo"), has("ada")) == ((5, 0), (20, 0))
    assigned = Event.objects.get(type__code="effect.assigned")
    assert assigned.member.ref == "ada"
    assert [
        (j.rule_code, j.effect_number, j.event_id) for j in Journal.objects.filter(member_id=assigned.member_id)
    ] == [("post", 1, assigned.pk)]
    judgement = Judgement.objects.get(event_id=assigned.pk)
    assert judgement.verdicts == '[["post",1,"",[[1,20,20,""]]]]'


def test_whoever_has_no_inviter_brings_nobody_anything_and_says_so():
    factories.rule({"then": [award(5), award(20, to="inviter")]})

    report("a", subject="ada")

    assert has("ada") == (5, 0)
    event = Event.objects.get(key__external_id="a")
    assert Judgement.objects.get(event_id=event.pk).verdicts == '[["post",1,"",[[0,5,5,""],[1,20,0,"nobody"]]]]'


def test_a_member_named_in_the_data_is_paid_and_a_stranger_is_not():
    factories.rule({"code": "thanks", "when": "content.thanked", "then": [award(3, to="event.data.by")]})

    report("a", subject="ada", type="content.thanked", data={"by": "bo", "content_id": "c"})
    report("b", subject="ada", type="content.thanked", data={"by": "nobody we know", "content_id": "c"})

    assert (has("ada"), has("bo")) == ((0, 0), (3, 0))


def test_limits_bind_whom_they_name_the_one_who_is_paid_the_doer_and_the_rule():
    factories.rule(
        {
            "then": [award(1), award(10, to="inviter")],
            "limits": [
                {"code": "paid", "per": "member", "every": "day", "times": 3},
                {"code": "doing", "per": "actor", "every": "day", "times": 2},
                {"code": "all", "per": "rule", "every": "ever", "amount": 35, "currency": "points", "over": "cut"},
            ],
        }
    )

    report("b1", "b2", "b3", subject="bo")
    report("c1", "c2", subject="cy")

    # bo may do it twice a day; the rule pays 35 in all: 11, 11, 11, then what is left of it.
    assert (has("bo"), has("cy")) == ((2, 0), (2, 0))
    assert has("ada") == (30, 0)
    codes = dict(LimitName.objects.values_list("code", "id"))
    uses = {(u.member_id, u.limit_id): (u.times, u.amount) for u in LimitUse.objects.all()}
    ada = Member.objects.get(ref="ada").pk
    assert uses[ada, codes["post:paid"]] == (3, 0)
    assert uses[0, codes["post:all"]] == (0, 35)


def test_a_banned_inviter_is_recorded_unpaid():
    factories.rule({"then": [award(20, to="inviter")]})
    Member.objects.filter(ref="ada").update(status="banned")

    report("a", subject="bo")

    assert has("ada") == (0, 0)
    assigned = Event.objects.get(type__code="effect.assigned")
    assert Judgement.objects.get(event_id=assigned.pk).verdicts == '[["post",1,"status",[]]]'


def test_a_badge_may_go_to_the_inviter_and_once_is_once():
    factories.badge("guide")
    factories.rule({"then": [{"do": "badge", "badge": "guide", "to": "inviter"}]})

    report("a", "b", subject="bo")
    report("c", subject="cy")

    assert [grant.member_id for grant in BadgeGrant.objects.all()] == [Member.objects.get(ref="ada").pk]


def test_an_award_waits_for_its_time_and_unlocks_once():
    ladder = factories.ladder(bronze=0, silver=10)
    factories.rule({"then": [award(12, "growth", pending={"for": "7d"})]})
    report("a", subject="ada")
    assert has("ada", "growth") == (0, 12)

    counts = [pending.settle_due(now=START + timedelta(days=n)) for n in (6, 7, 7)]
    judge()

    assert counts == [0, 1, 0]
    assert has("ada", "growth") == (12, 0)
    assert Member.objects.get(ref="ada").standings.get().tier == ladder.tiers.get(code="silver")
    with pytest.raises(InsufficientPoints):
        operations.spend(
            member_id=Member.objects.get(ref="bo").pk,
            currency=factories.CurrencyFactory(code="growth"),
            amount=1,
            key=b"k" * 32,
            now=timezone.now(),
        )


PENDING = {"until": "content.thanked", "match": "event.data.content_id", "within": "10d"}


def thank(name: str, content_id: str, *, at: datetime = START, subject: str = "ada") -> None:
    report(name, subject=subject, at=at, type="content.thanked", data={"by": "bo", "content_id": content_id})


def test_an_award_waits_until_the_event_that_makes_it_sure():
    factories.rule({"then": [award(10, pending=PENDING)]})
    report("a", subject="ada", data={"content_id": "c1", "words": 1})
    report("b", subject="ada", data={"content_id": "c2", "words": 1})
    assert has("ada") == (0, 20)

    thank("other content", "c3")
    thank("another member", "c1", subject="cy")
    assert has("ada") == (0, 20)
    thank("this one", "c1")
    thank("and again", "c1")

    assert has("ada") == (10, 10)
    settled = PendingAward.objects.get(state="matured")
    assert (settled.match, settled.settled_by_id) == (
        "content_id=c1",
        Event.objects.get(key__external_id="this one").pk,
    )


def test_one_batch_may_hold_an_award_and_what_makes_it_sure():
    factories.rule({"then": [award(10, pending=PENDING)]})
    factories.report(
        item("a", "ada", data={"content_id": "c1", "words": 1}),
        item("t", "ada", type="content.thanked", data={"by": "bo", "content_id": "c1"}),
    )

    assert factories.judge().batches == 1
    judge()

    assert has("ada") == (10, 0)
    assert PendingAward.objects.get().state == "matured"


def test_what_never_became_sure_lapses_and_makes_room_in_its_limits():
    factories.rule(
        {
            "then": [award(10, pending=PENDING)],
            "limits": [{"code": "once", "per": "member", "every": "ever", "times": 1}],
        }
    )
    report("a", subject="ada", data={"content_id": "c1", "words": 1})
    late = START + timedelta(days=10)
    thank("too late", "c1", at=late)
    assert has("ada") == (0, 10)

    counts = [pending.settle_due(now=late) for _ in range(2)]

    assert counts == [1, 0]
    assert has("ada") == (0, 0)
    report("b", subject="ada", at=late, data={"content_id": "c2", "words": 1})
    assert has("ada") == (0, 10)


def test_an_award_that_waits_can_be_taken_back_whole_and_then_never_unlocks():
    factories.rule({"then": [award(10, pending=PENDING)]})
    report("a", subject="ada", data={"content_id": "c1", "words": 1})
    journal = Journal.objects.get(kind=1)

    moved = reverse_journal(journal_id=journal.pk, cause="fraud", now=START)
    thank("too late for it", "c1")

    assert (moved.amount, has("ada")) == (-10, (0, 0))
    assert PendingAward.objects.get().state == "withdrawn"
    assert pending.settle_due(now=START + timedelta(days=99)) == 0


def test_an_unlocked_award_is_taken_back_like_any_other():
    factories.rule({"then": [award(10, pending={"for": "1d"})]})
    report("a", subject="ada")
    pending.settle_due(now=START + timedelta(days=1))

    reverse_journal(journal_id=Journal.objects.get(kind=1).pk, cause="fraud", now=START + timedelta(days=2))

    assert has("ada") == (0, 0)


def test_points_that_expired_while_they_waited_expire_when_they_unlock():
    factories.rule({"then": [award(10, pending={"for": "9d"}, expires={"kind": "after", "days": 3})]})
    report("a", subject="ada")

    pending.settle_due(now=START + timedelta(days=9))

    assert has("ada") == (0, 0)
    assert list(Journal.objects.order_by("pk").values_list("kind", flat=True)) == [1, 9, 10]


def test_an_inviters_award_may_wait_for_what_the_doers_event_names():
    factories.rule({"then": [award(10, to="inviter", pending=PENDING)]})
    report("a", subject="bo", data={"content_id": "c1", "words": 1})
    assert has("ada") == (0, 10)

    thank("on the inviter's timeline", "c1")

    assert has("ada") == (10, 0)


@pytest.mark.parametrize(
    ("effect", "pointer", "code"),
    [
        ({"to": "somebody"}, "/then/0/to", "unknown_field"),
        ({"to": "event.data.words"}, "/then/0/to", "type"),
        ({"to": "event.data.contentid"}, "/then/0/to", "unknown_field"),
        ({"pending": {}}, "/then/0/pending", "invalid"),
        ({"pending": {"for": "7d", "until": "content.thanked"}}, "/then/0/pending", "invalid"),
        ({"pending": {"for": "7 days"}}, "/then/0/pending/for", "invalid"),
        ({"pending": {"for": "367d"}}, "/then/0/pending/for", "invalid"),
        ({"pending": {"until": "content.thanked"}}, "/then/0/pending/within", "invalid"),
        ({"pending": {"until": "content.thankd", "within": "1d"}}, "/then/0/pending/until", "unknown_type"),
        ({"pending": {**PENDING, "match": "event.data.words"}}, "/then/0/pending/match", "type"),
        ({"pending": {**PENDING, "match": "event.data.by"}}, "/then/0/pending/match", "unknown_field"),
    ],
)
def test_a_recipient_or_a_wait_that_cannot_be_is_refused(effect, pointer, code):
    report = publishing.check_document({"code": "post", "when": "content.published", "then": [award(1, **effect)]})

    assert (pointer, code) in {(finding.pointer, finding.code) for finding in report.errors}


def test_batches_of_1_and_of_1000_hand_over_the_same():
    from django.db import transaction

    from incentives.domain.engine import rulebook

    factories.rule(
        {
            "then": [award(2), award(3, to="inviter"), award(7, pending=PENDING)],
            "limits": [{"per": "member", "every": "day", "amount": 20, "currency": "points", "over": "cut"}],
        }
    )
    factories.report(
        *(item(f"e{n}", ("ada", "bo", "cy")[n % 3], data={"content_id": f"c{n % 4}", "words": 1}) for n in range(30)),
        *(
            item(f"t{n}", ("ada", "bo", "cy")[n % 3], type="content.thanked", data={"by": "bo", "content_id": f"c{n}"})
            for n in range(6)
        ),
    )
    seen = []
    for size in (1, 1000):
        with transaction.atomic():
            while factories.judge(batch_size_max=size).events:
                pass
            seen.append([has(ref) for ref in ("bo", "cy")])
            transaction.set_rollback(True)
        rulebook.forget()

    assert seen[0] == seen[1]
