"""The desk of rules, through its forms."""

from __future__ import annotations

import json

import pytest

from incentives.models import SharedLimit
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    factories.world()


def test_the_admin_refuses_a_shared_limit_of_a_misspelt_currency(admin_client):
    document = {"per": "member", "every": "day", "amount": 5, "currency": "pionts"}

    answer = admin_client.post(
        "/admin/incentives/sharedlimit/add/", {"code": "daily", "document": json.dumps(document)}
    )

    assert answer.status_code == 200
    assert "There is no currency &#x27;pionts&#x27;. Did you mean &#x27;points&#x27;?" in answer.content.decode()
    assert not SharedLimit.objects.exists()
