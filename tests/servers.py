"""Real servers for tests: a PostgreSQL and a Redis of our own, on loopback, gone when the test run ends.

python -m tests.servers pytest ...     run a command with DATABASE_URL naming a temporary PostgreSQL
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def postgresql_binaries() -> Path | None:
    """The folder of initdb and postgres, wherever this machine keeps them."""
    for place in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (place / "initdb").exists():
            return place
    found = shutil.which("initdb")
    return Path(found).parent if found else None


def redis_binary() -> str | None:
    return shutil.which("redis-server")


def _as_server_user() -> dict[str, object]:
    """PostgreSQL refuses to run as root; then it runs as its own user, or as nobody."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return {}


@dataclass
class Postgresql:
    """A server of our own, which a test may stop and start again at the same address."""

    command: list[object]
    common: dict[str, object]
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://laurels@127.0.0.1:{self.port}/laurels"

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, **self.common)  # type: ignore[call-overload]
        _wait_for(self.port, self.process)

    def stop(self) -> None:
        """Break off whoever is connected, and wait for the end."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
            self.process = None


@contextmanager
def postgresql(*options: str) -> Iterator[str]:
    """Start a server in a new folder and yield the address of its database."""
    with postgresql_server(*options) as server:
        yield server.url


@contextmanager
def postgresql_server(*options: str) -> Iterator[Postgresql]:
    """Start a server in a new folder, with an empty database; gone afterwards."""
    binaries = postgresql_binaries()
    assert binaries is not None, "PostgreSQL is not installed here"
    who = _as_server_user()
    folder = Path(tempfile.mkdtemp(prefix="laurels-pg-"))
    if who:
        os.chown(folder, who["user"], who["group"])  # type: ignore[arg-type]
    port = free_port()
    common: dict[str, object] = {"cwd": "/", "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, **who}
    command = [binaries / "postgres", "-D", folder / "data", "-p", str(port), "-h", "127.0.0.1", "-k", folder, *options]
    server = Postgresql(command, common, port)
    try:
        subprocess.run(
            [binaries / "initdb", "-D", folder / "data", "-U", "laurels", "--auth=trust", "-E", "UTF8", "--locale=C"],
            check=True,
            **common,  # type: ignore[call-overload]
        )
        server.start()
        subprocess.run(
            [binaries / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "laurels", "laurels"],
            check=True,
            **common,  # type: ignore[call-overload]
        )
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis() -> Iterator[str]:
    """Start a Redis that keeps nothing and yield its address."""
    binary = redis_binary()
    assert binary is not None, "Redis is not installed here"
    port = free_port()
    server = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        cwd=tempfile.gettempdir(),
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, server)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode} instead of starting")
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(0.3)  # PostgreSQL listens a moment before it answers.
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not start within a minute")


def main() -> int:
    command = sys.argv[1:]
    if postgresql_binaries() is None:
        sys.stderr.write("PostgreSQL is not installed here; install it, or run the suite on SQLite alone.\n")
        return 3
    with postgresql("-c", "fsync=off", "-c", "max_connections=200") as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
