"""Whatever dies in between: each effect exactly once, nothing acknowledged is lost, the books are right."""

from __future__ import annotations

import gc
import os
import random
import signal
import subprocess
import sys
import threading

import pytest
from django.db import connection, connections
from django.utils import timezone

from incentives.domain.engine import batches
from incentives.domain.ledger.verify import verify
from incentives.domain.pump import claims, failpoints, loop
from incentives.models import Account, Currency, Journal, Judgement, QuestRun
from members.models import DeadLetter, Event, Lane, Work
from tests import databases, factories
from tests.factories import award, item

FULL = 2  # PRAGMA synchronous


def pump(database: str, fail_point: str = "") -> int:
    """Run `manage.py pump` in a process of its own and return its exit code."""
    env = {**os.environ, "DATABASE_URL": databases.url_of(database), "LAURELS_FAIL_POINT": fail_point}
    done = subprocess.run(
        [sys.executable, "manage.py", "pump", "--quiet"], env=env, capture_output=True, check=False, timeout=120
    )
    return done.returncode


def community(events: int = 60, members: int = 9) -> None:
    factories.world()
    for number in range(members):
        factories.MemberFactory(ref=f"m{number}")
    factories.counter(code="posts", kind="count")
    factories.rule(
        {
            "then": [award(2), award(1, "growth")],
            "limits": [{"per": "member", "every": "ever", "amount": 1000, "currency": "points"}],
        }
    )
    factories.quest({"steps": [{"code": "posts", "when": "content.published", "count": 1000}]})
    factories.report(*(item(f"e{n}", f"m{n % members}") for n in range(events)))


def assert_paid_once(events: int) -> None:
    assert not Work.objects.exists()
    assert Judgement.objects.count() == events
    assert sum(run.progress["posts"]["n"] for run in QuestRun.objects.all()) == events
    assert Journal.objects.count() == 2 * events
    points = Currency.objects.get(code="points").pk
    assert sum(Account.objects.filter(currency_id=points).values_list("balance", flat=True)) == 2 * events
    assert [proof for proof in verify() if not proof.holds] == []


@pytest.mark.parametrize("point", failpoints.NAMES)
def test_a_worker_killed_at_any_point_loses_and_doubles_nothing(committed_db, point, monkeypatch):
    community()

    assert pump(committed_db, point) == -signal.SIGKILL
    # A mark of the dead is respected for a moment; the next worker must not wait for it here.
    Lane.objects.exclude(marked_at=None).update(marked_at=timezone.now() - timezone.timedelta(seconds=10))
    connections.close_all()
    assert pump(committed_db) == 0

    assert_paid_once(60)


def test_an_event_that_fails_every_time_ends_alone_in_the_dead_letters(committed_db, monkeypatch):
    from incentives.domain import dead_letters
    from incentives.domain.engine import fold

    community()
    culprit = Event.objects.order_by("id")[30].pk
    judge = fold.Fold.judge

    def poisoned(self, waiting):
        if waiting.id == culprit:
            raise RuntimeError("poison")
        return judge(self, waiting)

    monkeypatch.setattr(fold.Fold, "judge", poisoned)
    for _ in range(40):
        factories.judge()
        if not Work.objects.exists():
            break

    letter = DeadLetter.objects.get()
    assert (letter.event_id, letter.attempts, letter.state) == (culprit, 3, "waiting")
    assert "RuntimeError: poison" in letter.error
    assert Judgement.objects.count() == 59

    monkeypatch.setattr(fold.Fold, "judge", judge)
    assert dead_letters.replay(event_ids=[culprit], now=timezone.now()) == 1
    assert dead_letters.replay(event_ids=[culprit], now=timezone.now()) == 0
    while factories.judge().events:
        pass
    assert_paid_once(60)


def test_a_lane_cut_to_size_one_grows_again_after_good_batches(committed_db):
    community()
    Lane.objects.update(batch_size=1)

    while factories.judge().events:
        pass

    assert_paid_once(60)
    assert Lane.objects.filter(batch_size=1).count() < 64


def test_an_event_that_kills_the_process_is_buried_too(committed_db):
    """Nobody is left to catch an exception; the mark that was left behind tells the next worker."""
    community(events=1, members=1)
    lane = Work.objects.get().lane

    for _ in range(12):
        claim = claims.mark([lane], batch_size_max=4, now=timezone.now())
        if claim is not None and not Work.objects.exists():
            claims.release(claim)
            break
        Lane.objects.filter(number=lane).update(marked_at=timezone.now() - timezone.timedelta(seconds=10))

    letter = DeadLetter.objects.get()
    assert letter.error == "The worker died while it judged this event."
    assert letter.attempts == 3


def in_threads(*works) -> list[BaseException]:
    """Run functions at once, each with a connection of its own; return what they raised."""
    errors: list[BaseException] = []

    def run(work):
        try:
            work()
        except BaseException as error:  # noqa: BLE001
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return errors


def test_every_event_four_times_shuffled_by_six_clients_counts_once(committed_db):
    factories.world()
    for number in range(9):
        factories.MemberFactory(ref=f"m{number}")
    factories.rule({"then": [award(2), award(1, "growth")]})
    factories.quest({"steps": [{"code": "posts", "when": "content.published", "count": 1000}]})
    items = [item(f"e{n}", f"m{n % 9}") for n in range(80)]

    def client(seed):
        def send():
            rng = random.Random(seed)
            mine = items * 4
            rng.shuffle(mine)
            while mine:
                part, mine = mine[: rng.randrange(1, 40)], mine[40:] if len(mine) <= 40 else mine[len(mine) // 2 :]
                factories.report(*part)

        return send

    def sends_all():
        factories.report(*items)

    errors = in_threads(*(client(seed) for seed in range(5)), sends_all)
    assert errors == []
    while factories.judge().events:
        pass

    assert Event.objects.filter(cause_id=None).count() == 80
    assert_paid_once(80)


@pytest.mark.postgresql
def test_two_workers_drain_together_and_pay_once(committed_db):
    community(events=600, members=40)

    errors = in_threads(*[lambda: [factories.judge(batch_size_max=20) for _ in range(6)]] * 2)
    while factories.judge().events:
        pass

    assert errors == []
    assert_paid_once(600)


@pytest.mark.postgresql
def test_many_clients_spending_from_one_member_never_spend_more_than_there_is(committed_db):
    import secrets

    from incentives.domain import ledger
    from incentives.domain.ledger import operations

    factories.world()
    ada, points = factories.MemberFactory(ref="ada"), factories.CurrencyFactory()
    operations.open_balance(
        member_id=ada.pk, currency=points, amount=100, key=secrets.token_bytes(32), effective_at=timezone.now()
    )
    outcomes = []

    def spend():
        try:
            operations.spend(
                member_id=ada.pk, currency=points, amount=30, key=secrets.token_bytes(32), now=timezone.now()
            )
        except ledger.InsufficientPoints:
            outcomes.append("refused")
        else:
            outcomes.append("spent")

    assert in_threads(*[spend] * 12) == []

    assert sorted(outcomes) == ["refused"] * 9 + ["spent"] * 3
    assert Account.objects.get().balance == 10
    assert [proof for proof in verify() if not proof.holds] == []


@pytest.mark.postgresql
def test_the_last_points_of_a_budget_are_given_once(committed_db):
    factories.world()
    for number in range(40):
        factories.MemberFactory(ref=f"m{number}")
    factories.rule(
        {
            "then": [award(10)],
            "limits": [{"per": "rule", "every": "ever", "amount": 105, "currency": "points", "over": "cut"}],
        }
    )
    factories.report(*(item(f"e{n}", f"m{n}") for n in range(40)))

    errors = in_threads(*[lambda: [factories.judge(batch_size_max=3) for _ in range(8)]] * 3)
    while factories.judge().events:
        pass

    assert errors == []
    assert sum(Account.objects.values_list("balance", flat=True)) == 105


def test_every_batch_waits_for_the_disk_and_leaves_the_process_as_it_was(committed_db, monkeypatch):
    """Marks do not wait, and garbage is left to the end of a batch; neither may last, even where a batch fails."""
    community(events=3)
    judge, seen = batches.judge_lanes, []

    def look():
        if connection.vendor != "sqlite":
            return gc.isenabled(), FULL
        with connection.cursor() as cursor:
            return gc.isenabled(), cursor.execute("PRAGMA synchronous").fetchone()[0]

    def judged(**options):
        seen.append(look())
        if len(seen) == 1:
            raise RuntimeError("poison")
        return judge(**options)

    monkeypatch.setattr(batches, "judge_lanes", judged)
    done = loop.drain()

    assert (done.failures, done.events) == (1, 3)
    assert set(seen) == {(False, FULL)}
    assert look() == (True, FULL)
