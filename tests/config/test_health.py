"""What the service says of itself."""

from __future__ import annotations

import pytest

from incentives.models import Badge
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken():
    """A published rule whose badge was deleted, beside one that holds."""
    factories.world()
    factories.badge("star")
    factories.rule({"code": "starred", "then": [{"do": "badge", "badge": "star"}]})
    factories.rule({"then": [award(5)]})
    Badge.objects.all().delete()


def test_a_service_in_order_is_ready(client):
    factories.world()

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "missing_guards": [], "broken_rules": [], "oldest_work_seconds": 0}


def test_a_rule_that_no_longer_checks_is_named_and_the_process_stays_ready(client, broken):
    factories.MemberFactory(ref="ada")
    factories.report(item("e1", "ada"))
    assert factories.judge().failures == 0

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["broken_rules"]) == (200, ["starred v1"])


def test_what_is_retired_is_missed_by_nobody(client, broken):
    factories.rule({"code": "starred", "then": [award(1)]})

    assert client.get("/readyz").json()["broken_rules"] == []


def test_the_list_of_rules_says_what_no_longer_checks_and_why(admin_client, broken):
    page = admin_client.get("/admin/incentives/ruleversion/").content.decode()

    assert "starred v1 does not check any more, so it judges nothing: There is no badge &#x27;star&#x27;." in page
