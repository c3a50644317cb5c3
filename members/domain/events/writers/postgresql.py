"""Events into PostgreSQL: one JSON text in, one statement, conflicts decided by the unique key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import connection

from members.domain.events.writers.rows import NewEvent

# Sorted by key, so that two requests with the same events in another order cannot wait for each other.
_WRITE = """
WITH given AS MATERIALIZED (
  -- One text is quoted once; the driver would look at each of ten arrays' elements, which takes most of the time.
  SELECT * FROM json_to_recordset(%s::json)
    AS g(event_id bigint, source_id int, external_id text, digest text, member_id bigint, type_id bigint,
         occurred_at timestamptz, received_at timestamptz, data text, lane smallint, space_id bigint)
), fresh AS (
  INSERT INTO members_eventkey (event_id, source_id, external_id, digest)
  SELECT event_id, source_id, external_id, decode(digest, 'base64') FROM given ORDER BY source_id, external_id
  ON CONFLICT (source_id, external_id) DO NOTHING RETURNING event_id
), filed AS (
  INSERT INTO members_event (id, member_id, type_id, source_id, occurred_at, received_at, space_id)
  SELECT event_id, member_id, type_id, source_id, occurred_at, received_at, space_id
  FROM given JOIN fresh USING (event_id)
  ORDER BY event_id
), told AS (
  INSERT INTO members_eventpayload (event_id, data)
  SELECT event_id, data FROM given JOIN fresh USING (event_id) ORDER BY event_id
), queued AS (
  INSERT INTO members_work (event_id, lane, available_at, attempts, run)
  SELECT event_id, lane, received_at, 0, 0 FROM given JOIN fresh USING (event_id) WHERE lane IS NOT NULL
  ORDER BY event_id
)
SELECT event_id FROM fresh
"""

_OUTCOMES = """
WITH given AS MATERIALIZED (
  -- Numbered in the order given: what is told first is judged first.
  SELECT nextval(pg_get_serial_sequence('members_event', 'id')::regclass) AS event_id, g.*
  FROM (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                         %s::timestamptz[], %s::timestamptz[], %s::text[], %s::smallint[]) WITH ORDINALITY
      AS u(member_id, type_id, source_id, cause_id, occurred_at, received_at, data, lane, place)
    ORDER BY place
  ) AS g
), filed AS (
  INSERT INTO members_event (id, member_id, type_id, source_id, cause_id, occurred_at, received_at)
  SELECT event_id, member_id, type_id, source_id, cause_id, occurred_at, received_at FROM given
), told AS (
  INSERT INTO members_eventpayload (event_id, data) SELECT event_id, data FROM given WHERE data IS NOT NULL
), queued AS (
  INSERT INTO members_work (event_id, lane, available_at, attempts, run)
  SELECT event_id, lane, received_at, 0, 0 FROM given WHERE lane IS NOT NULL
)
SELECT event_id FROM given ORDER BY place
"""


def take_ids(table: str, count: int) -> list[int]:
    """Take `count` ids from the sequence of a table's `id`; a gap after a rollback harms nobody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(s) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS s) q, generate_series(1, %s)",
            [table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def write_events(events: list[NewEvent]) -> dict[int, int]:
    ids = take_ids("members_event", len(events))
    rows = [{"event_id": event_id, **event._asdict()} for event_id, event in zip(ids, events, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [msgspec.json.encode(rows).decode()])
        fresh = {row[0] for row in cursor.fetchall()}
    return {position: event_id for position, event_id in enumerate(ids) if event_id in fresh}


_ALIKE = """
WITH given AS MATERIALIZED (
  SELECT nextval(pg_get_serial_sequence('members_event', 'id')::regclass) AS event_id, g.*
  FROM unnest(%s::bigint[], %s::smallint[]) AS g(member_id, lane)
), filed AS (
  INSERT INTO members_event (id, member_id, type_id, source_id, occurred_at, received_at)
  SELECT event_id, member_id, %s, %s, %s, %s FROM given
), told AS (
  INSERT INTO members_eventpayload (event_id, data) SELECT event_id, %s FROM given
), queued AS (
  INSERT INTO members_work (event_id, lane, available_at, attempts, run)
  SELECT event_id, lane, %s, 0, 0 FROM given WHERE lane IS NOT NULL
)
SELECT count(*) FROM given
"""


def write_alike(
    member_ids: Sequence[int], lanes: Sequence[int | None], *, type_id: int, source_id: int, at: Any, data: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, [list(member_ids), list(lanes), type_id, source_id, at, at, data, at])


def write_outcomes(rows: Sequence[tuple[Any, ...]]) -> list[int]:
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOMES, columns)
        return [row[0] for row in cursor.fetchall()]
