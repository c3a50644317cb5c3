import random
import sqlite3

from django.db import connection

from incentives.domain.pump import claims, loop
from incentives.domain.pump.claims import Waiting


def test_a_batch_on_sqlite_is_as_long_as_others_can_bear(committed_db: str) -> None:
    pace = loop.Pace(1_000)
    if connection.vendor == "postgresql":
        pace.learn(60.0, 1_000)
        assert pace.size == 1_000, "nobody waits for a batch on PostgreSQL"
        return
    pace.learn(0.1, 300)
    assert pace.size == 600, "nobody else writes, and it was quick: twice as much"
    pace.learn(0.3, 600)
    assert pace.size == 500, "a quarter of a second"
    _write_as_somebody_else()
    pace.learn(0.2, 500)
    assert pace.size == 250, "somebody waited; at most cut to half at once"
    _write_as_somebody_else()
    pace.learn(0.2, 250)
    assert pace.size == 125
    pace.learn(0.01, 60)
    assert pace.size == 125, "a batch that was not full says nothing"
    pace.learn(100.0, 125)
    pace.learn(100.0, 62)
    pace.learn(100.0, 31)
    assert pace.size == loop.SQLITE_BATCH_SIZE_MIN


def test_lanes_are_grouped_until_a_batch_is_worth_it() -> None:
    waiting = [Waiting(lane, 60, None) for lane in range(10)] + [Waiting(10, 200, 7)]
    groups = claims.plan_batches(waiting, worthwhile=200, shuffle=random.Random(1))
    assert sorted(len(group) for group in groups) == [1, 2, 4, 4]
    assert (10,) in groups, "a lane that was cut goes alone"
    assert sorted(lane for group in groups for lane in group) == list(range(11))


def _write_as_somebody_else() -> None:
    other = sqlite3.connect(str(connection.settings_dict["NAME"]))
    with other:
        other.execute("CREATE TABLE somebody_else (number integer)")
        other.execute("DROP TABLE somebody_else")
    other.close()
