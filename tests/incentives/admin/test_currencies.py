"""A currency at the desk: what was announced of its expiry stays until somebody says otherwise."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from incentives.models import Account, Currency
from tests import factories

pytestmark = pytest.mark.django_db
MONTH = {"kind": "after", "days": 30}


def test_another_change_leaves_a_shorter_expiry_announced(admin_client):
    factories.world()
    points = Currency.objects.get(code="points")
    Account.objects.create(member_id=factories.MemberFactory(ref="ada").pk, currency_id=points.pk)
    path = reverse("admin:incentives_currency_change", args=[points.pk])

    def save(expiry, **more):
        form = admin_client.get(path).context["adminform"].form
        said = {name: form[name].value() for name in ("debt_limit", "deduct_floor")}
        words = {"names": json.dumps(points.names), "emergency": "", "why": ""}
        shown = form["expiry"].value() if expiry is None else json.dumps(expiry)
        answer = admin_client.post(path, {**said, **words, "expiry": shown, **more})
        assert answer.status_code == 302, answer.context["adminform"].form.errors
        points.refresh_from_db()

    save(MONTH)
    assert points.expiry_next == MONTH
    page = admin_client.get(path).context["adminform"].form
    assert page.fields["expiry"].help_text.startswith("For what is earned from")
    save(None, debt_limit="5")

    assert (points.debt_limit, points.expiry_next) == (5, MONTH)
    save({"kind": "never"})
    assert (points.expiry, points.expiry_next) == ({"kind": "never"}, None)
