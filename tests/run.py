"""Runs the suite: on a temporary PostgreSQL where one is installed, then on SQLite."""

from __future__ import annotations

import os
import subprocess
import sys

from tests import servers


def main() -> int:
    processes = os.environ.get("TEST_PROCESSES", "2")
    pytest = [sys.executable, "-m", "pytest", "-n", processes, "--dist", "worksteal", "--durations=20", *sys.argv[1:]]
    plain = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    if servers.postgresql_binaries() is None:
        print("PostgreSQL is not installed here: its tests are left out. Install it to run them.", flush=True)
        return subprocess.run(pytest, env=plain, check=False).returncode
    print("On PostgreSQL:", flush=True)
    with servers.postgresql("-c", "fsync=off", "-c", "max_connections=200") as url:
        code = subprocess.run(pytest, env={**plain, "DATABASE_URL": url}, check=False).returncode
    if code != 0:
        return code  # What failed is the last thing one reads.
    print("On SQLite, whatever hangs on the database:", flush=True)
    return subprocess.run([*pytest, "--with-database"], env=plain, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
