"""Rings that are plausible go to review with their reason; what only looks alike at first sight is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from incentives.domain.merging import merge
from incentives.domain.referrals import confirm_referral
from members.domain.events.telling import tell
from members.domain.invitations import making
from members.domain.invitations.accepting import accept
from members.domain.invitations.rings import find_rings, freeloaders
from members.domain.outcomes import POINTS_SPENT
from members.models import Contact, Event, EventType, Member, Referral, Work
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    EventType.objects.filter(code="content.published").update(is_contribution=True)


def came(ref: str, inviter: Member, *, days_ago: float = 20, email: str = "") -> Member:
    moment = NOW - days_ago * DAY
    code = making.invite(inviter=inviter, now=moment).code
    return accept(code=code, ref=ref, now=moment, email=email or f"{ref}@of-{ref}.example").member


def talk(one: Member, other: Member) -> None:
    Contact.objects.create(
        member_id=one.pk, other_id=other.pk, day=(NOW - 10 * DAY).toordinal(), first_at=NOW, last_at=NOW
    )


def reviewed() -> dict[str, list[str]]:
    return dict(Referral.objects.filter(state="review").values_list("member__ref", "reasons"))


@pytest.fixture
def ada():
    return factories.MemberFactory(ref="ada", email="ada@home.example", joined_at=NOW - 200 * DAY)


def test_newcomers_who_know_only_each_other_and_their_inviter_are_a_closed_circle(ada):
    guests = [came(f"g{number}", ada, days_ago=20 - number) for number in range(3)]
    for guest, other in zip(guests, [*guests[1:], ada], strict=True):
        talk(guest, other)

    assert [find_rings(now=NOW), find_rings(now=NOW)] == [3, 0]

    assert reviewed() == {f"g{number}": ["closed_circle"] for number in range(3)}


def test_two_friends_who_invite_each_others_friends_are_no_ring(ada):
    bo = factories.MemberFactory(ref="bo", joined_at=NOW - 200 * DAY)
    of_ada = [came(f"a{number}", ada, days_ago=20 - number) for number in range(3)]
    of_bo = [came(f"b{number}", bo, days_ago=20 - number) for number in range(3)]
    for number in range(3):
        talk(of_ada[number], of_ada[number - 1])
        talk(of_bo[number], of_bo[number - 1])
    talk(of_ada[0], bo)  # A friend of Bo's whom Ada brought,
    talk(of_bo[0], ada)  # and the other way round.

    assert find_rings(now=NOW) == 0


@pytest.mark.parametrize("_case", ["two_only", "first_days", "silent", "answered_by_a_member"])
def test_a_small_young_or_silent_family_is_left_alone(ada, _case):
    days_ago = 1 if _case == "first_days" else 20
    guests = [
        came(f"g{number}", ada, days_ago=days_ago + number / 9) for number in range(2 if _case == "two_only" else 3)
    ]
    for guest in guests if _case != "silent" else ():
        talk(ada, guest)
    if _case == "answered_by_a_member":
        talk(factories.MemberFactory(ref="stranger"), guests[0])

    assert find_rings(now=NOW) == 0


def test_a_house_account_that_greets_them_says_nothing_for_or_against(ada):
    team = factories.MemberFactory(ref="team", is_house=True)
    for number in range(3):
        guest = came(f"g{number}", ada, days_ago=20 - number)
        talk(ada, guest)
        talk(team, guest)

    assert find_rings(now=NOW) == 3


def test_a_tree_that_comes_back_to_the_same_mailbox_is_closed(ada):
    bo = came("bo", ada)
    came("ada-again", bo, email="a.da+2@home.example")
    came("cleo", bo, email="cleo@home.example")

    find_rings(now=NOW)

    assert reviewed() == {"ada-again": ["closed_tree"]}


@pytest.mark.parametrize("survivor", ["ada", "twin"])
def test_a_tree_that_comes_back_to_a_merged_account_is_closed(ada, survivor):
    bo = came("bo", ada)
    twin = came("twin", bo)
    pair = {"ada": (ada.pk, twin.pk), "twin": (twin.pk, ada.pk)}[survivor]
    merge(survivor_id=pair[0], merged_id=pair[1], now=NOW, reason="One person.")

    find_rings(now=NOW)

    assert "closed_tree" in reviewed()["twin"]


def test_an_inviter_whose_guests_take_and_go_is_asked_about_and_one_contribution_clears_a_guest(ada):
    guests = [came(f"g{number}", ada, days_ago=30 - number) for number in range(3)]
    for guest in guests:
        tell(POINTS_SPENT, [(guest.pk, {"currency": "points", "amount": "-5"})], now=guest.joined_at + DAY)
    assert set(freeloaders(now=NOW)) == set(guests)

    for guest in guests[:2]:
        factories.report(item(f"e{guest.ref}", guest.ref, time=(NOW - DAY).isoformat()), now=NOW)
    assert (set(freeloaders(now=NOW)), find_rings(now=NOW)) == ({guests[2]}, 0)

    Event.objects.filter(member=guests[1], type__code="content.published").delete()
    assert find_rings(now=NOW) == 3
    assert reviewed()["g0"] == ["packet"]


def test_one_that_was_open_before_it_was_doubted_tells_its_joining_once(ada):
    factories.rule({"code": "joined", "when": "referral.joined", "then": [award(20, to="inviter")]})
    bo = came("bo", ada)
    came("again", bo, email="ada@home.example")
    find_rings(now=NOW)
    while factories.judge().events:
        pass
    referral = Referral.objects.get(member__ref="again")
    assert referral.state == "review"

    confirm_referral(referral_id=referral.pk, by=None, now=NOW)

    assert Event.objects.filter(member=referral.pk, type__code="referral.joined").count() == 1
    assert not Work.objects.exists()
    # Somebody has looked: it is not asked about again.
    assert find_rings(now=NOW) == 0
