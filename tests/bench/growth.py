"""The K-factor of 100,000 members, by month of joining and by depth: ours over one hand-written statement.

`python -m tests.bench.growth ACT` acts on the database of DATABASE_URL; `measure` is what the benchmark calls.
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
ROUNDS = 5
# Every member has sent two invitations, and of three somebody has joined by one.
DEPTH = """
WITH base AS (SELECT id FROM members_member WHERE NOT is_house),
sent AS (
  SELECT i.id, i.inviter_id, i.sent_at, greatest(1, i.uses) AS times, coalesce(d.depth, 0) AS depth
  FROM members_invitation i JOIN base b ON b.id = i.inviter_id LEFT JOIN members_referral d ON d.member_id = i.inviter_id
), came AS (
  SELECT s.depth, count(*) AS joined, count(r.retained_at) AS retained,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.joined_at - s.sent_at) / 86400.0) AS middle
  FROM sent s JOIN members_referral r ON r.invitation_id = s.id
  WHERE r.state <> 'rejected' AND r.joined_at <= s.sent_at + interval '14 days' GROUP BY s.depth
), out AS (
  SELECT depth, sum(times) AS sent, count(DISTINCT inviter_id) AS senders FROM sent GROUP BY depth
)
SELECT o.depth::text, (SELECT count(*) FROM base), o.senders, o.sent, coalesce(c.joined, 0), coalesce(c.retained, 0),
  round(c.middle::numeric, 2) FROM out o LEFT JOIN came c USING (depth) ORDER BY 1
"""
COHORT = """
WITH base AS (
  SELECT id, to_char(joined_at AT TIME ZONE 'UTC', 'YYYY-MM') AS cohort FROM members_member WHERE NOT is_house
), sent AS (
  SELECT i.id, i.inviter_id, i.sent_at, greatest(1, i.uses) AS times, b.cohort
  FROM members_invitation i JOIN base b ON b.id = i.inviter_id
), came AS (
  SELECT s.cohort, count(*) AS joined, count(r.retained_at) AS retained,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.joined_at - s.sent_at) / 86400.0) AS middle
  FROM sent s JOIN members_referral r ON r.invitation_id = s.id
  WHERE r.state <> 'rejected' AND r.joined_at <= s.sent_at + interval '14 days' GROUP BY s.cohort
), out AS (
  SELECT cohort, sum(times) AS sent, count(DISTINCT inviter_id) AS senders FROM sent GROUP BY cohort
)
SELECT z.cohort, z.members, coalesce(o.senders, 0), coalesce(o.sent, 0), coalesce(c.joined, 0), coalesce(c.retained, 0),
  round(c.middle::numeric, 2)
FROM (SELECT cohort, count(*) AS members FROM base GROUP BY cohort) z
LEFT JOIN out o USING (cohort) LEFT JOIN came c USING (cohort) ORDER BY 1
"""


def measure(place: Any, results: dict[str, Any]) -> None:
    """Each grouping beside its statement, in turn on one database, the answers compared to the last digit."""
    url = place.new("growth")
    _ask(url, place.folder, "prepare")
    found = _ask(url, place.folder, "compare")
    place.drop(url)
    for group, ratios in found.items():
        results[f"growth_{group}_over_statement"] = round(statistics.median(ratios), 2)


def _ask(url: str, folder: Any, act: str) -> dict[str, Any]:
    env = {**os.environ, "DATABASE_URL": url, "DATA_DIR": str(folder), "SECRET_KEY": "bench", "LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.growth", act], env=env, stdout=subprocess.PIPE, text=True, check=True
    )
    lines = done.stdout.splitlines()
    return json.loads(lines[-1]) if lines else {}


def prepare() -> None:
    """Members over a year, in a tree: a third of all codes brought somebody, most of them in time, half to stay."""
    from django.db import connection

    from members.models import Member

    Member.objects.bulk_create([Member(ref=f"m{n}") for n in range(MEMBERS)], batch_size=5_000)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE members_member SET joined_at = timestamptz '2026-01-01T00:00Z' + id %% 365 * interval '1 day'", []
        )
        cursor.execute(
            "INSERT INTO members_invitation (code, inviter_id, channel, campaign, email, email_domain, uses_max, uses,"
            " sent_at) SELECT 'C' || m.id || '-' || n, m.id, 'chat', '', '', '', 1, ((m.id + n) %% 3 = 0)::int,"
            " m.joined_at + n * interval '5 days' FROM members_member m, generate_series(0, 1) n",
            [],
        )
        cursor.execute(
            "INSERT INTO members_referral (member_id, inviter_id, invitation_id, depth, joined_at, retained_at, state,"
            " reasons, note) SELECT n.id, i.inviter_id, i.id, 1 + i.id %% 5, i.sent_at + i.id %% 20 * interval '1 day',"
            " CASE WHEN i.id %% 2 = 0 THEN i.sent_at + interval '60 days' END, 'open', '[]', ''"
            " FROM (SELECT *, row_number() OVER (ORDER BY id) AS place FROM members_invitation WHERE uses = 1) i"
            " JOIN (SELECT id, row_number() OVER (ORDER BY id DESC) AS place FROM members_member) n USING (place)"
            " WHERE n.id <> i.inviter_id",
            [],
        )
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def compare() -> None:
    from django.db import connection

    from members.domain.invitations.growth import growth

    ratios: dict[str, list[float]] = {}
    for group, statement in (("cohort", COHORT), ("depth", DEPTH)):
        for _ in range(ROUNDS + 1):
            started = time.perf_counter()
            with connection.cursor() as cursor:
                cursor.execute(statement)
                by_hand = cursor.fetchall()
            middle = time.perf_counter()
            lines = growth(group_by=group)  # type: ignore[arg-type]
            ended = time.perf_counter()
            ours = [
                (x.group, x.members, x.senders, x.sent, x.joined, x.retained, x.median_days)
                for x in sorted(lines, key=lambda line: line.group)
            ]
            assert ours == by_hand, (ours, by_hand)
            ratios.setdefault(group, []).append((ended - middle) / (middle - started))
        del ratios[group][0]  # The first found everything cold.
    print(json.dumps(ratios), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    globals()[sys.argv[1]]()
