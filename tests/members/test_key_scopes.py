"""Keys of before keep doing what they did when a scope is divided."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from members.models import ApiKey

pytestmark = pytest.mark.django_db
money = import_module("members.migrations.0029_keys_that_move_money")


def scopes():
    return dict(ApiKey.objects.values_list("name", "scopes"))


def test_keys_that_registered_payments_still_may_and_others_gain_nothing():
    ApiKey.objects.create_key(name="till", scopes=["activities:read", "activities:write"])
    ApiKey.objects.create_key(name="calendar", scopes=["activities:read"])
    ApiKey.objects.create_key(name="new", scopes=["payments:write"])

    money.give_scope(apps, None)
    money.give_scope(apps, None)

    assert scopes() == {
        "till": ["activities:read", "activities:write", "payments:write"],
        "calendar": ["activities:read"],
        "new": ["payments:write"],
    }


def test_on_the_way_back_nobody_holds_what_is_not_known_there():
    ApiKey.objects.create_key(name="till", scopes=["activities:write", "payments:write"])

    money.take_scope(apps, None)

    assert scopes() == {"till": ["activities:write"]}
