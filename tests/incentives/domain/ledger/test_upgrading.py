"""Existing installations take every later migration, guards and all; SQLite is tried, which rebuilds tables for it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys

from incentives.domain.ledger.guards import sqlite

INSERT = "INSERT INTO incentives_account (member_id, currency_id, bucket, balance, sequence, lower_bound) VALUES "


def test_a_database_of_the_first_release_is_migrated_and_guarded_again(tmp_path):
    env = {**os.environ, "DATA_DIR": str(tmp_path), "SECRET_KEY": "a test's"}
    env.pop("DATABASE_URL", None)

    def migrate(*words):
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0", *words], env=env, check=True)

    migrate()
    migrate("incentives", "0001")
    books = sqlite3.connect(tmp_path / "laurels.sqlite3", isolation_level=None)
    books.execute(INSERT + "(1, 1, 1, 0, 0, 0)")

    migrate()

    guards = {name for (name,) in books.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    assert guards >= set(sqlite.NAMES)
    assert books.execute("SELECT member_id FROM incentives_account").fetchall() == [(1,)]
    books.close()
