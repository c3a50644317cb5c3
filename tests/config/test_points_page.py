"""What the points page asks of the database."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.domain import page_links
from members.domain.ladders import editing, lending
from members.models import Invitation, Referral, Tier, TierInvitation
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


def _queries(client) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get("/me/").status_code == 200
    return len(asked)


def test_the_page_asks_the_same_however_long_the_history_is(client):
    factories.world()
    ada = factories.MemberFactory(ref="ada", user=get_user_model().objects.create_user("ada"))
    factories.ladder(bronze=0, silver=25)
    factories.rule(
        {"then": [award(10), award(10, "growth")], "limits": [{"per": "member", "every": "day", "times": 9}]}
    )
    client.force_login(ada.user)
    factories.report(item("e0", "ada"))
    factories.judge()
    client.get("/me/")

    one = _queries(client)
    factories.report(*[item(f"e{n}", "ada") for n in range(1, 4)])
    factories.judge()
    client.get("/me/")
    many = _queries(client)

    assert many == one


def test_amounts_are_written_as_people_write_them():
    from decimal import Decimal

    from config.templatetags.names import amount, signed

    written = [signed(Decimal(text)) for text in ("1E+2", "-15", "0", "12.50", "1234567", "-0.25", "0E-4")]

    assert written == ["+100", "−15", "0", "+12.5", "+1,234,567", "−0.25", "0"]
    assert amount(None) == ""


def test_the_page_says_what_is_missing_on_every_ladder_and_takes_an_answer_to_an_invitation(client):
    factories.world()
    ada = factories.MemberFactory(ref="ada")
    factories.ladder(bronze=0, silver=25)
    posts = factories.counter(code="posts_of_the_month", kind="count", window="month")
    demand = [{"counter": posts.code, "at_least": 3}]
    tiers = {"host": {"threshold": 0, "demands": demand, "is_by_invitation": True, "names": {"en": "Host"}}}
    values = {"metric": "earned:growth", "window": "days", "days": 30, "names": {"en": "Hosts"}}
    editing.put_ladder(code="hosts", values=values, tiers=tiers)
    host = Tier.objects.get(code="host")
    lending.invite_into(member=ada, tier=host, reason="You are kind.", by="", now=timezone.now())
    url, _ = page_links.make_page_link(member=ada)
    client.get(url)

    page = client.get("/me/").content.decode()
    client.post("/me/tiers/hosts/host/", {"answer": "yes"})

    assert "Still missing: posts of the month 0 of 3." in page
    assert "You are invited to become Host." in page
    assert "You are invited to become Host." not in client.get("/me/").content.decode()
    assert TierInvitation.objects.get().accepted_at is not None
    assert client.post("/me/tiers/hosts/nothing/", {"answer": "yes"}).status_code == 404


def test_a_member_gives_codes_away_until_none_is_left_and_sees_how_far_guests_came(client, settings):
    settings.INVITATIONS_PER_MONTH = 2
    factories.world()
    ada, bo = factories.MemberFactory(ref="ada"), factories.MemberFactory(ref="bo")
    others = Invitation.objects.create(code="NOTHERS", inviter=bo)
    url, _ = page_links.make_page_link(member=ada)
    client.get(url)

    for _ in range(3):
        client.post("/me/invitations/make/")
    codes = list(Invitation.objects.filter(inviter=ada).order_by("pk"))
    guest = factories.MemberFactory(ref="guest")
    moment = timezone.now()
    Referral.objects.create(member=guest, inviter=ada, invitation=codes[0], joined_at=moment, broke_ice_at=moment)
    Invitation.objects.filter(pk=codes[0].pk).update(uses=1)
    page = client.get("/me/").content.decode()
    stolen = client.post("/me/invitations/revoke/", {"code": others.code}).status_code
    client.post("/me/invitations/revoke/", {"code": codes[1].code})
    after = client.get("/me/").content.decode()

    assert len(codes) == 2
    assert [f'value="{code.code}"' in page for code in codes] == [False, True]
    assert "The next one is free on" in page
    assert "Said hello and were answered</dt><dd>1</dd>" in page
    assert stolen == 404
    assert f'value="{codes[1].code}"' not in after
    assert "Make a code" in after
