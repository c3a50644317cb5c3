from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import reset_hashers
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from rest_framework.test import APIClient

from tests import databases, factories, servers

DATABASE_FIXTURES = {"db", "transactional_db", "committed_db", "django_db_setup", "redis_url"}
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)

# How fast examples are made says how busy the machine is, not whether the code is right.
hypothesis_settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def _fresh_memory() -> None:
    """Every test begins with nothing remembered, and in English."""
    databases.fresh_memory()


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> None:
    """What makes a password hard to guess makes a test slow."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    reset_hashers(setting="PASSWORD_HASHERS")


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """Make the test database whether or not a test is marked to use it: `committed_db` copies it."""
    from django.test.utils import setup_databases, teardown_databases

    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False)
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A copy of the database that may be committed to, seen by all threads; yields its name."""
    with django_db_blocker.unblock(), databases.committed_copy() as name:
        yield name


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    if servers.redis_binary() is None:
        pytest.skip("Redis is not installed here")
    with servers.redis() as url:
        yield url


@pytest.fixture
def client_of() -> Any:
    """Make an API client that holds a key with the given scopes (all of them by default)."""

    def make(*scopes: str, sources: tuple[str, ...] = ("app",)) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Api-Key {factories.api_key(*scopes, sources=sources)}")
        return client

    return make


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--with-database", action="store_true", help="Only tests that hang on which database it is: the rest has run."
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--with-database"):
        without = [item for item in items if not _hangs_on_the_database(item)]
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if _hangs_on_the_database(item)]
    for item in items:
        if "postgresql" in item.keywords and connection.vendor != "postgresql":
            item.add_marker(
                pytest.mark.skip(reason="needs the row locks of PostgreSQL, which is tested in its own run")
            )


def _hangs_on_the_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("any_database") is not None:
        return False
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)
