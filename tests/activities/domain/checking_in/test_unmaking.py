"""A check-in that was taken back, the whole way: as if it had not happened."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import advancing, registering
from activities.domain.after import feedback, papers, reporting
from activities.domain.after.feedback import rate
from activities.domain.checking_in.codes import code_of
from activities.domain.checking_in.scanning import CannotScan, Scanned, take
from activities.domain.checking_in.taking_back import undo
from activities.enums import PaperKind
from activities.models import Activity, Feedback
from incentives.domain.ledger import queries
from incentives.domain.ledger.verify import verify
from incentives.models import BadgeGrant, Privilege, PrivilegeGrant
from members.domain.connections import knowing
from members.domain.counters.making import make_counter, recount
from members.domain.intentions.evaluating import evaluate_intentions
from members.domain.segments.evaluating import evaluate_segments
from members.models import (
    Attendance,
    Connection,
    Counter,
    CounterValue,
    Event,
    EventType,
    Intention,
    IntentionEvidence,
    Member,
    Retraction,
    Segment,
)
from tests import factories

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def past():
    """An evening that was over an hour ago, with Ada and Bo: late scans are taken still."""
    factories.world()
    factories.EventTypeFactory(
        code="reply.written", schema={"to": {"type": "string"}}, is_conversation=True, counterpart="to"
    )
    now = timezone.now()
    made = factories.announced(now=now - timedelta(days=9), starts_at=now - timedelta(hours=3))
    for ref in ("ada", "bo"):
        member = factories.MemberFactory(ref=ref, age_band="adult", joined_at=now - timedelta(days=90))
        registering.register(activity_id=made.pk, member=member, now=made.starts_at - timedelta(hours=2))
    return made


def of(ref):
    return Member.objects.get(ref=ref).registrations.get()


def scan(activity, ref, nonce="n", at=None):
    at = at or activity.starts_at
    scanned = Scanned(f"{ref}-{nonce}", at, code_of(of(ref)))
    return take(activity_id=activity.pk, scanned=scanned, now=max(at, activity.ends_at))


def take_back(ref, nonce="u"):
    return undo(registration_id=of(ref).pk, nonce=nonce, reason="Wrong badge.", now=timezone.now(), actor="Ines")


def judge():
    while factories.judge().events:
        pass


def write(ref, to, at):
    said = factories.item(f"{ref}-{to}-{at}", ref, type="reply.written", data={"to": to}, time=at.isoformat())
    factories.report(said, now=timezone.now())


def meet():
    judge()
    knowing.advance_connections(now=timezone.now())
    judge()


def points(ref, currency="points"):
    balances = queries.balances(Member.objects.get(ref=ref).pk)
    return next((int(line.available) for line in balances if line.currency == currency), 0)


def counted(ref):
    member = Member.objects.get(ref=ref)
    return sum(CounterValue.objects.filter(member_id=member.pk).values_list("value", flat=True))


def known():
    return sorted((each.low.ref, each.high.ref) for each in Connection.objects.select_related("low", "high"))


def test_points_badges_rights_counts_segments_and_evidence_are_as_before(past):
    came = EventType.objects.get(code="activity.checked_in")
    make_counter(counter=Counter(code="evenings", event_type=came, kind="count"))
    factories.badge("guest")
    Privilege.objects.create(code="pin")
    factories.rule(
        {
            "code": "came",
            "when": "activity.checked_in",
            "then": [
                factories.award(40),
                factories.award(9, "growth"),
                {"do": "badge", "badge": "guest"},
                {"do": "grant", "privilege": "pin", "for": "30d", "uses": 1},
            ],
        }
    )
    Segment.objects.create(code="guests", kind="condition", condition="counters.evenings >= 1")
    IntentionEvidence.objects.create(code="came", event_type=came, points=15)

    def evaluated():
        evaluate_segments(now=timezone.now())
        evaluate_intentions(now=timezone.now())
        evenings = counted("ada")
        inside = Segment.objects.get(code="guests").memberships.filter(member__ref="ada").exists()
        score = Intention.objects.filter(member__ref="ada").values_list("score", flat=True).first()
        grants = PrivilegeGrant.objects.filter(member__ref="ada", revoked_at=None).count()
        badges = BadgeGrant.objects.filter(member_id=of("ada").member_id).count()
        return [points("ada"), points("ada", "growth"), badges, grants, evenings, inside, bool(score)]

    scan(past, "ada")
    scan(past, "bo")
    judge()
    assert evaluated() == [40, 9, 1, 1, 1, True, True]

    take_back("ada")
    judge()

    assert evaluated() == [0, 0, 0, 0, 0, False, False]
    # Bo's stays, and the event stays on the timeline as what was said.
    assert (points("bo"), counted("bo")) == (40, 1)
    assert Event.objects.filter(type=came, member__ref="ada").count() == 1
    assert Retraction.objects.get().event.member.ref == "ada"

    take_back("ada")
    scan(past, "ada", "later", timezone.now())
    judge()
    assert evaluated() == [40, 9, 1, 1, 1, True, True]


def books():
    return [proof for proof in verify() if not proof.holds]


def test_taken_back_once_or_twice_and_after_the_rule_was_edited_it_is_paid_exactly_once(past):
    came = EventType.objects.get(code="activity.checked_in")
    make_counter(counter=Counter(code="evenings", event_type=came, kind="count"))
    factories.rule({"code": "came", "when": "activity.checked_in", "then": [factories.award(40)]})
    scan(past, "ada")
    judge()
    factories.rule({"code": "came", "when": "activity.checked_in", "then": [factories.award(7)]})

    take_back("ada")
    # The same once more, sent again, and by somebody who did not see it.
    assert take_back("ada").is_new is False
    with pytest.raises(CannotScan, match="nothing to take back"):
        take_back("ada", "another")

    assert (points("ada"), counted("ada"), Retraction.objects.count(), books()) == (0, 0, 1, [])
    for nonce in ("second", "third"):
        scan(past, "ada", nonce, timezone.now())
        scan(past, "ada", f"{nonce}-again", timezone.now())
        judge()
        assert (points("ada"), counted("ada"), books()) == (7, 1, [])
        take_back("ada", f"not-{nonce}")
        assert (points("ada"), counted("ada"), books()) == (0, 0, [])

    assert Retraction.objects.count() == 3
    recount(member_ids=[of("ada").member_id])
    assert counted("ada") == 0


def test_a_scan_of_before_that_arrives_after_stays_taken_back(past):
    factories.rule({"code": "came", "when": "activity.checked_in", "then": [factories.award(40)]})
    scan(past, "ada")
    judge()
    take_back("ada")

    scan(past, "ada", "from-a-device-without-a-net", past.starts_at + MINUTE)
    judge()

    assert (points("ada"), of("ada").checked_in_at, books()) == (0, None, [])


def test_what_was_not_judged_yet_is_never_counted(past):
    came = EventType.objects.get(code="activity.checked_in")
    make_counter(counter=Counter(code="evenings", event_type=came, kind="count"))
    scan(past, "ada")

    take_back("ada")
    judge()

    assert not CounterValue.objects.exists()
    make_counter(counter=Counter(code="again", event_type=came, kind="count"))
    assert not CounterValue.objects.exists()
    assert not Attendance.objects.exists()


def test_two_who_only_met_there_do_not_know_each_other_and_both_lose_what_that_paid(past):
    factories.rule({"code": "met", "when": "connection.made", "then": [factories.award(5)]})
    scan(past, "ada")
    scan(past, "bo")
    judge()
    write("ada", "bo", past.ends_at + MINUTE)
    meet()
    assert (known(), points("ada"), points("bo"), knowing.count_of(of("bo").member_id)) == ([("ada", "bo")], 5, 5, 1)

    take_back("ada")

    assert (known(), points("ada"), points("bo"), knowing.count_of(of("bo").member_id)) == ([], 0, 0, 0)
    assert list(Attendance.objects.values_list("member_id", flat=True)) == [of("bo").member_id]
    # The next word does not bring it back: they were not there together.
    write("bo", "ada", past.ends_at + 2 * MINUTE)
    meet()
    assert known() == []


def test_what_else_supports_a_connection_keeps_it(past):
    factories.rule({"code": "met", "when": "connection.made", "then": [factories.award(5)]})
    scan(past, "ada")
    scan(past, "bo")
    judge()
    write("ada", "bo", past.ends_at + MINUTE)
    write("bo", "ada", past.starts_at - timedelta(days=2))
    meet()
    assert known() == [("ada", "bo")]

    take_back("ada")

    # They spoke both ways on two days.
    assert (known(), points("ada"), points("bo")) == ([("ada", "bo")], 5, 5)


def test_whom_they_knew_before_and_whom_one_has_hidden_stay(past):
    now = timezone.now()
    ada, bo = of("ada").member, of("bo").member
    low, high = sorted((ada.pk, bo.pk))
    common = {"first_at": now, "last_at": now, "days": 1, "is_mutual": False}
    old = Connection.objects.create(low_id=low, high_id=high, since=past.starts_at - timedelta(days=30), **common)
    scan(past, "ada")
    scan(past, "bo")
    judge()

    take_back("ada")
    assert known() == [("ada", "bo")]

    scan(past, "ada", "later", timezone.now())
    judge()
    Connection.objects.filter(pk=old.pk).update(since=timezone.now(), hidden_by_low=True)
    take_back("ada", "u2")
    assert known() == [("ada", "bo")]


def test_a_connection_that_nobody_was_told_of_goes_alone(past):
    scan(past, "ada")
    scan(past, "bo")
    judge()
    low, high = sorted((of("ada").member_id, of("bo").member_id))
    now = timezone.now()
    Connection.objects.create(low_id=low, high_id=high, since=now, first_at=now, last_at=now, days=1, is_mutual=False)

    take_back("ada")

    assert known() == []


def test_what_they_said_of_it_is_kept_and_counts_for_nothing_until_they_have_come_after_all(past):
    factories.rule({"code": "rated", "when": "activity.rated", "then": [factories.award(3)]})
    scan(past, "ada")
    rate(registration_id=of("ada").pk, stars=1, now=past.ends_at, words="Never again.")
    papers.issue(registration_id=of("ada").pk, kind=PaperKind.CERTIFICATE, now=past.ends_at)
    paper = of("ada").papers.get()
    judge()
    assert (points("ada"), reporting.report_of(past).ratings, len(feedback.lines_of(past))) == (3, 1, 1)

    take_back("ada")

    assert (points("ada"), reporting.report_of(past).ratings, feedback.lines_of(past)) == (0, 0, [])
    assert reporting.report_of(past).stars is None
    assert Feedback.objects.get().words == "Never again."
    assert papers.verify(paper.code).holds is False
    scan(past, "ada", "later", timezone.now())
    judge()
    assert (points("ada"), reporting.report_of(past).ratings, len(feedback.lines_of(past))) == (3, 1, 1)
    assert papers.verify(paper.code).holds is True


def test_who_had_come_after_all_was_never_counted_as_missing(past):
    Activity.objects.update(starts_at=past.starts_at - timedelta(days=1), ends_at=past.ends_at - timedelta(days=1))
    past.refresh_from_db()
    missed = EventType.objects.get(code="activity.missed")
    make_counter(counter=Counter(code="missed", event_type=missed, kind="count"))
    scan(past, "bo")
    advancing.advance_activities(now=past.ends_at)
    late = past.ends_at + timedelta(hours=13)
    assert advancing.find_missing(now=late) == 1
    judge()
    assert CounterValue.objects.get().value == 1

    scan(past, "ada", "late", past.starts_at)
    judge()

    assert not CounterValue.objects.exclude(value=0).exists()
    assert (of("ada").missed_at, of("ada").missed_event_id) == (None, None)


def test_who_was_missing_before_rules_were_told_of_it_has_nothing_to_take_back(past):
    registration = of("ada")
    registration.missed_at = past.ends_at
    registration.save()

    scan(past, "ada", "late", past.starts_at)

    assert (of("ada").missed_at, of("ada").checked_in_at) == (None, past.starts_at)
    assert not Retraction.objects.exists()
