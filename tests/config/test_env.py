"""What the environment makes of the settings."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

URL = "postgresql://laurels:secret@db.internal:5432/laurels"


@pytest.mark.parametrize(
    ("_case", "variables", "seconds"),
    [
        ("by_itself", {"DATABASE_URL": URL}, 600),
        ("by_variable", {"DATABASE_URL": URL, "DB_CONN_MAX_AGE": "60"}, 60),
        ("never", {"DATABASE_URL": URL, "DB_CONN_MAX_AGE": "0"}, 0),
        ("by_address", {"DATABASE_URL": f"{URL}?conn_max_age=30", "DB_CONN_MAX_AGE": "60"}, 30),
        ("never_by_address", {"DATABASE_URL": f"{URL}?conn_max_age=0", "DB_CONN_MAX_AGE": "60"}, 0),
    ],
)
def test_connections_to_postgresql_are_kept_and_looked_after(monkeypatch, _case, variables, seconds):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    settings = env.database()

    assert (settings["CONN_MAX_AGE"], settings["CONN_HEALTH_CHECKS"]) == (seconds, True)
    # The driver would not know the word.
    assert "conn_max_age" not in settings.get("OPTIONS", {})


def test_an_age_that_is_no_number_is_told(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"{URL}?conn_max_age=long")

    with pytest.raises(ImproperlyConfigured, match="conn_max_age in DATABASE_URL is a number of seconds, not 'long'"):
        env.database()
