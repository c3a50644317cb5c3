"""What the points page asks of the database."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

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
