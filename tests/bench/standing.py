"""Tiers of 100,000 members decided again: ours over one hand-written statement that reads and writes the same.

`python -m tests.bench.standing ACT` acts on the database of DATABASE_URL; `measure` is what the benchmark calls.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

MEMBERS = 10_000 if os.environ.get("QUICK") else 100_000
ENTRIES_EACH = 3
ROUNDS = 3 if os.environ.get("QUICK") else 5
# Thresholds and what they are kept from.
TIERS = ((0, 0), (60, 50), (120, 100), (180, 160))
STATEMENT = """
WITH v AS (
  SELECT a.member_id, sum(e.amount) AS value
  FROM incentives_account a JOIN incentives_entry e ON e.account_id = a.id JOIN incentives_journal j ON j.id = e.journal_id
  LEFT JOIN incentives_journal r ON r.id = j.reverses_id
  WHERE a.currency_id = %(currency)s AND a.bucket = 1 AND j.effective_at >= %(since)s
    AND (j.kind IN (1, 2, 9, 11, 12) OR (j.kind = 8 AND r.kind IN (1, 2, 9, 11, 12)))
  GROUP BY a.member_id
), decided AS (
  SELECT m.id AS member_id, s.tier_id AS before, (
    SELECT t.id FROM members_tier t LEFT JOIN members_tier h ON h.id = s.tier_id
    WHERE t.ladder_id = %(ladder)s
      AND coalesce(v.value, 0) >= CASE WHEN t.threshold <= coalesce(h.threshold, -1) THEN t.keep ELSE t.threshold END
    ORDER BY t.threshold DESC LIMIT 1
  ) AS after
  FROM members_member m LEFT JOIN v ON v.member_id = m.id
  LEFT JOIN members_standing s ON s.member_id = m.id AND s.ladder_id = %(ladder)s
  WHERE m.status <> 'erased'
), changed AS MATERIALIZED (
  SELECT d.*, b.threshold AS low, t.threshold AS high, b.code AS from_code, t.code AS to_code,
    nextval(pg_get_serial_sequence('members_event', 'id')::regclass) AS event_id
  FROM decided d LEFT JOIN members_tier b ON b.id = d.before LEFT JOIN members_tier t ON t.id = d.after
  WHERE d.after IS DISTINCT FROM d.before
), held AS (
  INSERT INTO members_standing (member_id, ladder_id, tier_id, since, duties_missed, duties_checked, owes_duty)
  SELECT member_id, %(ladder)s, after, %(now)s, 0, 0, false FROM changed ORDER BY member_id
  ON CONFLICT (member_id, ladder_id) DO UPDATE SET tier_id = excluded.tier_id, since = excluded.since
), kept AS (
  INSERT INTO members_standingchange (member_id, ladder_id, from_tier_id, to_tier_id, reason, changed_at)
  SELECT member_id, %(ladder)s, before, after, 'earned', %(now)s FROM changed
), filed AS (
  INSERT INTO members_event (id, member_id, type_id, source_id, occurred_at, received_at)
  SELECT event_id, member_id, %(type)s, %(source)s, %(now)s, %(now)s FROM changed
), told AS (
  INSERT INTO members_eventpayload (event_id, data)
  SELECT event_id, json_build_object('ladder', 'rank', 'from_tier', from_code, 'to_tier', to_code,
    'rose', coalesce(high > low, true), 'reason', 'earned') FROM changed
)
SELECT count(*) FROM changed
"""


def measure(place: Any, results: dict[str, Any]) -> None:
    """Interleaved pairs on copies: everybody moves, and nearly nobody does."""
    template = place.new("standing")
    _ask(template, place.folder, "prepare")
    first: list[float] = []
    quiet: list[float] = []
    seconds: list[float] = []
    for _ in range(ROUNDS):
        pair = {}
        for act in ("statement", "ours"):
            url = place.copy(template)
            pair[act] = _ask(url, place.folder, act)
            place.drop(url)
        assert pair["ours"]["sums"] == pair["statement"]["sums"], pair
        first.append(pair["ours"]["first"] / pair["statement"]["first"])
        quiet.append(pair["ours"]["quiet"] / pair["statement"]["quiet"])
        seconds.append(pair["ours"]["first"])
    results["tiers_over_statement"] = round(statistics.median(first), 2)
    results["tiers_quiet_over_statement"] = round(statistics.median(quiet), 2)
    results["tiers_seconds"] = round(statistics.median(seconds), 2)


def _ask(url: str, folder: Any, act: str) -> dict[str, Any]:
    env = {**os.environ, "DATABASE_URL": url, "DATA_DIR": str(folder), "SECRET_KEY": "bench", "LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.standing", act], env=env, stdout=subprocess.PIPE, text=True, check=True
    )
    lines = done.stdout.splitlines()
    return json.loads(lines[-1]) if lines else {}


def prepare() -> None:
    from django.core.management import call_command

    from incentives.models import Currency
    from members.models import Ladder, Member, Tier
    from tests.bench.worker import bulk_ledger

    call_command("migrate", verbosity=0)
    Currency.objects.create(code="growth", kind="qualifying")
    ladder = Ladder.objects.create(code="rank", metric="earned:growth", window="days", days=365, falls="earned")
    for number, (threshold, keep) in enumerate(TIERS):
        Tier.objects.create(ladder=ladder, code=f"tier-{number}", threshold=threshold, keep=keep)
    Member.objects.bulk_create([Member(ref=f"m{n}") for n in range(MEMBERS)], batch_size=5_000)
    bulk_ledger(MEMBERS * ENTRIES_EACH, MEMBERS)
    _spread()


def _spread() -> None:
    """Give each member another sum, and a hundredth of the entries a day on which it leaves the window."""
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("incentives_entry", "incentives_journal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute("UPDATE incentives_entry SET amount = 1 + member_id % 80")
        cursor.execute("UPDATE incentives_journal SET effective_at = now() - interval '364 days' WHERE id % 100 = 0")
        for table in ("incentives_entry", "incentives_journal"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def ours() -> None:
    from incentives.domain.evaluating import evaluate_ladders

    _timed(lambda now: evaluate_ladders(now=now))


def statement() -> None:
    from datetime import timedelta

    from django.db import connection, transaction

    from incentives.models import Currency
    from members.domain.outcomes import INTERNAL_SOURCE, TIER_CHANGED
    from members.models import EventType, Ladder, Source

    fixed = {
        "currency": Currency.objects.get().pk, "ladder": Ladder.objects.get().pk,
        "type": EventType.objects.get(code=TIER_CHANGED).pk, "source": Source.objects.get(code=INTERNAL_SOURCE).pk,
    }  # fmt: skip

    def run(now: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(STATEMENT, {**fixed, "now": now, "since": now - timedelta(days=365)})

    _timed(run)


def _timed(run: Any) -> None:
    """Time the first evaluation, in which everybody moves, and one two days later, in which few do."""
    from datetime import timedelta

    from django.db import connection
    from django.utils import timezone

    connection.ensure_connection()
    found: dict[str, Any] = {}
    now = timezone.now()
    for name, moment in (("first", now), ("quiet", now + timedelta(days=2))):
        started = time.perf_counter()
        run(moment)
        found[name] = time.perf_counter() - started
        with connection.cursor() as cursor:
            # What the first one wrote is looked at by autovacuum at some time; here, between the two.
            cursor.execute("ANALYZE members_standing")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT array_agg(n ORDER BY tier_id) FROM"
            " (SELECT tier_id, count(*) AS n FROM members_standing GROUP BY tier_id) q),"
            " (SELECT count(*) FROM members_standingchange), (SELECT count(*) FROM members_event)"
        )
        found["sums"] = cursor.fetchone()
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    globals()[sys.argv[1]]()
