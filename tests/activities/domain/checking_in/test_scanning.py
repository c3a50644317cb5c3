from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import advancing, following, registering
from activities.domain.checking_in.codes import code_of
from activities.domain.checking_in.room import room_code
from activities.domain.checking_in.scanning import CannotScan, Scanned, take, take_all
from activities.domain.checking_in.self_service import check_in
from activities.domain.checking_in.taking_back import undo
from activities.models import Activity, Registration, Scan
from incentives.domain.ledger import queries
from members.domain.connections import knowing
from members.models import Attendance, Connection, Event, Member
from tests import factories

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def evening():
    factories.world()
    return factories.announced(guests_max=2)


@pytest.fixture
def past():
    """An evening of two days ago: what is told of it can be judged now."""
    factories.world()
    now = timezone.now()
    return factories.announced(now=now - timedelta(days=9), starts_at=now - timedelta(days=2))


def registered(activity, ref="ada", **more):
    member = Member.objects.filter(ref=ref).first() or factories.MemberFactory(ref=ref)
    return registering.register(
        activity_id=activity.pk, member=member, now=activity.starts_at - timedelta(hours=2), **more
    )[0]


def scan(activity, at=None, *, registration=None, now=None, nonce="n1", **more):
    at = at or activity.starts_at
    code = code_of(registration) if registration is not None and "code" not in more else more.pop("code", "")
    scanned = Scanned(nonce=nonce, scanned_at=at, code=code, **more)
    return take(activity_id=activity.pk, scanned=scanned, now=now or at, actor="operator Ines")


def said(code):
    found = Event.objects.filter(type__code=code).select_related("payload").order_by("pk")
    return [json.loads(each.payload.data) for each in found]


def points_of(registration) -> int:
    balances = queries.balances(registration.member_id)
    return next((int(line.available) for line in balances if line.currency == "points"), 0)


def judge():
    while factories.judge().events:
        pass


def test_a_scan_lets_somebody_in_and_tells_it_at_the_moment_of_the_scan(evening):
    ada = registered(evening, guests=2)

    taken = scan(evening, registration=ada, now=evening.starts_at + 20 * MINUTE, guests=1)

    ada.refresh_from_db()
    assert (taken.scan.result, taken.is_new, taken.sentence) == ("came", True, "Welcome.")
    assert (ada.checked_in_at, ada.guests_there) == (evening.starts_at, 1)
    assert said("activity.checked_in") == [{"activity": "evening", "kind": "sharing", "guests": 1, "walk_in": False}]
    assert Event.objects.get(type__code="activity.checked_in").occurred_at == evening.starts_at


def test_the_same_nonce_is_the_same_scan_and_never_another(evening):
    ada, bo = registered(evening), registered(evening, "bo")
    first = scan(evening, registration=ada)

    again = scan(evening, registration=ada, now=evening.ends_at)
    with pytest.raises(CannotScan, match="another scan"):
        scan(evening, registration=bo)
    with pytest.raises(CannotScan, match="another scan"):
        scan(evening, evening.starts_at + MINUTE, registration=ada)

    assert (again.scan.pk, again.is_new, again.sentence) == (first.scan.pk, False, "Welcome.")
    assert (Scan.objects.count(), len(said("activity.checked_in"))) == (1, 1)


def test_a_second_scan_says_since_when_they_are_in(evening):
    ada = registered(evening)
    scan(evening, registration=ada)

    taken = scan(evening, evening.starts_at + 5 * MINUTE, registration=ada, nonce="n2")

    assert taken.scan.result == "already"
    assert taken.sentence.startswith("In already, since ")
    assert len(said("activity.checked_in")) == 1


def test_scans_count_by_their_own_time_and_not_by_their_arrival(evening):
    ada = registered(evening)
    scan(evening, evening.starts_at + 9 * MINUTE, registration=ada, nonce="late")

    early = scan(evening, evening.starts_at + MINUTE, registration=ada, nonce="early", now=evening.ends_at)

    ada.refresh_from_db()
    assert early.scan.result == "came"
    assert ada.checked_in_at == evening.starts_at + MINUTE
    assert len(said("activity.checked_in")) == 1


def test_what_was_taken_back_stays_so_for_scans_of_before_and_not_for_later_ones(evening):
    ada = registered(evening)
    start = evening.starts_at
    scan(evening, start, registration=ada, nonce="n1")
    undo(registration_id=ada.pk, nonce="u1", reason="Wrong badge.", now=start + 5 * MINUTE, actor="operator Ines")

    before = scan(evening, start + 3 * MINUTE, registration=ada, nonce="n2", now=start + 6 * MINUTE)
    ada.refresh_from_db()
    assert (before.scan.result, before.scan.why, ada.checked_in_at) == ("refused", "taken_back", None)

    after = scan(evening, start + 8 * MINUTE, registration=ada, nonce="n3")
    ada.refresh_from_db()
    assert (after.scan.result, ada.checked_in_at) == ("came", start + 8 * MINUTE)


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_whatever_order_scans_arrive_in_the_earliest_counts(evening, order):
    ada = registered(evening)

    for place in order:
        at = evening.starts_at + place * MINUTE
        scan(evening, at, registration=ada, nonce=f"n{place}", now=evening.ends_at)

    ada.refresh_from_db()
    assert (ada.checked_in_at, len(said("activity.checked_in"))) == (evening.starts_at, 1)


def test_undoing_takes_back_what_rules_paid_and_whom_they_would_have_met(past):
    factories.rule({"code": "came", "when": "activity.checked_in", "then": [factories.award(40)]})
    ada = registered(past)
    scan(past, registration=ada)
    judge()
    assert (points_of(ada), Attendance.objects.count()) == (40, 1)

    with pytest.raises(CannotScan, match="Say why"):
        undo(registration_id=ada.pk, nonce="u", reason=" ", now=past.ends_at)
    first = undo(registration_id=ada.pk, nonce="u", reason="Wrong badge.", now=past.ends_at)
    again = undo(registration_id=ada.pk, nonce="u", reason="Wrong badge.", now=past.ends_at + MINUTE)

    assert (first.is_new, again.is_new, again.scan.pk) == (True, False, first.scan.pk)
    assert (points_of(ada), Attendance.objects.count()) == (0, 0)
    with pytest.raises(CannotScan, match="nothing to take back"):
        undo(registration_id=ada.pk, nonce="u2", reason="Again.", now=past.ends_at)


def test_a_scan_that_arrives_after_somebody_was_said_to_be_missing_gives_back_what_that_cost(past):
    factories.rule({"code": "came", "when": "activity.checked_in", "then": [factories.award(40)]})
    factories.rule(
        {"code": "missed", "when": "activity.missed", "then": [{"do": "deduct", "currency": "points", "amount": 15}]}
    )
    ada, bo = registered(past), registered(past, "bo")
    factories.points_for(ada.member, 100)
    scan(past, registration=bo)
    advancing.advance_activities(now=past.ends_at)
    late = past.ends_at + timedelta(hours=13)
    assert advancing.find_missing(now=late) == 1
    judge()
    ada.refresh_from_db()
    assert (ada.missed_at, points_of(ada)) == (late, 85)

    taken = scan(past, registration=ada, nonce="late", now=late + MINUTE)
    judge()

    ada.refresh_from_db()
    assert (taken.scan.result, ada.missed_at, ada.checked_in_at) == ("came", None, past.starts_at)
    assert points_of(ada) == 140
    assert advancing.find_missing(now=late + timedelta(days=1)) == 0


@pytest.mark.parametrize(
    ("_case", "minutes", "late", "why"),
    [
        ("an_hour_before", -60, 0, ""),
        ("earlier", -61, 0, "too_early"),
        ("four_hours_after_its_end", 120 + 240, 0, ""),
        ("later", 120 + 241, 0, "too_late"),
        ("five_minutes_ahead", 5, -5, ""),
        ("further_ahead", 6, -6, "clock_ahead"),
        ("a_week_late_but_of_then", 10, 7 * 24 * 60, ""),
    ],
)
def test_a_scan_counts_around_the_activity_by_its_own_time(evening, _case, minutes, late, why):
    ada = registered(evening)
    at = evening.starts_at + minutes * MINUTE

    taken = scan(evening, at, registration=ada, now=at + late * MINUTE)

    ada.refresh_from_db()
    assert taken.scan.why == why
    assert (ada.checked_in_at is None) == bool(why)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("asked", "not_approved"), ("waiting", "waiting"), ("offered", "not_accepted"), ("held", "unpaid"),
        ("cancelled", "cancelled"), ("refused", "refused"), ("lapsed", "lapsed"),
    ],
)  # fmt: skip
def test_whoever_has_no_place_hears_why_and_nothing_moves(evening, state, why):
    ada = registered(evening)
    ended = timezone.now() if state in ("cancelled", "refused", "lapsed") else None
    Registration.objects.update(state=state, until=evening.ends_at, waits_since=timezone.now(), ended_at=ended)

    taken = scan(evening, registration=ada)

    ada.refresh_from_db()
    assert (taken.scan.result, taken.scan.why) == ("refused", why)
    assert taken.sentence.endswith(".")
    assert (ada.checked_in_at, said("activity.checked_in")) == (None, [])


def test_a_code_of_another_activity_or_of_nobody_is_refused(evening):
    other = registered(factories.announced("other"), "bo")

    assert scan(evening, registration=other).scan.why == "other_activity"
    assert scan(evening, code="L1AAAA", nonce="n2").scan.why == "unknown_code"
    other.refresh_from_db()
    assert other.checked_in_at is None


def test_more_guests_than_were_registered_are_refused(evening):
    ada = registered(evening, guests=1)

    assert scan(evening, registration=ada, guests=2).scan.why == "too_many_guests"
    assert scan(evening, registration=ada, guests=0, nonce="n2").scan.result == "came"
    ada.refresh_from_db()
    assert ada.guests_there == 0


def test_an_activity_that_was_cancelled_or_never_announced_lets_nobody_in(evening):
    ada = registered(evening)
    for state, why in (("cancelled", "activity_cancelled"), ("draft", "not_announced")):
        Activity.objects.update(state=state)
        assert scan(evening, registration=ada, nonce=state).scan.why == why


def test_a_walk_in_takes_a_seat_and_is_told_as_one(evening):
    bo = factories.MemberFactory(ref="bo")

    taken = scan(evening, member=bo, guests=1)
    again = scan(evening, member=bo, guests=1, now=evening.ends_at)

    made = Registration.objects.get()
    evening.refresh_from_db()
    assert (taken.scan.result, again.scan.pk) == ("came", taken.scan.pk)
    assert (made.is_walk_in, made.state, made.checked_in_at, evening.seats_taken) == (
        True,
        "confirmed",
        evening.starts_at,
        2,
    )
    assert said("activity.checked_in")[0]["walk_in"] is True
    assert said("activity.registered") == []


def test_a_walk_in_who_is_registered_is_checked_in_like_everybody(evening):
    ada = registered(evening)

    assert scan(evening, member=ada.member).scan.registration_id == ada.pk
    assert Registration.objects.count() == 1
    assert said("activity.checked_in")[0]["walk_in"] is False


def test_a_walk_in_without_a_seat_needs_a_reason_and_gets_one_more():
    evening = factories.announced(capacity=1)
    registered(evening)
    bo = factories.MemberFactory(ref="bo")

    assert scan(evening, member=bo).scan.why == "full"
    assert scan(evening, member=bo, nonce="n2", reason="She speaks next.").scan.result == "came"

    evening.refresh_from_db()
    assert (evening.capacity, evening.seats_taken) == (2, 2)
    assert evening.history.filter(history_change_reason="Door: She speaks next.").count() == 1


def test_a_walk_in_is_checked_like_everybody_save_the_times():
    silver = factories.ladder(silver=10).tiers.get()
    evening = factories.announced(tier=silver, closes_at=timezone.now() + timedelta(days=1))
    bo = factories.MemberFactory(ref="bo")

    assert scan(evening, member=bo).scan.why == "may_not"
    assert (
        scan(factories.announced("open", closes_at=timezone.now() + timedelta(days=1)), member=bo).scan.result == "came"
    )


def test_a_walk_in_pays_where_it_costs(evening):
    factories.ticket(evening)
    bo = factories.MemberFactory(ref="bo")

    assert scan(evening, member=bo).scan.why == "unpaid"
    factories.ticket(evening, "free", price=0, points=0)
    assert scan(evening, member=bo, nonce="n2").scan.result == "came"


def test_guests_who_are_no_members_are_counted_where_they_may_come():
    closed, fair = factories.announced(), factories.announced("fair", is_open_to_guests=True)

    assert scan(closed, guests=3).scan.why == "no_guests"
    for nonce in ("n1", "n2", "n2"):
        scan(fair, guests=3, nonce=nonce)

    fair.refresh_from_db()
    assert fair.guests_came == 6


def test_a_batch_is_taken_in_the_order_of_its_scans_and_answered_in_its_own(evening):
    ada = registered(evening)
    code, start = code_of(ada), evening.starts_at
    scans = [
        Scanned("b", start + 2 * MINUTE, code), Scanned("a", start + MINUTE, code), Scanned("a", start, code),
        Scanned("c", start, "nothing"),
    ]  # fmt: skip

    answers = take_all(activity_id=evening.pk, scans=scans, now=evening.ends_at)

    assert [getattr(each, "kind", None) or each.scan.result for each in answers] == [
        "already", "nonce_reused", "came", "refused",
    ]  # fmt: skip
    ada.refresh_from_db()
    assert ada.checked_in_at == start


def test_a_member_checks_themselves_in_by_the_code_in_the_room(evening):
    ada, now = registered(evening), evening.starts_at
    code, until = room_code(evening, now=now)

    first = check_in(activity_id=evening.pk, member=ada.member, text=f" {code[:3]} {code[3:]}", nonce="r1", now=now)
    again = check_in(activity_id=evening.pk, member=ada.member, text=code, nonce="r1", now=now + MINUTE)

    assert (first.scan.result, again.is_new) == ("came", False)
    assert now < until <= now + MINUTE


def test_the_code_before_is_good_a_moment_longer_and_none_of_another_room(evening):
    ada, now = registered(evening), evening.starts_at
    old = room_code(evening, now=now - 2 * MINUTE)[0]
    other = room_code(factories.announced("other"), now=now)[0]

    results = [
        check_in(activity_id=evening.pk, member=ada.member, text=text, nonce=text or "none", now=now).scan.why
        for text in (old, other, "", "١٢٣٤٥٦", room_code(evening, now=now - MINUTE)[0])
    ]

    assert results == ["wrong_room_code"] * 4 + [""]


def test_the_code_of_the_room_may_be_typed_on_a_keyboard_for_chinese(evening):
    ada, now = registered(evening), evening.starts_at
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in room_code(evening, now=now)[0])

    taken = check_in(activity_id=evening.pk, member=ada.member, text=f"{wide[:3]}\u3000{wide[3:]}", nonce="w", now=now)

    assert taken.scan.result == "came"


def test_whoever_tries_codes_out_waits(evening):
    ada, now = registered(evening), evening.starts_at

    def tried(number, at=now):
        wrong = f"{(int(room_code(evening, now=at)[0]) + 1 + number) % 10**6:06d}"
        return check_in(activity_id=evening.pk, member=ada.member, text=wrong, nonce=f"t{number}", now=at)

    for number in range(5):
        tried(number)
    with pytest.raises(CannotScan, match="Too many wrong codes"):
        check_in(activity_id=evening.pk, member=ada.member, text=room_code(evening, now=now)[0], nonce="right", now=now)
    later = now + timedelta(minutes=11)
    right = room_code(evening, now=later)[0]
    assert (
        check_in(activity_id=evening.pk, member=ada.member, text=right, nonce="right", now=later).scan.result == "came"
    )


def test_whoever_is_not_registered_cannot_check_themselves_in(evening):
    bo, now = factories.MemberFactory(ref="bo"), evening.starts_at

    taken = check_in(activity_id=evening.pk, member=bo, text=room_code(evening, now=now)[0], nonce="r", now=now)

    assert (taken.scan.why, Registration.objects.count()) == ("not_registered", 0)


def test_a_form_of_one_member_is_not_another_members(evening):
    ada, bo, now = registered(evening), registered(evening, "bo"), evening.starts_at
    code = room_code(evening, now=now)[0]
    check_in(activity_id=evening.pk, member=ada.member, text=code, nonce="r", now=now)

    with pytest.raises(CannotScan):
        check_in(activity_id=evening.pk, member=bo.member, text=code, nonce="r", now=now)

    bo.refresh_from_db()
    assert bo.checked_in_at is None


def test_scans_go_with_whoever_two_memberships_turn_out_to_be(evening):
    ada = registered(evening)
    scan(evening, registration=ada)
    survivor = factories.MemberFactory(ref="bo")

    following.join(survivor.pk, ada.member_id, now=timezone.now())

    assert Scan.objects.get().member_id == survivor.pk


def test_two_who_sat_together_and_then_exchange_words_know_each_other():
    """Once is enough: meeting in a small gathering is what makes of one exchange an acquaintance."""
    factories.world()
    factories.EventTypeFactory(
        code="reply.written", schema={"to": {"type": "string"}}, is_conversation=True, counterpart="to"
    )
    now = timezone.now()
    evening = factories.announced(now=now - timedelta(days=9), starts_at=now - timedelta(days=2))
    people = [factories.MemberFactory(ref=ref, age_band="adult") for ref in ("ada", "bo", "cy")]
    for member in people[:2]:
        scan(evening, member=member, nonce=member.ref)
    for other in ("bo", "cy"):
        factories.report(factories.item(f"r-{other}", "ada", type="reply.written", data={"to": other}))
    judge()
    knowing.advance_connections(now=timezone.now())

    assert [(each.low.ref, each.high.ref) for each in Connection.objects.all()] == [("ada", "bo")]
