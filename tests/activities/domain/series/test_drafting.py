"""Each date is an activity of its own, and a change of the series reaches only what nobody touched."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from activities.domain import changing, deciding, life, registering
from activities.domain.series import drafting
from activities.models import Activity, Series
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 28, 12, tzinfo=UTC)


def series(**values):
    said = {
        "code": "mending", "rule": "FREQ=WEEKLY;BYDAY=TU", "starts_on": date(2026, 9, 1), "starts_time": time(19),
        "minutes": 90, "zone": "Europe/Berlin", "kind": "sharing", "names": {"en": "Mending"}, "place": "The workshop",
        "capacity": 12, "host": factories.MemberFactory(), "speaker": factories.MemberFactory(), **values,
    }  # fmt: skip
    return drafting.make(values=said, now=NOW)


def codes():
    return list(Activity.objects.order_by("starts_at").values_list("code", flat=True))


def test_dates_are_drafted_ahead_once_each_with_who_makes_them(settings):
    settings.SERIES_DRAFT_DAYS = 30
    made = series()

    assert codes() == [
        "mending-2026-09-29",
        "mending-2026-10-06",
        "mending-2026-10-13",
        "mending-2026-10-20",
        "mending-2026-10-27",
    ]
    assert drafting.draft_ahead(now=NOW) == drafting.Drafted()
    assert drafting.draft_ahead(now=NOW + timedelta(days=7)) == drafting.Drafted(made=1)
    # The clocks go back between the two: 19:00 there is an hour later in UTC.
    before, after = (Activity.objects.get(code=f"mending-2026-10-{day}") for day in (20, 27))
    assert (before.starts_at.hour, after.starts_at.hour) == (17, 18)
    assert after.ends_at - after.starts_at == timedelta(minutes=90)
    assert {each.part for each in before.people.all()} == {"host", "speaker"}
    assert (before.state, before.series_id, before.series_date) == ("draft", made.pk, date(2026, 10, 20))


def test_dates_are_left_out_and_moved(settings):
    settings.SERIES_DRAFT_DAYS = 30
    series(excluded=["2026-10-06"], moved={"2026-10-13": "2026-10-14T20:00", "2026-11-03": "2026-10-01T20:00"})

    found = {each.series_date.isoformat(): each.starts_at for each in Activity.objects.all()}

    assert "2026-10-06" not in found
    assert found["2026-10-13"] == datetime(2026, 10, 14, 18, tzinfo=UTC)
    # It stands for a date beyond the days ahead, and takes place within them.
    assert found["2026-11-03"] == datetime(2026, 10, 1, 18, tzinfo=UTC)


def test_a_change_reaches_drafts_that_nobody_touched_and_nothing_that_members_know_of(settings):
    settings.SERIES_DRAFT_DAYS = 30
    made = series()
    announced, touched, *_rest = (Activity.objects.get(code=code) for code in codes())
    life.step(activity_id=announced.pk, to="announced", now=NOW)
    registering.register(activity_id=announced.pk, member=factories.MemberFactory(), now=NOW)
    changing.change(activity_id=touched.pk, values={"place": "The roof"}, now=NOW)

    _series, done = drafting.change(
        series_id=made.pk, values={"rule": "FREQ=WEEKLY;BYDAY=TU;INTERVAL=2", "place": "The garden"}, now=NOW
    )

    assert done == drafting.Drafted(made=0, changed=2, removed=1)
    assert dict(Activity.objects.values_list("code", "place")) == {
        "mending-2026-09-29": "The workshop", "mending-2026-10-06": "The roof", "mending-2026-10-13": "The garden",
        "mending-2026-10-27": "The garden",
    }  # fmt: skip
    announced.refresh_from_db()
    assert (announced.state, announced.seats_taken) == ("open", 1)


def test_a_draft_that_was_thrown_away_stays_away():
    series()
    found = Activity.objects.order_by("starts_at").first()
    drafting.leave_out(found)
    found.delete()

    drafting.draft_ahead(now=NOW)

    assert found.code not in codes()
    assert Series.objects.get().excluded == ["2026-09-29"]


def test_who_was_added_by_hand_stays_and_whom_the_series_names_is_followed():
    made = series()
    first, second = Activity.objects.order_by("starts_at")[:2]
    guest, host = factories.MemberFactory(), factories.MemberFactory()
    first.people.create(member=guest, part="speaker")

    assert drafting.draft_ahead(now=NOW) == drafting.Drafted()
    drafting.change(series_id=made.pk, values={"host": host}, now=NOW)

    def people(activity):
        return {(each.member_id, each.part) for each in activity.people.all()}

    named = {(host.pk, "host"), (made.speaker_id, "speaker")}
    assert people(second) == named
    assert people(first) == named | {(guest.pk, "speaker")}


def test_a_draft_that_a_proposal_or_a_ticket_hangs_on_is_not_thrown_away():
    made = series()
    with_ticket = Activity.objects.order_by("starts_at").first()
    factories.ticket(with_ticket)

    drafting.change(series_id=made.pk, values={"is_active": False}, now=NOW)

    assert codes() == [with_ticket.code]


def test_an_ended_series_takes_its_untouched_drafts_along():
    made = series()

    _series, done = drafting.change(series_id=made.pk, values={"is_active": False}, now=NOW)

    assert done.removed > 0
    assert codes() == []


def test_a_code_that_is_taken_is_no_reason_to_leave_a_date_out():
    factories.activity("mending-2026-09-29")

    series()

    assert "mending-2026-09-29-2" in codes()


def test_whoever_joined_rests_and_whoever_did_not_come_does_not():
    series(rest_days=15)
    first, second, third, fourth = (Activity.objects.get(code=code) for code in codes()[:4])
    for each in (first, second, third, fourth):
        life.step(activity_id=each.pk, to="announced", now=NOW)
    ada = factories.MemberFactory()
    mine = registering.register(activity_id=first.pk, member=ada, now=NOW)[0]

    verdicts = [deciding.verdict_of(Activity.objects.get(pk=each.pk), ada, now=NOW) for each in (second, third, fourth)]

    assert [each.may for each in verdicts] == [False, False, True]
    assert verdicts[0].why_not.sentence == "Not joined this series within 15 days, so that more people get a turn."
    with pytest.raises(registering.CannotRegister):
        registering.register(activity_id=second.pk, member=ada, now=NOW)
    mine.missed_at = NOW
    mine.save()
    assert deciding.verdict_of(Activity.objects.get(pk=second.pk), ada, now=NOW).may


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"rule": "FREQ=SECONDLY"}, "rule"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"minutes": 0}, "minutes"),
        ({"excluded": ["someday"]}, "excluded"),
        ({"excluded": {"a": 1}}, "excluded"),
        ({"moved": {"2026-10-13": "later"}}, "moved"),
        ({"moved": {"2026-10-13": "2026-10-14T20:00+02:00"}}, "moved"),
        ({"questions": [{"code": "?"}]}, "questions"),
        ({"only_space": True}, ""),
    ],
)
def test_a_series_that_nobody_could_follow_is_not_made(values, field):
    with pytest.raises(drafting.CannotRepeat) as refused:
        series(**values)

    assert refused.value.field == field
    assert not Series.objects.exists()
    assert not Activity.objects.exists()
