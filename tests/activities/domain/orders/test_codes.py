"""Codes for free tickets: used up exactly, given back with the place, counted for the partner who gave them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from activities.domain import registering
from activities.domain.orders import codes, proof
from activities.models import Activity, Order, Registration, Ticket, TicketCode
from incentives.domain.partners import scoreboard_of
from members.models import Event, Partner
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def evening():
    made = factories.announced(capacity=3, money="EUR", guests_max=1)
    factories.ticket(made)
    factories.ticket(made, "other", price=900)
    return made


@pytest.fixture
def shop():
    return Partner.objects.create(
        code="shop", name="A shop", contract_from=timezone.localdate() - timedelta(days=9), tickets_max=3
    )


@pytest.fixture(autouse=True)
def _books_are_whole_at_the_end(db):
    yield
    assert [each for each in proof.verify() if not each.holds] == []


def code(uses_max=1, **more):
    return codes.make(ticket=Ticket.objects.get(code="single"), uses_max=uses_max, now=NOW, **more)


def come(evening, made, ref="ada", now=NOW, **more):
    member = factories.MemberFactory(ref=ref, age_band=more.pop("age_band", "adult"))
    return registering.register(activity_id=evening.pk, member=member, now=now, free_code=made.code.lower(), **more)[0]


def uses():
    return list(TicketCode.objects.order_by("pk").values_list("uses", flat=True))


def test_a_code_makes_its_ticket_free_and_counts_for_its_partner(evening, shop):
    made = code(2, partner=shop, channel="window")

    place = come(evening, made)

    assert (place.state, place.ticket.code, place.ticket_code_id) == ("confirmed", "single", made.pk)
    assert Order.objects.count() == 0
    assert Event.objects.filter(type__code="activity.order_paid").count() == 0
    shop.refresh_from_db()
    board = scoreboard_of(shop)
    assert (uses(), board.tickets_given, board.tickets_max) == ([1], 1, 3)


def test_a_place_that_is_given_up_gives_the_code_back_and_once(evening, shop):
    made = code(1, partner=shop)
    place = come(evening, made)

    for _ in range(2):
        registering.cancel(registration_id=place.pk, now=NOW)

    shop.refresh_from_db()
    assert (uses(), shop.tickets_given) == ([0], 0)
    assert come(evening, made, "bo").state == "confirmed"


def test_a_code_is_used_up_exactly_and_whoever_waits_in_line_has_used_it(evening):
    Activity.objects.update(capacity=1)
    made = code(2)
    assert [come(evening, made, ref).state for ref in ("ada", "bo")] == ["confirmed", "waiting"]
    with pytest.raises(codes.CannotUse, match="Every free ticket"):
        come(evening, made, "cy")

    registering.cancel(registration_id=Registration.objects.get(member__ref="ada").pk, now=NOW)
    waiting = Registration.objects.get(member__ref="bo")
    taken, _new = registering.accept_offer(registration_id=waiting.pk, member_id=waiting.member_id, now=NOW)

    assert (taken.state, Order.objects.count(), uses()) == ("confirmed", 0, [1])


def test_a_minor_may_use_what_costs_nothing(evening):
    assert come(evening, code(), age_band="minor").state == "confirmed"


@pytest.mark.parametrize(
    ("_case", "kind", "change"),
    [
        ("over", "code_over", {"expires_at": NOW}),
        ("taken_back", "code_over", {"revoked_at": NOW}),
        ("used_up", "code_used_up", {"uses_max": 1, "uses": 1}),
    ],
)
def test_a_code_that_is_not_good_any_more_leaves_nothing(evening, _case, kind, change):
    made = code()
    TicketCode.objects.update(**change)

    with pytest.raises(codes.CannotUse) as refused:
        come(evening, made)

    assert (refused.value.kind, Registration.objects.count()) == (kind, 0)
    TicketCode.objects.update(uses=0)


def test_a_code_is_for_one_and_for_its_own_ticket_and_activity(evening):
    made = code()
    with pytest.raises(codes.CannotUse, match="without guests"):
        come(evening, made, guests=1)
    with pytest.raises(codes.CannotUse, match="another ticket"):
        come(evening, made, "bo", ticket=Ticket.objects.get(code="other"))
    with pytest.raises(codes.CannotUse, match="no such code"):
        come(factories.announced("else"), made, "cy")
    assert (uses(), Registration.objects.count()) == ([0], 0)


def test_a_partner_gives_no_more_than_was_agreed_nor_after_its_contract(evening, shop):
    made = code(2, partner=shop)
    with pytest.raises(codes.CannotMake, match="has 1 tickets left"):
        code(2, partner=shop)
    Partner.objects.update(tickets_max=1)
    come(evening, made)
    with pytest.raises(codes.CannotUse, match="no tickets left"):
        come(evening, made, "bo")
    Partner.objects.update(tickets_max=9, contract_until=timezone.localdate() - timedelta(days=1))
    with pytest.raises(codes.CannotUse, match="no tickets left"):
        come(evening, made, "cy")
    codes.revoke(code_id=made.pk, now=NOW)
    assert codes.left_of(Partner.objects.get()) == 8


def test_a_code_has_its_own_name_and_gives_away_no_group(evening):
    code(code="BOOKS")
    with pytest.raises(codes.CannotMake, match="is taken"):
        code(code="books")
    trio = factories.ticket(evening, "trio", group_size=3)
    with pytest.raises(codes.CannotMake, match="of a group"):
        codes.make(ticket=trio, uses_max=1, now=NOW)
