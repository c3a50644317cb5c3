"""The world that bad input meets, and a key that may do everything."""

from __future__ import annotations

import pytest

from tests import databases
from tests.flows.bad_input.calls import settle


@pytest.fixture(scope="module")
def community(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), databases.shared_transaction():
        settle()
        yield


@pytest.fixture(autouse=True)
def _world(community, db):
    """Every test begins with the same few rows, settled once."""


@pytest.fixture
def client(client_of):
    return client_of()
