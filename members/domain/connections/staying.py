"""Do those who know others stay? Day-30 retention by how many a newcomer came to know in their first four weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from members.domain.newcomers.shares import Share
from members.domain.sql import moment, rows_of
from members.enums import MemberStatus

FIRST = timedelta(days=28)
# From then on it is known of everybody whether they stayed; those who joined more than a year before are history.
MATURE, RECENT = timedelta(days=37), timedelta(days=37 + 365)
COUNT_MAX = 8
# To the millisecond, as SQLite can compare moments.
_TEXT = "'%%Y-%%m-%%d %%H:%%M:%%f'"

_STATEMENT = """
WITH cohort AS (
  SELECT w.member_id, w.joined_at,
    CASE WHEN w.retained_at IS NOT NULL AND m.status IN (%s, %s) THEN 1 ELSE 0 END AS stayed
  FROM members_newcomer w JOIN members_member m ON m.id = w.member_id
  WHERE NOT m.is_house AND m.merged_into_id IS NULL AND w.joined_at > %s AND w.joined_at <= %s
),
pairs AS (
  SELECT low_id AS member_id, high_id AS other_id, since FROM members_connection
  UNION ALL SELECT high_id, low_id, since FROM members_connection
),
known AS (
  SELECT c.member_id, count(DISTINCT p.other_id) AS others
  FROM cohort c JOIN pairs p ON p.member_id = c.member_id AND {in_time} GROUP BY c.member_id
)
SELECT CASE WHEN k.others IS NULL THEN 0 WHEN k.others > %s THEN %s ELSE k.others END AS n, count(*), sum(c.stayed)
FROM cohort c LEFT JOIN known k ON k.member_id = c.member_id GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Bend:
    """Newcomers who came to know so many (the last counts that many and more), and the share of them who stayed."""

    known: int
    stayed: Share

    @property
    def is_last(self) -> bool:
        return self.known == COUNT_MAX


def staying_by_known(*, now: datetime) -> list[Bend]:
    """A line for each number of connections from none on, of newcomers of whom it is known: one statement.

    House accounts, quiet imports and merged memberships are left out. A comparison, not a proof: people who stay have
    more time to get to know others, so only the first four weeks are counted, and staying from day 30.
    """
    statement = _STATEMENT.format(
        in_time="p.since < c.joined_at + %s"
        if connection.vendor == "postgresql"
        else f"strftime({_TEXT}, p.since) < strftime({_TEXT}, c.joined_at, %s)"
    )
    length = FIRST if connection.vendor == "postgresql" else f"+{FIRST.days} days"
    statuses = [MemberStatus.ACTIVE.value, MemberStatus.SUSPENDED.value]
    rows = rows_of(statement, [*statuses, moment(now - RECENT), moment(now - MATURE), length, COUNT_MAX, COUNT_MAX])
    found = {known: Share(int(stayed), count) for known, count, stayed in rows}
    return [Bend(known, found.get(known, Share(0, 0))) for known in range(COUNT_MAX + 1)] if found else []
