"""Events that were judged before, so that quests may look at them again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from incentives.domain.engine.cases import decoded
from incentives.domain.engine.rulebook import RuleBook
from incentives.domain.quests.progress import Happened
from members.domain.sql import among, aware, moment, rows_of


@dataclass(frozen=True, slots=True)
class Past:
    """An event that was judged before."""

    id: int
    happened: Happened


def read_past(
    rules: RuleBook, since: Mapping[int, datetime], types: Iterable[int], *, batch: Collection[int] = ()
) -> dict[int, list[Past]]:
    """The events of these types, by member, from a moment of each member on, in the order in which they happened.

    What still waits is left out unless it is of the `batch` that is judged now, and so is what was retracted.
    """
    found: dict[int, list[Past]] = {}
    members, member_ids = among("e.member_id", sorted(since))
    kinds, type_ids = among("e.type_id", sorted(types))
    rows = rows_of(
        "SELECT e.id, e.member_id, e.type_id, e.occurred_at, p.data, w.event_id FROM members_event e"
        " LEFT JOIN members_eventpayload p ON p.event_id = e.id LEFT JOIN members_work w ON w.event_id = e.id"
        f" WHERE {members} AND {kinds} AND e.occurred_at >= %s"
        # What could not be judged has not counted anywhere yet, and what did not happen counts no more.
        " AND NOT EXISTS (SELECT 1 FROM members_deadletter d WHERE d.event_id = e.id AND d.state = 'waiting')"
        " AND NOT EXISTS (SELECT 1 FROM members_retraction r WHERE r.event_id = e.id)"
        " ORDER BY e.occurred_at, e.id",
        [*member_ids, *type_ids, moment(min(since.values()))],
    )
    for event_id, member_id, type_id, occurred_at, data, waits in rows:
        event = decoded(rules.types[type_id].schema, data)
        if event is None or (waits is not None and event_id not in batch):
            continue
        happened = Happened(type_id, event, _sure(occurred_at))
        found.setdefault(member_id, []).append(Past(event_id, happened))
    return found


def _sure(value: datetime) -> datetime:
    found = aware(value)
    assert found is not None, "the column is never empty"
    return found
