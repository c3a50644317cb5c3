"""K week by week and the alarm: what is measured, when, and when it rings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from django.utils.timezone import get_default_timezone

from members.domain.counters.periods import midnight
from members.domain.invitations.face import face
from members.domain.invitations.inviters import best_inviters
from members.domain.invitations.windows import last_end, measure_windows, watch
from members.models import EventType, GrowthWindow, Invitation, Member, Referral
from tests import factories
from tests.factories import item

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# The window that ends on Monday 31 August has had all its answers by Monday 14 September.
MONDAY = datetime(2026, 9, 14, 0, tzinfo=UTC)
END = date(2026, 8, 31)


def window(week: int, *, base: int = 60, joined: int = 30) -> GrowthWindow:
    return GrowthWindow.objects.create(
        ends_on=END - timedelta(weeks=week), base=base, senders=1, sent=60, joined=joined, measured_at=MONDAY
    )


def test_a_window_counts_the_active_base_what_it_sent_and_who_came_in_time():
    factories.world()
    EventType.objects.filter(code="content.published").update(is_contribution=True)
    begins = midnight(END - 28 * DAY, get_default_timezone())
    for ref, joined, posted, more in (
        ("ada", 100, 5, {}), ("quiet", 100, 40, {}), ("young", 20, 5, {}), ("team", 100, 5, {"is_house": True}),
    ):  # fmt: skip
        factories.MemberFactory(ref=ref, joined_at=begins - joined * DAY, **more)
        factories.report(item(ref, ref, time=(begins - posted * DAY).isoformat()), now=MONDAY)
        member = Member.objects.get(ref=ref)
        for number, (day, came) in enumerate(((0, 13), (27, 15), (28, 1), (-1, 1), (3, None))):
            code = Invitation.objects.create(code=f"{ref}{number}", inviter=member, sent_at=begins + day * DAY, uses=1)
            if came is not None:
                guest = factories.MemberFactory(ref=f"{ref}-{number}", joined_at=code.sent_at + came * DAY)
                Referral.objects.create(member=guest, inviter=member, invitation=code, joined_at=guest.joined_at)

    counts = [measure_windows(now=MONDAY), measure_windows(now=MONDAY)]

    newest = GrowthWindow.objects.first()
    assert counts == [13, 0]
    assert (newest.ends_on, newest.base, newest.senders, newest.sent, newest.joined) == (END, 1, 1, 3, 1)
    assert newest.k == 1


@pytest.mark.parametrize(
    ("_case", "zone", "now", "end"),
    [
        ("the_moment_it_is_ripe", "UTC", MONDAY, END),
        ("a_second_before", "UTC", MONDAY - timedelta(seconds=1), END - 7 * DAY),
        ("where_it_is_monday_already", "Asia/Shanghai", MONDAY - timedelta(hours=7), END),
        ("where_it_is_still_sunday", "America/New_York", MONDAY + timedelta(hours=3), END - 7 * DAY),
        ("over_the_end_of_summer_time", "Europe/Berlin", datetime(2026, 11, 8, 23, tzinfo=UTC), date(2026, 10, 26)),
    ],
)
def test_a_window_ends_on_a_monday_of_the_programme_when_all_answers_have_come(settings, _case, zone, now, end):
    settings.TIME_ZONE = zone
    timezone.get_default_timezone.cache_clear()

    assert last_end(now) == end

    settings.TIME_ZONE = "UTC"
    timezone.get_default_timezone.cache_clear()


@pytest.mark.parametrize(
    ("_case", "newest", "earlier", "rings"),
    [
        ("a_fifth_below", {"joined": 24}, 12, True),
        ("a_little_less_than_a_fifth", {"joined": 25}, 12, False),
        ("a_small_base", {"joined": 0, "base": 49}, 12, False),
        ("too_few_weeks_to_know", {"joined": 0}, 5, False),
        ("enough_weeks", {"joined": 0}, 6, True),
        ("nothing_before", {"joined": 0}, 0, False),
    ],
)
def test_the_alarm_rings_a_fifth_below_the_median_of_twelve_weeks(_case, newest, earlier, rings):
    window(0, **newest)
    for week in range(1, earlier + 1):
        # One week of a campaign moves no median, and neither does one of a small base.
        window(week, joined=600 if week == 1 else 30)
    window(13, joined=600)

    assert watch().rings is rings


def test_the_face_asks_the_database_the_same_for_one_inviter_and_for_many(django_assert_num_queries):
    def invite(ref, sent, joined):
        inviter = factories.MemberFactory(ref=ref, joined_at=MONDAY - 300 * DAY)
        for number in range(sent):
            code = Invitation.objects.create(code=f"{ref}{number}", inviter=inviter, sent_at=MONDAY - 80 * DAY, uses=0)
            if number < joined:
                guest = factories.MemberFactory(ref=f"{ref}-{number}", joined_at=MONDAY - 79 * DAY)
                kept = MONDAY if number % 2 else None
                Referral.objects.create(
                    member=guest, inviter=inviter, invitation=code, joined_at=guest.joined_at, retained_at=kept
                )

    invite("ada", 6, 4)
    invite("spam", 7, 0)
    with django_assert_num_queries(16):
        seen = face(now=MONDAY)
    invite("bo", 8, 6)
    invite("more", 9, 0)
    with django_assert_num_queries(16):
        again = face(now=MONDAY)

    assert [person.member.ref for person in seen.power] == ["ada"]
    assert [person.member.ref for person in again.suspects] == ["spam", "more"]
    # Two of four stayed, and p is a half: (2 + 2.5) / (4 + 5).
    assert best_inviters(now=MONDAY, count=9)[0].value == Decimal("0.5000")
