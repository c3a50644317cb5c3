"""Tiers and a share of 100,000 members: ours over one hand-written statement that reads and writes the same.

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

SHARE = """
WITH v AS (
  SELECT a.member_id, sum(e.amount) AS value
  FROM incentives_account a JOIN incentives_entry e ON e.account_id = a.id JOIN incentives_journal j ON j.id = e.journal_id
  LEFT JOIN incentives_journal r ON r.id = j.reverses_id
  WHERE a.currency_id = %(currency)s AND a.bucket = 1 AND j.effective_at >= %(since)s
    AND (j.kind IN (1, 2, 9, 11, 12) OR (j.kind = 8 AND r.kind IN (1, 2, 9, 11, 12)))
  GROUP BY a.member_id
), base AS (
  SELECT count(*) AS n FROM members_member WHERE status = 'active' AND NOT is_house
), ranked AS (
  SELECT v.member_id, row_number() OVER (ORDER BY v.value DESC, v.member_id) AS place
  FROM v JOIN members_member m ON m.id = v.member_id WHERE m.status = 'active' AND NOT m.is_house AND v.value > 0
), held AS (
  SELECT member_id FROM members_segmentmember WHERE segment_id = %(segment)s
), wanted AS (
  SELECT member_id FROM ranked, base WHERE place <= ceil(n * 0.2)
    OR (place <= ceil(n * 0.25) AND member_id IN (SELECT member_id FROM held))
), came AS (
  INSERT INTO members_segmentmember (segment_id, member_id, since, is_leaving)
  SELECT %(segment)s, member_id, %(now)s, false FROM wanted WHERE member_id NOT IN (SELECT member_id FROM held)
  RETURNING member_id
), gone AS (
  DELETE FROM members_segmentmember WHERE segment_id = %(segment)s AND member_id NOT IN (SELECT member_id FROM wanted)
  RETURNING member_id
), changed AS MATERIALIZED (
  SELECT q.*, nextval(pg_get_serial_sequence('members_event', 'id')::regclass) AS event_id FROM (
    SELECT member_id, %(entered)s AS type FROM came UNION ALL SELECT member_id, %(left)s FROM gone
  ) q
), filed AS (
  INSERT INTO members_event (id, member_id, type_id, source_id, occurred_at, received_at)
  SELECT event_id, member_id, type, %(source)s, %(now)s, %(now)s FROM changed
), told AS (
  INSERT INTO members_eventpayload (event_id, data) SELECT event_id, '{"segment":"best"}' FROM changed
)
SELECT count(*) FROM changed
"""


def measure(place: Any, results: dict[str, Any]) -> None:
    """Tiers and a share segment, in interleaved pairs on copies: everybody moves, and two days later few do."""
    template = place.new("standing")
    _ask(template, place.folder, "prepare")
    for what, acts in (("tiers", ("statement", "ours")), ("share", ("share_statement", "share_ours"))):
        times: dict[str, list[float]] = {"first": [], "quiet": [], "seconds": []}
        for _ in range(ROUNDS):
            floor, own = (_on_a_copy(place, template, act) for act in acts)
            assert own["sums"] == floor["sums"], (own, floor)
            for moment in ("first", "quiet"):
                times[moment].append(own[moment] / floor[moment])
            times["seconds"].append(own["first"])
        results[f"{what}_over_statement"] = round(statistics.median(times["first"]), 2)
        results[f"{what}_quiet_over_statement"] = round(statistics.median(times["quiet"]), 2)
        results[f"{what}_seconds"] = round(statistics.median(times["seconds"]), 2)


def _on_a_copy(place: Any, template: str, act: str) -> dict[str, Any]:
    url = place.copy(template)
    found = _ask(url, place.folder, act)
    place.drop(url)
    return found


def _ask(url: str, folder: Any, act: str) -> dict[str, Any]:
    env = {**os.environ, "DATABASE_URL": url, "DATA_DIR": str(folder), "SECRET_KEY": "bench", "LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.standing", act], env=env, stdout=subprocess.PIPE, text=True, check=True
    )
    lines = done.stdout.splitlines()
    return json.loads(lines[-1]) if lines else {}


def prepare() -> None:
    from incentives.models import Currency
    from members.models import Ladder, Member, Segment, Tier
    from tests.bench.worker import bulk_ledger

    Currency.objects.create(code="growth", kind="qualifying")
    ladder = Ladder.objects.create(code="rank", metric="earned:growth", window="days", days=365, falls="earned")
    for number, (threshold, keep) in enumerate(TIERS):
        Tier.objects.create(ladder=ladder, code=f"tier-{number}", threshold=threshold, keep=keep)
    Segment.objects.create(code="best", kind="share", metric="earned:growth", days=365, share=20, keep=25)
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


def share_ours() -> None:
    from incentives.domain.evaluating import evaluate_segments

    _timed(lambda now: evaluate_segments(now=now))


def statement() -> None:
    _timed(lambda now: _run(STATEMENT, now))


def share_statement() -> None:
    _timed(lambda now: _run(SHARE, now))


def _run(text: str, now: Any) -> None:
    from datetime import timedelta

    from django.db import connection, transaction

    from incentives.models import Currency
    from members.domain.outcomes import INTERNAL_SOURCE, SEGMENT_ENTERED, SEGMENT_LEFT, TIER_CHANGED
    from members.models import EventType, Ladder, Segment, Source

    types = dict(EventType.objects.values_list("code", "pk"))
    fixed = {
        "currency": Currency.objects.get().pk, "ladder": Ladder.objects.get().pk, "segment": Segment.objects.get().pk,
        "type": types[TIER_CHANGED], "entered": types[SEGMENT_ENTERED], "left": types[SEGMENT_LEFT],
        "source": Source.objects.get(code=INTERNAL_SOURCE).pk, "now": now, "since": now - timedelta(days=365),
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(text, fixed)


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
            " (SELECT count(*) FROM members_standingchange), (SELECT count(*) FROM members_event),"
            " (SELECT count(*) FROM members_segmentmember)"
        )
        found["sums"] = cursor.fetchone()
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    globals()[sys.argv[1]]()
