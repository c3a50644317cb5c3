"""Partners the whole way: what was agreed, the codes they give away, and what each side gave and got."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from incentives.domain.ledger import operations
from incentives.domain.partners import scoreboard_of
from incentives.models import Journal
from members.domain.invitations import making
from members.domain.invitations.accepting import CannotJoin, accept
from members.domain.partners.giving import people_left
from members.models import Member, Partner, Referral
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.MemberFactory(ref="ada")


def partner(**values):
    source = factories.SourceFactory(code="shop")
    given = {"code": "shop", "name": "A shop", "contract_from": date(2026, 1, 1), "codes_max": 10, "source": source}
    return Partner.objects.create(**{**given, **values})


def code(of, uses=4, now=NOW):
    return making.invite(inviter=None, partner=of, uses_max=uses, now=now)


def test_codes_bring_no_more_than_was_agreed_and_what_nobody_used_can_be_given_again():
    shop = partner()
    first = code(shop, 7)
    accept(code=first.code, ref="eve", now=NOW)

    for uses in (4, None):
        with pytest.raises(making.CannotInvite, match="may bring 3 more"):
            code(shop, uses)
    making.revoke(invitation=first, now=NOW)

    assert people_left(shop) == 9
    assert code(shop, 9).partner == shop


def test_a_contract_holds_on_its_last_day_where_the_programme_is_and_its_codes_end_with_it(settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    timezone.get_default_timezone.cache_clear()
    shop = partner(contract_until=date(2026, 11, 25))
    made = code(shop, now=datetime(2026, 11, 25, 15, 59, tzinfo=UTC))
    over = datetime(2026, 11, 25, 16, tzinfo=UTC)

    try:
        accept(code=made.code, ref="eve", now=over - timedelta(seconds=1))
        with pytest.raises(CannotJoin) as refused:
            accept(code=made.code, ref="fay", now=over)
        with pytest.raises(making.CannotInvite, match="not in force"):
            code(shop, 1, now=over)
    finally:
        timezone.get_default_timezone.cache_clear()

    assert refused.value.kind == "contract_over"
    assert set(Member.objects.values_list("ref", flat=True)) == {"ada", "eve"}


def test_the_scoreboard_counts_what_each_side_gave_and_got_net_of_what_was_taken_back(client_of):
    shop = partner(tickets_max=9, tickets_given=2)
    factories.SourceFactory()
    factories.rule({"then": [award(10)]})
    factories.report(
        {**item("s1", "ada"), "source": "shop"}, {**item("s2", "ada"), "source": "shop"}, item("a1", "ada")
    )
    factories.judge()
    taken = Journal.objects.filter(event_id__isnull=False).order_by("pk").first()
    operations.reverse(journal_id=taken.pk, cause="mistake", now=NOW)
    made = code(shop)
    for ref in ("eve", "fay", "gil"):
        accept(code=made.code, ref=ref, now=NOW)
    Referral.objects.filter(member__ref__in=("eve", "fay")).update(active_at=NOW, retained_at=NOW)
    Referral.objects.filter(member__ref="gil").update(state="rejected")
    Member.objects.filter(ref="fay").update(status="left")

    board = scoreboard_of(shop)
    shown = client_of("members:read").get("/api/v1/partners/shop").json()

    assert (board.codes, board.codes_used, board.people_left, board.tickets_given) == (1, 3, 6, 2)
    assert (board.joined, board.active, board.retained) == (2, 1, 1)
    assert (board.events, [(paid.currency, paid.amount) for paid in board.paid]) == (2, [("points", 10)])
    assert shown["scoreboard"]["paid"] == [{"currency": "points", "amount": "10"}]
    assert "contact" not in shown


def test_an_operator_makes_a_code_for_a_partner_and_reads_the_scoreboard(admin_client):
    shop = partner(codes_max=5)
    path = f"/admin/members/partner/{shop.pk}"

    for uses in (5, 1):
        admin_client.post(f"{path}/code/", {"_form_submitted": "on", "uses": uses, "space": ""})
    page = admin_client.get(f"{path}/change/").content.decode()

    assert [made.uses_max for made in shop.invitations.all()] == [5]
    assert "What it brought" in page
