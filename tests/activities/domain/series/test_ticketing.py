"""Each date begins with the series' tickets; a change of them reaches only drafts that nobody touched."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from activities.domain import life, registering
from activities.domain.orders import tickets
from activities.domain.series import drafting, ticketing
from activities.models import Activity, Registration, Series, SeriesTicket, Ticket
from incentives.models import Privilege
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 28, 12, tzinfo=UTC)
SINGLE = {"code": "single", "names": {"en": "A place"}, "price": 2_000}
EARLY = {
    "code": "early", "names": {"en": "Early bird"}, "price": 1_500, "capacity": 4, "sells_from_days": 30,
    "sells_until_days": 7, "sells_until_time": time(18),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _days(settings):
    settings.SERIES_DRAFT_DAYS = 30


def series(*wanted, **values):
    said = {
        "code": "mending", "rule": "FREQ=WEEKLY;BYDAY=TU", "starts_on": date(2026, 9, 1), "starts_time": time(19),
        "minutes": 90, "zone": "Europe/Berlin", "kind": "sharing", "names": {"en": "Mending"}, "place": "The workshop",
        "capacity": 12, "speaker": factories.MemberFactory(), "money": "EUR", "late_refund_percent": 50,
        "tickets": wanted, **values,
    }  # fmt: skip
    return drafting.make(values=said, now=NOW)


def change(made, *wanted, **values):
    return drafting.change(series_id=made.pk, values={"tickets": wanted, **values}, now=NOW)[1]


def prices():
    rows = Ticket.objects.order_by("activity__starts_at", "code").values_list("activity__code", "code", "price")
    return [(activity.removeprefix("mending-"), code, price) for activity, code, price in rows]


def on(day):
    return Activity.objects.get(code=f"mending-2026-{day}")


def test_each_date_begins_with_the_tickets_of_its_series_in_its_money():
    series(SINGLE, EARLY)

    assert prices() == [
        (f"2026-{day}", code, price)
        for day in ("09-29", "10-06", "10-13", "10-20", "10-27")
        for code, price in (("early", 1_500), ("single", 2_000))
    ]
    assert (on("10-20").money, on("10-20").late_refund_percent) == ("EUR", 50)
    early = on("10-20").tickets.get(code="early")
    assert (early.names, early.capacity, early.is_active) == ({"en": "Early bird"}, 4, True)


def test_early_birds_end_by_the_clock_that_hangs_there_also_over_a_change_of_the_clocks():
    series(EARLY)

    before, after = (on(day).tickets.get() for day in ("10-20", "10-27"))

    # 18:00 in Berlin both times; on 25 October 2026 the clocks go back, so 19:00 thirty days before is an hour off.
    assert before.sells_until == datetime(2026, 10, 13, 16, tzinfo=UTC)
    assert after.sells_until == datetime(2026, 10, 20, 16, tzinfo=UTC)
    assert (on("10-27").starts_at.hour, after.sells_from) == (18, datetime(2026, 9, 27, 17, tzinfo=UTC))


def test_a_date_that_was_moved_takes_its_sale_along_and_one_that_would_turn_it_round_is_sold_from_the_beginning():
    hour = {**SINGLE, "sells_from_days": 0, "sells_from_time": time(12), "sells_until_days": 0}
    series(hour, moved={"2026-10-13": "2026-10-14T20:00", "2026-10-20": "2026-10-20T10:00"})

    moved, turned = (on(day).tickets.get() for day in ("10-13", "10-20"))

    assert (moved.sells_from, moved.sells_until) == (
        datetime(2026, 10, 14, 10, tzinfo=UTC), datetime(2026, 10, 14, 18, tzinfo=UTC),
    )  # fmt: skip
    assert (turned.sells_from, turned.sells_until) == (None, datetime(2026, 10, 20, 8, tzinfo=UTC))


def test_drafting_again_changes_nothing_and_dates_that_come_later_begin_with_them_too():
    series(SINGLE, EARLY)
    before = list(Ticket.objects.values())

    assert drafting.draft_ahead(now=NOW) == drafting.Drafted()
    assert list(Ticket.objects.values()) == before
    assert drafting.draft_ahead(now=NOW + timedelta(days=7)) == drafting.Drafted(made=1)
    assert {each.code for each in on("11-03").tickets.all()} == {"single", "early"}


def test_a_change_reaches_drafts_that_nobody_touched_and_no_ticket_that_members_saw_or_somebody_wrote():
    made = series(SINGLE, EARLY)
    life.step(activity_id=on("09-29").pk, to="announced", now=NOW)
    registering.register(
        activity_id=on("09-29").pk, member=factories.MemberFactory(age_band="adult"), now=NOW,
        ticket=on("09-29").tickets.get(code="single"),
    )  # fmt: skip
    tickets.put(activity_id=on("10-06").pk, code="single", values={"price": 1_000}, now=NOW)

    done = change(made, {**SINGLE, "price": 2_500}, {"code": "friends", "names": {"en": "Friends"}})

    assert done == drafting.Drafted(changed=3)
    assert prices() == [
        ("2026-09-29", "early", 1_500), ("2026-09-29", "single", 2_000), ("2026-10-06", "early", 1_500),
        ("2026-10-06", "single", 1_000), *[
            (f"2026-{day}", code, price)
            for day in ("10-13", "10-20", "10-27") for code, price in (("friends", 0), ("single", 2_500))
        ],
    ]  # fmt: skip
    # What the series has no more stays where it was copied to, on its own.
    assert set(Ticket.objects.filter(code="early").values_list("series_ticket", flat=True)) == {None}
    assert set(SeriesTicket.objects.values_list("code", flat=True)) == {"single", "friends"}


def test_a_draft_on_which_somebody_is_registered_already_keeps_what_they_took():
    made = series(SINGLE)
    Registration.objects.create(
        activity=on("10-06"),
        member=factories.MemberFactory(),
        ticket=on("10-06").tickets.get(),
        registered_at=NOW,
        state="asked",
    )

    change(made)

    assert prices() == [("2026-10-06", "single", 2_000)]


def test_writing_the_same_again_leaves_no_trace_in_the_history():
    made = series(SINGLE)

    assert change(made, SINGLE) == drafting.Drafted()
    assert SeriesTicket.history.count() == 1
    assert change(made, {**SINGLE, "price": 2_100}) == drafting.Drafted(changed=5)
    assert list(SeriesTicket.history.order_by("history_id").values_list("history_type", "price")) == [
        ("+", 2_000), ("~", 2_100),
    ]  # fmt: skip


def test_what_else_is_changed_leaves_the_tickets_alone():
    made = series(SINGLE)

    drafting.change(series_id=made.pk, values={"place": "The garden"}, now=NOW)

    assert {price for _day, _code, price in prices()} == {2_000}
    assert Activity.objects.filter(place="The garden").count() == 5


@pytest.mark.parametrize("other", ["JPY", ""])
def test_the_money_stays_while_tickets_are_priced_in_it_and_goes_with_tickets_that_are_written_anew(other):
    made = series(SINGLE)

    with pytest.raises(drafting.CannotRepeat) as refused:
        drafting.change(series_id=made.pk, values={"money": other}, now=NOW)

    assert (refused.value.field, refused.value.sentence) == ("money", "Its tickets are paid in EUR; that stays.")
    assert set(Activity.objects.values_list("money", flat=True)) == {"EUR"}
    change(made, {**SINGLE, "price": 300 if other else 0}, money=other)
    assert set(Activity.objects.values_list("money", flat=True)) == {other}
    assert {price for _day, _code, price in prices()} == {300 if other else 0}


def test_another_hour_is_refused_where_it_turns_the_sale_of_a_ticket_round():
    made = series({**SINGLE, "sells_from_days": 0, "sells_from_time": time(12), "sells_until_days": 0})

    with pytest.raises(drafting.CannotRepeat) as refused:
        drafting.change(series_id=made.pk, values={"starts_time": time(10)}, now=NOW)

    assert (refused.value.field, refused.value.sentence) == ("tickets", "Its sale ends before it begins.")
    assert Series.objects.get().starts_time == time(19)


@pytest.mark.parametrize(
    ("wanted", "values", "sentence"),
    [
        ([SINGLE, SINGLE], {}, "Two tickets have the same code."),
        ([SINGLE], {"money": ""}, "Say in which money its tickets are paid, such as EUR."),
        ([{**SINGLE, "capacity": 0}], {}, "single: capacity: Ensure this value is greater than or equal to 1."),
        ([{**SINGLE, "points": 5}], {}, "single: Say how many points, and which."),
        (
            [{**SINGLE, "pass_only": True}],
            {},
            "single: Say with which pass; what is only had with it has no price.",
        ),
        ([{**SINGLE, "sells_from_time": time(9)}], {}, "single: Say how many days before that time is."),
        ([{**SINGLE, "sells_from_days": 3, "sells_until_days": 3}], {}, "Its sale ends before it begins."),
        (
            [{**SINGLE, "code": f"t{n}"} for n in range(ticketing.TICKETS_MAX + 1)],
            {},
            "A series has at most 20 tickets.",
        ),
    ],
)  # fmt: skip
def test_tickets_that_no_date_could_have_are_refused_and_nothing_is_made(wanted, values, sentence):
    with pytest.raises(drafting.CannotRepeat) as refused:
        series(*wanted, **values)

    assert (refused.value.field, refused.value.sentence) == ("tickets", sentence)
    assert not Series.objects.exists()
    assert not Activity.objects.exists()


def test_a_series_in_no_money_that_there_is_is_refused():
    with pytest.raises(drafting.CannotRepeat) as refused:
        series(money="XQZ")

    assert (refused.value.field, refused.value.sentence) == ("money", "XQZ is no money; write one such as EUR.")


def test_each_date_is_had_with_the_pass_that_the_series_names_but_not_with_invitations():
    visits = Privilege.objects.create(code="visits", names={"en": "Visits"})
    invitations = Privilege.objects.create(code="invitations", names={"en": "Invitations"}, kind="invitations")
    made = series({"code": "pass", "names": {"en": "With a pass"}, "privilege": visits, "pass_only": True})

    with pytest.raises(drafting.CannotRepeat) as refused:
        change(made, {"code": "pass", "names": {"en": "With a pass"}, "privilege": invitations})

    assert refused.value.sentence == "Invitations are used by inviting; choose another privilege."
    assert set(Ticket.objects.values_list("privilege__code", "pass_only")) == {("visits", True)}
