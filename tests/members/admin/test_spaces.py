"""The form of a space."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from members.models import Space


@pytest.mark.django_db
def test_the_reason_of_a_change_leaves_why_a_space_is_there_alone(admin_client):
    charter = {"for_whom": {"en": "Readers."}, "why": {"en": "Reading is better together."}}
    space = Space.objects.create(ref="circle", names={"en": "Circle"}, **charter)
    path = reverse("admin:members_space_change", args=[space.pk])
    sent = {
        "names_0": "Circle", "for_whom": json.dumps(charter["for_whom"]), "why": json.dumps(charter["why"]),
        "gives": '{"en": "An evening a month."}', "is_not": "{}", "state": "open", "change_reason": "What we give.",
    }  # fmt: skip

    assert admin_client.post(path, sent).status_code == 302, "it was saved"

    space.refresh_from_db()
    assert {"for_whom": space.for_whom, "why": space.why} == charter
    assert (space.gives, space.is_not) == ({"en": "An evening a month."}, {})
    assert space.history.latest().history_change_reason == "What we give."
