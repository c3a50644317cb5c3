"""What every task begins with."""

from __future__ import annotations

from types import SimpleNamespace

import psycopg
import pytest
from django.db import OperationalError, connection

from config.celery import renew_connections
from tests import databases


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.mark.postgresql
def test_a_worker_whose_connection_was_dropped_goes_on_with_its_next_task(committed_db):
    with psycopg.connect(databases.url_of("postgres"), autocommit=True) as plain:
        plain.execute("SELECT pg_terminate_backend(%s)", [backend()])
    for _ in range(2):
        with pytest.raises(OperationalError):
            backend()

    renew_connections(SimpleNamespace(request=SimpleNamespace(is_eager=False)))

    assert backend()
