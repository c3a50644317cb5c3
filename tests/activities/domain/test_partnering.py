"""What a partner's tickets and guests brought, as its scoreboard tells it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import registering
from activities.domain.checking_in.scanning import Scanned, take
from activities.domain.checking_in.taking_back import undo
from activities.models import Activity, Registration, TicketCode
from incentives.domain.partners import Gathered, scoreboard_of
from members.models import Member, Partner
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    now = timezone.now()
    factories.world()
    return Partner.objects.create(
        code="shop", name="The shop", contract_from=now.date() - timedelta(days=90), tickets_max=9
    )


def held(code, days, **more):
    now = timezone.now()
    return factories.announced(
        code, now=now - timedelta(days=60), starts_at=now - timedelta(days=days), capacity=None, guests_max=3, **more
    )


def come(activity, ref, *, guests=0, joined=200, scanned=True, **more):
    joined_at = activity.starts_at - timedelta(days=joined)
    member = Member.objects.filter(ref=ref).first() or factories.MemberFactory(ref=ref, joined_at=joined_at)
    made = registering.register(
        activity_id=activity.pk, member=member, now=activity.starts_at - timedelta(hours=1), guests=guests, **more
    )[0]
    if scanned:
        take(activity_id=activity.pk, scanned=Scanned(ref, activity.starts_at, registration=made), now=timezone.now())
    return made


def test_tickets_count_as_used_when_somebody_came_by_them(shop):
    evening = held("evening", 20, money="EUR")
    ticket = factories.ticket(evening)
    now = timezone.now() - timedelta(days=30)
    free = TicketCode.objects.create(
        code="SHOP", activity=evening, ticket=ticket, partner=shop, uses_max=9, made_at=now
    )
    come(evening, "ada", free_code=free.code)
    come(evening, "bo", free_code=free.code, scanned=False)
    come(evening, "cy", joined=10, free_code=free.code)

    shop.refresh_from_db()
    board = scoreboard_of(shop)

    assert (board.tickets_given, board.gathered) == (3, Gathered(tickets_used=2, new_members=1))
    undo(registration_id=Registration.objects.get(member__ref="cy").pk, nonce="u", reason="No.", now=timezone.now())
    assert scoreboard_of(shop).gathered == Gathered(tickets_used=1)


def test_sessions_of_its_guests_count_once_they_are_over(shop):
    first, second = held("first", 20, partner=shop), held("second", 10, partner=shop)
    held("other", 15)
    come(first, "ada", joined=5)
    come(second, "ada")
    come(second, "bo", guests=2)
    come(second, "old", joined=31)
    Activity.objects.filter(code="first").update(state="reviewed", guests_came=4)

    # The second is not over yet: it is no session, though people are there.
    assert scoreboard_of(shop).gathered.sessions == 1
    Activity.objects.filter(code="second").update(state="finished")

    assert scoreboard_of(shop).gathered == Gathered(sessions=2, sessions_came=10, new_members=1)


def test_a_scoreboard_asks_the_same_however_much_there_is(shop, django_assert_max_num_queries):
    with django_assert_max_num_queries(20) as nothing:
        scoreboard_of(shop)
    for number in range(3):
        come(held(f"s{number}", number + 2, partner=shop), f"m{number}")

    with django_assert_max_num_queries(20) as some:
        scoreboard_of(shop)

    assert len(some) == len(nothing)


def test_a_community_app_and_the_page_show_it(shop, client_of, admin_client):
    come(held("first", 20, partner=shop, state="draft"), "ada", guests=1)
    Activity.objects.update(state="reviewed")

    shown = client_of("members:read").get("/api/v1/partners/shop").json()["scoreboard"]
    page = admin_client.get(f"/admin/members/partner/{shop.pk}/change/").content.decode()

    assert (shown["sessions"], shown["sessions_came"], shown["tickets_used"], shown["new_members"]) == (1, 2, 0, 0)
    assert "2 people came" in page
