"""One process of the benchmark: prepares, pumps, records, or does it the naive way. Talks over its standard streams."""

from __future__ import annotations

import json
import os
import pickle
import random
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from tests.bench import privileges, programme  # noqa: E402


def migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def prepare(members: int, events: int, hot: float, budget: bool, rules: int = programme.RULES) -> None:
    """Publish the rules, make the members and let the events wait."""
    from incentives.domain import publishing
    from incentives.domain.revisions import revise
    from incentives.models import Currency, Rule, RuleInterval, RuleVersion
    from members.models import Counter, EventType, Member, Source

    now = timezone.now()
    Currency.objects.create(code="points")
    Source.objects.create(code="bench")
    for number in range(programme.TYPES):
        kind = EventType.objects.create(code=programme.type_code(number), schema=programme.FIELDS)
        Counter.objects.create(code=f"count{number}", event_type=kind, kind="count", window="day")
    for type_number in range(programme.TYPES):
        for rule_number in range(rules // programme.TYPES):
            document = programme.document(type_number, rule_number, budget=budget)
            if rule_number == 0:
                assert publishing.check_document(document).rule is not None, publishing.check_document(document).errors
            rule = Rule.objects.create(code=document["code"])
            version = RuleVersion.objects.create(
                rule=rule, number=1, state="live", event_type=document["when"], document=document, published_at=now
            )
            RuleInterval.objects.create(version=version, in_force_from=now.replace(year=2020))
    revise("bench")
    Member.objects.bulk_create([Member(ref=f"m{n}", is_verified=n % 3 != 0) for n in range(members)], batch_size=2000)
    report(events, members, hot)


def report(events: int, members: int, hot: float, seed: int = 1, first: int = 0) -> None:
    from members.domain.events.intake import record_events

    rng = random.Random(seed)
    for start in range(first, first + events, 1000):
        count = min(1000, first + events - start)
        items = [json.dumps(programme.item(start + n, rng, members, hot)).encode() for n in range(count)]
        receipt = record_events(items=items, allowed_sources=None, now=timezone.now())
        assert all(result.verdict == "accepted" for result in receipt.results)


def pump() -> None:
    """Wait for the word, then drain; print how many events and seconds."""
    from incentives.domain.pump import loop
    from incentives.domain.pump.warming import warm_up

    warm_up()
    say({"ready": True})
    sys.stdin.readline()
    started = time.perf_counter()
    done = loop.drain(seconds_max=600)
    say(
        {
            "events": done.events,
            "batches": done.batches,
            "failures": done.failures,
            "seconds": time.perf_counter() - started,
        }
    )


def record(path: str, batch_size: int) -> None:
    """Drain alone and keep every statement that writes, batch by batch: what the floor will write again."""
    from incentives.domain.engine import batches
    from incentives.domain.pump import loop

    kept: list[list[tuple[str, Any, bool]]] = []

    def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        words = sql.lstrip()[:6].upper()
        is_write = words in ("INSERT", "UPDATE", "DELETE") or (words.startswith("WITH") and "INSERT" in sql)
        if is_write and "members_lane" not in sql:
            kept[-1].append((sql, list(params) if many else params, many))
        return execute(sql, params, many, context)

    judge = batches.judge_lanes

    def judged(**options: Any) -> int:
        kept.append([])
        with connection.execute_wrapper(keep):
            return judge(**options)

    loop.batches.judge_lanes = judged  # type: ignore[assignment]
    loop.SQLITE_BATCH_SECONDS = 10.0
    done = loop.drain(batch_size_max=batch_size, seconds_max=600)
    Path(path).write_bytes(pickle.dumps([batch for batch in kept if batch]))
    say({"events": done.events})


def evaluate(rounds: int) -> None:
    """Rule evaluation alone: compiled against hand-written, interleaved; microseconds an event."""
    from types import SimpleNamespace

    from incentives.domain.engine import rulebook
    from members.domain.language import exact

    book = rulebook.current()
    now = timezone.now()
    rng = random.Random(3)
    member = SimpleNamespace(verified=True)
    byhand = programme.by_hand()
    cases = []
    for n in range(2000):
        made = programme.item(n, rng, 100)
        type_book = book.by_code[made["type"]]
        event = type_book.schema.decoder.decode(json.dumps(made["data"]))
        compiled = book.at(type_book, now).compiled
        cases.append((compiled.judge, byhand[int(made["type"].removeprefix("bench.type"))], event, compiled))
    for ours, theirs, event, compiled in cases:
        mine = sorted((compiled.rules[m[0]].document.code, m[1]) for m in ours(event, member, [], now, None))
        hand = sorted(
            (f"t{compiled.rules[0].document.when.removeprefix('bench.type')}-r{m[0]}", int(m[1]))
            for m in theirs(event, member, [], now, None)
        )
        assert mine == hand, (mine, hand)
    times: dict[str, list[float]] = {"ours": [], "hand": []}
    for _ in range(rounds):
        for name, place in (("hand", 1), ("ours", 0)):
            with exact():
                started = time.perf_counter()
                for case in cases:
                    case[place](case[2], member, [], now, None)
                times[name].append((time.perf_counter() - started) / len(cases) * 1e6)
    say(times)


def bulk_ledger(rows: int, members: int) -> None:
    """Fill the books with so many entries, consistent to the last guard, faster than posting them."""
    from incentives.domain.ledger import guards

    each = rows // members
    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("incentives_entry", "incentives_account", "incentives_journal", "incentives_lot"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(
            "INSERT INTO incentives_account (member_id, currency_id, bucket, balance, sequence, lower_bound, posted_at)"
            " SELECT m.id, c.id, 1, 5 * %s, %s, 0, now() FROM members_member m, incentives_currency c",
            [each, each],
        )
        cursor.execute(
            "INSERT INTO incentives_lot (account_id, pool, expires_at, is_debt, granted, remaining)"
            " SELECT id, '', '9000-01-01T00:00Z', false, balance, balance FROM incentives_account"
        )
        cursor.execute(
            "INSERT INTO incentives_journal (member_id, currency_id, key, kind, effective_at, rule_code, run, actor)"
            " SELECT a.member_id, a.currency_id, sha256(convert_to(a.id || '/' || n, 'UTF8')), 1, now(), 'old', 0, ''"
            " FROM incentives_account a, generate_series(1, %s) n ORDER BY n, a.id",
            [each],
        )
        cursor.execute(
            "INSERT INTO incentives_entry (journal_id, member_id, account_id, contra, lot_id, amount, sequence,"
            " balance_after, posted_at) SELECT j.id, j.member_id, a.id, 1, l.id, 5, j.n, 5 * j.n, now()"
            " FROM (SELECT *, row_number() OVER (PARTITION BY member_id ORDER BY id) AS n FROM incentives_journal) j"
            " JOIN incentives_account a ON a.member_id = j.member_id JOIN incentives_lot l ON l.account_id = a.id"
        )
        for table in ("incentives_entry", "incentives_account", "incentives_journal", "incentives_lot"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    guards.install()
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def check() -> None:
    """Prove the books after a run, so that nothing fast is wrong."""
    from incentives.domain.ledger.verify import verify

    say({"wrong": [proof.sentence for proof in verify() if not proof.holds]})


def api_key() -> None:
    from members.enums import Scope
    from members.models import ApiKey, Source

    made, text = ApiKey.objects.create_key(name="bench", scopes=[str(scope) for scope in Scope])
    ApiKey.objects.get(pk=made.pk).sources.set(Source.objects.filter(code="bench"))
    say({"key": text})


def prepare_privileges(members: int) -> None:
    privileges.prepare(members)


def prepare_registering(members: int) -> None:
    from tests.bench import registering

    registering.prepare(members)


def register(rounds: int, each: int) -> None:
    from tests.bench import registering

    say(registering.measure(rounds, each))


def say(found: dict[str, Any]) -> None:
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    act, *words = sys.argv[1:]
    values = [json.loads(word) if word[:1] in "0123456789tf-" else word for word in words]
    globals()[act](*values)
