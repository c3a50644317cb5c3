"""The real processes with the real broker: web, worker and scheduler, and what happens when one of them dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from incentives.domain.ledger.verify import verify
from incentives.models import Account, Currency, Judgement
from members.models import Event, Lane, Work
from tests import databases, factories, servers
from tests.factories import award, item

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
SECONDS_MAX = 60
CELERY = [sys.executable, "-m", "celery", "-A", "config"]


@dataclass
class House:
    """One installation: its environment, and the processes that a test has started in it."""

    database_url: str
    folder: Path
    redis_url: str = ""
    port: int = field(default_factory=servers.free_port)
    key: str = ""
    stack: ExitStack = field(default_factory=ExitStack)

    def environment(self, **more: str) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "CELERY_BROKER_URL")}
        mine = {"DATABASE_URL": self.database_url, "DATA_DIR": str(self.folder), "PUMP_TICK_SECONDS": "0.5"}
        return plain | mine | ({"REDIS_URL": self.redis_url} if self.redis_url else {}) | more

    def start(self, name: str, command: list[str], **environment: str) -> subprocess.Popen[bytes]:
        """Start a process; whatever the test does, it ends with it."""
        log = self.stack.enter_context((self.folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(command, env=self.environment(**environment), stdout=log, stderr=subprocess.STDOUT)
        self.stack.callback(end, process)
        return process

    def web(self) -> subprocess.Popen[bytes]:
        bind = f"127.0.0.1:{self.port}"
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "config.wsgi:application",
            "--bind",
            bind,
            "--worker-class",
            "gthread",
        ]
        process = self.start("web", [*command, "--threads", "4"])
        until(lambda: self.call("GET", "/healthz")[0] == 200)
        return process

    def worker(self, name: str = "worker", **environment: str) -> subprocess.Popen[bytes]:
        options = ["-P", "threads", "-c", "2", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        return self.start(name, [*CELERY, "worker", *options, "-n", f"{name}@here"], **environment)

    def scheduler(self) -> subprocess.Popen[bytes]:
        return self.start("scheduler", [*CELERY, "beat", "--pidfile", str(self.folder / "beat.pid")])

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send a request; status 0 if nobody answers."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Api-Key {self.key}", "Content-Type": "application/json", **headers},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, None

    def report(self, first: int, count: int, **headers: str) -> Any:
        """Report events over HTTP as an app does, again and again until they are accepted."""
        items = [item(f"e{n}", f"m{n % 5}") for n in range(first, first + count)]
        deadline = time.monotonic() + SECONDS_MAX
        while time.monotonic() < deadline:
            status, answer = self.call("POST", "/api/v1/events", items, **headers)
            if status in (200, 202):
                assert {result["status"] for result in answer["results"]} <= {"accepted", "duplicate"}
                return answer
            assert status in (0, 503), answer
            time.sleep(0.1)
        raise AssertionError("the events were never accepted")


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(15)


def until(holds: Any, seconds: float = SECONDS_MAX, seen: Any = lambda: "") -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() >= deadline:
            raise AssertionError(f"it did not come to pass in time {seen()}")
        time.sleep(0.05)


def waiting() -> str:
    """What is left to do, and which lanes somebody has marked."""
    marked = list(Lane.objects.exclude(marked_by="").values_list("number", "marked_at", "marked_size"))
    return f"{Judgement.objects.count()} judged, waiting {list(Work.objects.values_list()[:9])}, marked {marked}"


def community() -> str:
    """Five members and a rule that pays 2 points for a post; returns a key."""
    factories.world()
    for number in range(5):
        factories.MemberFactory(ref=f"m{number}")
    factories.rule({"then": [award(2)]})
    return factories.api_key()


def all_judged(count: int) -> bool:
    return Judgement.objects.count() == count and not Work.objects.exists()


def assert_paid_once(count: int) -> None:
    until(lambda: all_judged(count), seen=waiting)
    assert Event.objects.filter(cause_id=None).count() == count
    points = Currency.objects.get(code="points").pk
    assert sum(Account.objects.filter(currency_id=points).values_list("balance", flat=True)) == 2 * count
    assert [proof for proof in verify() if not proof.holds] == []


@contextmanager
def living_in(house: House) -> Iterator[House]:
    try:
        with house.stack:
            yield house
    except BaseException:
        for log in sorted(house.folder.glob("*.log")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-3_000:]}")
        raise


@pytest.fixture(params=["files", pytest.param("redis", marks=[pytest.mark.redis, pytest.mark.any_database])])
def house(request, committed_db, tmp_path):
    """An installation on a copy of the database, once with the embedded queue of files and once with Redis."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    if url:
        _redis(url).flushall()
    with living_in(House(databases.url_of(committed_db), tmp_path, url, key=community())) as house:
        yield house


def _redis(url):
    import redis

    return redis.Redis.from_url(url)


def test_events_reported_over_http_are_judged_by_the_worker_without_anybody_calling_it(house):
    house.web()
    house.worker()

    for first in range(0, 60, 20):
        house.report(first, 20)

    assert_paid_once(60)


def test_an_app_that_waits_reads_what_the_worker_paid_in_the_same_answer(house):
    house.web()
    house.worker()
    house.report(0, 1)
    until(lambda: all_judged(1))  # The worker is awake.

    for tries in range(1, 7):  # A busy machine may need longer than an app may wait.
        (result,) = house.report(5 * tries + 1, 1, Prefer="wait=10")["results"]
        assert result["status"] == "accepted"
        if result["outcome"]["state"] == "judged":
            break

    assert result["outcome"]["moved"] == {"points": "2"}
    until(lambda: Work.objects.count() == 0)
    _, balances = house.call("GET", "/api/v1/members/m1/balances")
    assert {line["currency"]: line["available"] for line in balances} == {"points": str(2 * tries), "growth": "0"}


@pytest.mark.parametrize(("point", "judged"), [("batch.posted", 0), ("batch.committed", 60)])
def test_a_worker_killed_in_mid_batch_is_replaced_and_everything_is_paid_once(house, point, judged):
    house.web()
    doomed = house.worker("doomed", LAURELS_FAIL_POINT=point)
    house.report(0, 60)
    assert doomed.wait(SECONDS_MAX) == -signal.SIGKILL
    assert Judgement.objects.count() == judged

    house.scheduler()
    house.worker()
    house.report(60, 10)

    assert_paid_once(70)


def test_what_was_reported_while_no_worker_ran_is_found_by_the_scheduler(house):
    house.web()
    house.report(0, 20)
    if house.redis_url:
        assert _redis(house.redis_url).flushall()  # Every message is gone with it.
    else:
        for message in (house.folder / "queue" / "messages").iterdir():
            message.unlink()

    house.worker()
    time.sleep(3)
    assert Work.objects.count() == 20, "nobody has told the worker"
    house.scheduler()

    assert_paid_once(20)


@pytest.mark.redis
def test_a_broker_that_dies_keeps_no_event_out_and_is_not_missed_for_long(committed_db, tmp_path):
    with ExitStack() as broker:
        url = broker.enter_context(servers.redis())
        with living_in(House(databases.url_of(committed_db), tmp_path, url, key=community())) as house:
            house.web()
            house.report(0, 5)
            broker.close()

            house.report(5, 5)

            assert Work.objects.count() == 10
            done = subprocess.run(
                [sys.executable, "manage.py", "pump", "--quiet"], env=house.environment(), check=False, timeout=60
            )
            assert done.returncode == 0
            assert_paid_once(10)


@pytest.mark.postgresql
@pytest.mark.redis
def test_a_database_that_is_restarted_while_events_flow_loses_none_and_pays_each_once(
    django_db_setup, django_db_blocker, redis_url, tmp_path
):
    """Web, worker and scheduler live through it: the app sends again what was not accepted, the rest is theirs."""
    _redis(redis_url).flushall()
    with servers.postgresql_server("-c", "max_connections=50") as server, django_db_blocker.unblock():
        house = House(server.url, tmp_path, redis_url)
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"], env=house.environment(), check=True, timeout=120
        )
        with living_in(house), connected_to(server):
            house.key = community()
            web, worker, scheduler = house.web(), house.worker(), house.scheduler()

            house.report(0, 10)
            until(lambda: all_judged(10))  # Everybody is awake.
            connections.close_all()

            for first in range(10, 300, 10):
                house.report(first, 10)
                if first in (100, 200):
                    server.stop()
                    assert house.call("POST", "/api/v1/events", [item("late", "m0")])[0] == 503, (
                        "the database is away, which passes"
                    )
                    server.start()

            connections.close_all()
            assert_paid_once(300)
            assert [process.poll() for process in (web, worker, scheduler)] == [None, None, None]


@contextmanager
def connected_to(server: servers.Postgresql) -> Iterator[None]:
    """Let this process look into another server's database for a while."""
    settings = connection.settings_dict
    before = {name: settings[name] for name in ("HOST", "PORT", "USER", "NAME")}
    connections.close_all()
    settings.update(HOST="127.0.0.1", PORT=server.port, USER="laurels", NAME="laurels")
    try:
        yield
    finally:
        connections.close_all()
        settings.update(before)
