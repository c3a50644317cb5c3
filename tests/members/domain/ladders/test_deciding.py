"""What one member holds: every word of a ladder, decided without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from members.domain.counters.periods import month_of
from members.domain.ladders.deciding import Case, Held, decide
from members.domain.ladders.demands import Demand, Duty, spread
from members.domain.ladders.plans import LadderPlan, TierPlan
from members.domain.ladders.quotas import give_out
from members.domain.ladders.windows import span_at, span_before

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
JOINED = datetime(2024, 2, 29, tzinfo=UTC)
DAY = timedelta(days=1)
TWO_POSTS = Duty((Demand("posts", 2),))
POSTS_OR_A_SESSION = Duty((Demand("posts", 2), Demand("sessions", 1)))


def tier(threshold, *, keep=None, demands=(), duties=(), quota=None, percent=None, by_invitation=False):
    return TierPlan(
        threshold + 1, f"t{threshold}", {}, threshold, threshold if keep is None else keep, demands, duties, quota,
        percent, by_invitation,
    )  # fmt: skip


def ladder(*tiers, window="lifetime", days=None, rises="at_once", falls="earned", validity=None, grace=0):
    plain = tuple(tier(each) if isinstance(each, int) else each for each in tiers)
    return LadderPlan(1, "rank", {}, "balance:growth", window, days, rises, falls, validity, grace, plain)


def held(rank, **more):
    return Held(rank, NOW - 100 * DAY, **more)


def case(value, rank=-1, *, active=True, **more):
    state = more.pop("state", None) or held(rank)
    return Case(more.pop("member_id", 1), JOINED, active, state, value, **more)


@pytest.mark.parametrize(
    ("_case", "plan", "given", "rank", "reason"),
    [
        ("line_is_reached", ladder(0, 10, 30), case(10, 0), 1, "earned"),
        ("jump_over_two_ends_in_the_highest", ladder(0, 10, 30, 100), case(40, -1), 2, "earned"),
        ("within_a_tier_nothing_happens", ladder(0, 10, 50), case(30, 1), 1, None),
        ("a_cap_is_the_last_tier", ladder(0, 10), case(300, 1), 1, None),
        ("falls_to_what_is_earned", ladder(0, 10, 30), case(0, 2), 0, "not_earned"),
        ("never_falls", ladder(0, 10, 30, falls="never"), case(0, 2), 2, None),
        ("falls_one_step", ladder(0, 10, 30, falls="step", validity=30), case(0, 2), 1, "not_earned"),
        ("kept_from_45", ladder(0, tier(50, keep=45)), case(45, 1), 1, None),
        ("lost_below_45", ladder(0, tier(50, keep=45)), case(44, 1), 0, "not_earned"),
        ("45_is_not_enough_to_gain", ladder(0, tier(50, keep=45)), case(49, 0), 0, None),
        ("people_are_missing", ladder(0, tier(10, demands=(Demand("fans", 5),))), case(10, 0, counters={"fans": 4}), 0,
         None),
        ("people_are_there", ladder(0, tier(10, demands=(Demand("fans", 5),))), case(10, 0, counters={"fans": 5}), 1,
         "earned"),
        ("not_invited", ladder(0, tier(10, by_invitation=True)), case(10, 0), 0, None),
        ("invited", ladder(0, tier(10, by_invitation=True)), case(10, 0, invited={11}), 1, "invitation"),
        ("invited_with_too_little", ladder(0, tier(10, by_invitation=True)), case(9, 0, invited={11}), 0, None),
        ("not_invited_any_more", ladder(0, tier(10, by_invitation=True), falls="never"), case(10, 1), 0, "invitation"),
        ("suspended_does_not_rise", ladder(0, 10), case(10, 0, active=False), 0, None),
        ("no_place_is_left", ladder(0, tier(10, quota=1), falls="never"), case(20, 1, won=()), 0, "quota"),
        ("suspended_keeps_no_place", ladder(0, tier(10, quota=1)), case(20, 1, active=False), 0, "status"),
        ("still_safe", ladder(0, 10, validity=90), case(0, state=held(1, safe_until=NOW + DAY)), 1, None),
        ("safe_no_more", ladder(0, 10, validity=90), case(0, state=held(1, safe_until=NOW)), 0, "not_earned"),
        ("grace_begins", ladder(0, 10, grace=7), case(0, 1), 1, None),
        ("grace_is_over", ladder(0, 10, grace=7), case(0, state=held(1, grace_until=NOW)), 0, "not_earned"),
        ("year_before_counts_too", ladder(0, 10, window="year"), case(0, 1, value_before=10), 1, None),
        ("rises_only_by_a_year_that_is_over", ladder(0, 10, window="year", rises="at_start"),
         case(99, 0, value_before=9), 0, None),
        ("rises_at_the_start", ladder(0, 10, window="year", rises="at_start"), case(0, 0, value_before=10), 1,
         "earned"),
        ("lent", ladder(0, 10, 30), case(0, 0, pinned=2), 2, "pin"),
        ("earns_more_than_is_lent", ladder(0, 10, 30), case(30, 1, pinned=1), 2, "earned"),
        ("lent_no_more", ladder(0, 10, 30, falls="never"), case(0, 2, lent_before=0), 0, "pin_ended"),
        ("keeps_what_was_earned_meanwhile", ladder(0, 10, 30, falls="never"), case(12, 2, lent_before=0), 1,
         "pin_ended"),
    ],
)  # fmt: skip
def test_decide(_case, plan, given, rank, reason):
    decision = decide(plan, given, NOW)

    assert (decision.held.rank, decision.reason) == (rank, reason)


def test_what_is_still_earned_is_safe_for_another_while_and_needs_no_grace():
    plan = ladder(0, 10, validity=90, grace=7)

    decision = decide(plan, case(10, state=held(1, safe_until=NOW - DAY, grace_until=NOW + DAY)), NOW)

    assert decision.held == held(1, safe_until=NOW + 90 * DAY)
    assert decide(plan, case(10, state=decision.held), NOW).held == decision.held


def duty_case(*done, **state):
    """A member in a tier with a duty of two, who did so much in the last months; this month nothing."""
    month = month_of(NOW.toordinal())
    months = {("posts", month): 0}
    for count in reversed(done):
        month = month_of(month - 1)
        months["posts", month] = count
    return case(10, 1, months=months, state=held(1, **state))


@pytest.mark.parametrize(
    ("_case", "done", "rank", "missed", "is_warned"),
    [
        ("done", (2, 2), 1, 0, False),
        ("last_month_missed", (2, 1), 1, 1, True),
        ("made_good", (1, 2), 1, 0, False),
        ("missed_twice", (1, 0), 0, 0, False),
    ],
)
def test_one_missed_month_warns_and_two_step_down(_case, done, rank, missed, is_warned):
    plan = ladder(0, tier(10, duties=(TWO_POSTS,)))

    decision = decide(plan, duty_case(*done), NOW)

    assert (decision.held.rank, decision.held.duties_missed, decision.is_warned) == (rank, missed, is_warned)
    again = decide(plan, case(10, months=duty_case(*done).months, state=decision.held), NOW)
    assert (again.held, again.is_warned) == (decision.held, False)


def with_sessions(given, *held):
    """The case with so many sessions in the last months, the newest last; this month none."""
    months = sorted({month for _, month in given.months})
    given.months = {**given.months, **{("sessions", month): n for month, n in zip(months, (*held, 0), strict=True)}}
    return given


@pytest.mark.parametrize(
    ("_case", "posts", "sessions", "rank", "missed", "is_warned"),
    [
        ("by_the_one", (2, 2), (0, 0), 1, 0, False),
        ("by_the_other", (0, 1), (1, 1), 1, 0, False),
        ("now_the_one_and_now_the_other", (2, 0), (0, 1), 1, 0, False),
        ("half_of_the_one_is_nothing", (2, 1), (1, 0), 1, 1, True),
        ("made_good_by_the_other", (1, 0), (0, 1), 1, 0, False),
        ("neither_for_two_months", (1, 1), (0, 0), 0, 0, False),
    ],
)
def test_of_any_of_one_is_enough_each_month(_case, posts, sessions, rank, missed, is_warned):
    plan = ladder(0, tier(10, duties=(POSTS_OR_A_SESSION,)))

    decision = decide(plan, with_sessions(duty_case(*posts), *sessions), NOW)

    assert (decision.held.rank, decision.held.duties_missed, decision.is_warned) == (rank, missed, is_warned)


def test_any_of_stands_beside_duties_that_are_asked_for_as_well():
    plan = ladder(0, tier(10, duties=(Duty((Demand("answers", 1),)), POSTS_OR_A_SESSION)))

    decision = decide(plan, with_sessions(duty_case(2, 2), 1, 1), NOW)

    assert [each.key for each in plan.duties] == ["answers", "posts", "sessions"]
    assert (decision.held.rank, decision.reason) == (0, "duty")


def test_who_fell_for_any_of_comes_back_by_either():
    plan = ladder(0, tier(10, duties=(POSTS_OR_A_SESSION,)))
    fallen = decide(plan, with_sessions(duty_case(0, 0), 0, 0), NOW).held
    month = month_of(NOW.toordinal())

    ranks = [
        decide(plan, case(10, months={("posts", month): posts, ("sessions", month): held}, state=fallen), NOW).held.rank
        for posts, held in ((1, 0), (2, 0), (0, 1))
    ]

    assert ranks == [0, 1, 1]


@pytest.mark.parametrize(
    ("_case", "missed_before", "done", "away", "rank", "missed", "is_warned"),
    [
        ("both_months_away", 0, (0, 0), (1, 2), 1, 0, False),
        ("away_in_the_second", 0, (0, 0), (1,), 1, 1, True),
        ("away_between_two_missed", 1, (0, 0), (2,), 0, 0, False),
        ("away_after_one_missed", 1, (0, 0), (1, 2), 1, 1, False),
        ("done_although_away", 1, (1, 2), (1,), 0, 0, False),
        ("away_this_month_only", 0, (0, 0), (0,), 0, 0, False),
    ],
)
def test_a_month_away_is_neither_done_nor_missed(_case, missed_before, done, away, rank, missed, is_warned):
    plan = ladder(0, tier(10, duties=(TWO_POSTS,)))
    given = duty_case(*done, duties_missed=missed_before)
    given.forgiven = {sorted({month for _, month in given.months}, reverse=True)[back] for back in away}

    decision = decide(plan, given, NOW)

    assert (decision.held.rank, decision.held.duties_missed, decision.is_warned) == (rank, missed, is_warned)


def test_who_fell_for_a_duty_comes_back_when_it_is_done():
    plan = ladder(0, tier(10, duties=(TWO_POSTS,)))
    fallen = decide(plan, duty_case(0, 0), NOW).held
    month = month_of(NOW.toordinal())

    still = decide(plan, case(10, months={("posts", month): 1}, state=fallen), NOW)
    back = decide(plan, case(10, months={("posts", month): 2}, state=fallen), NOW)

    assert (fallen.owes_duty, still.held.rank) == (True, 0)
    assert (back.held.rank, back.held.owes_duty) == (1, False)


def test_the_best_get_the_places_and_everybody_in_line_knows_theirs():
    plan = ladder(0, tier(10, quota=2), tier(50, quota=1))
    cases = [
        case(30, 0, member_id=1), case(30, 1, member_id=2), case(90, 0, member_id=3), case(40, 0, member_id=4),
        case(99, 0, member_id=5, active=False), case(99, 0, member_id=6, is_house=True), case(9, 0, member_id=7),
        case(11, member_id=8, state=held(1, safe_until=NOW + DAY)),
    ]  # fmt: skip

    places = give_out(plan, cases, NOW, active=0)

    # Safe first; then the value; at the same value whoever was there already.
    assert places.lines == {2: (1, [3]), 1: (2, [8, 4, 2, 1])}
    assert places.won == {3: {2}, 8: {1}, 4: {1}}


def test_a_share_of_active_members_is_floored_and_the_smaller_quota_holds():
    plan = ladder(0, tier(10, quota=12, percent=5))
    cases = [case(100 - n, 0, member_id=n) for n in range(30)]

    assert give_out(plan, cases, NOW, active=99).lines[1][0] == 4
    assert give_out(plan, cases, NOW, active=9_999).lines[1][0] == 12


@pytest.mark.parametrize(
    ("likes", "window", "people", "days"), [(20, 100, 5, 7), (600, 100, 150, 75), (600, None, 150, 200), (1, 100, 1, 1)]
)
def test_a_number_must_be_spread_over_people_and_days(likes, window, people, days):
    assert spread(likes, window) == (people, days)


@pytest.mark.parametrize(
    ("window", "moment", "first", "following", "before"),
    [
        ("month", "2026-12-31", "2026-12-01", "2027-01-01", "2026-11-01"),
        ("quarter", "2026-03-31", "2026-01-01", "2026-04-01", "2025-10-01"),
        ("year", "2026-01-01", "2026-01-01", "2027-01-01", "2025-01-01"),
        ("anniversary", "2026-02-27", "2025-02-28", "2026-02-28", "2024-02-29"),
        ("anniversary", "2028-02-29", "2028-02-29", "2029-02-28", "2027-02-28"),
    ],
)
def test_a_calendar_window_begins_and_ends_at_midnight(window, moment, first, following, before):
    at = datetime.fromisoformat(f"{moment}T00:00:00+00:00")

    span = span_at(window, None, at, UTC, JOINED)

    assert [f"{end:%Y-%m-%d}" for end in (span.starts_at, span.ends_at)] == [first, following]
    assert f"{span_before(window, None, at, UTC, JOINED).starts_at:%Y-%m-%d}" == before
