"""One batch: load everything in a fixed number of queries, fold, write in a handful of statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import connection
from django.utils import timezone

from incentives.domain import ledger
from incentives.domain.engine import rulebook, writers
from incentives.domain.engine.facts import MemberFacts, load_members
from incentives.domain.engine.fold import RISING_TYPES, Decided, Fold, Waiting
from incentives.domain.engine.rulebook import RuleBook
from incentives.domain.engine.uses import UseBook
from incentives.domain.pump.failpoints import reach
from incentives.domain.rules.limits import Ceiling
from incentives.models import BadgeGrant
from members.domain import language
from members.domain.counters.book import Addition, CounterBook
from members.domain.counters.periods import local_day, period_of
from members.domain.events.schemas import BadData, DataSchema


def judge_lanes(*, lanes: Sequence[int], batch_size: int, now: datetime) -> int:
    """Judge the oldest due events of these lanes, post what they earned, and return how many there were.

    The caller holds the lanes' locks and the transaction; all of it commits together or not at all.
    """
    rows = read_work(lanes, batch_size=batch_size, now=now)
    if not rows:
        return 0
    rules = rulebook.current()
    members = load_members((row[1] for row in rows), rules)
    waiting = [_waiting(row, rules, members) for row in rows]
    fold = open_fold(waiting, rules)
    reach("batch.loaded")
    with language.exact():
        decided = [fold.judge(each) for each in waiting]
    reach("batch.folded")
    ledger.write(fold.ledger)
    reach("batch.posted")
    fold.counters.write()
    fold.uses.write()
    write_decisions(decided, rules, judged_at=fold.ledger.posted_at)
    delete_work([row[0] for row in rows])
    reach("batch.written")
    return len(rows)


def open_fold(waiting: Sequence[Waiting], rules: RuleBook) -> Fold:
    """Lock and load what the events may touch: accounts, then limits and counters, always in this order."""
    zone = timezone.get_default_timezone()
    programme_zone = UTC if str(zone) == "UTC" else zone
    in_force = {id(plan): plan for each in waiting for plan in [rules.at(each.book, each.occurred_at)]}.values()
    plans = [plan for each in in_force for plan in each.plans]
    effects = [effect for plan in plans for effect in plan.effects]
    currency_ids = {effect.currency_id for effect in effects if effect.currency_id}
    debts = {currency.pk: -currency.debt_limit for currency in rules.known.currencies.values()}
    member_ids = {each.member.id for each in waiting if rules.at(each.book, each.occurred_at).plans}
    rising = {each.member.id for each in waiting if each.book.code in RISING_TYPES}
    if rising:
        member_ids |= rising
        currency_ids |= {ladder.currency_id for ladder in rules.ladders}
    book = ledger.open_book(member_ids=member_ids, currency_ids=currency_ids, lower_bounds=debts)
    ceilings = {c.limit_id: c for plan in plans for c in plan.ceilings}.values()
    uses = UseBook()
    uses.load(member_ids, ceilings, _periods(ceilings, {each.day for each in waiting}))
    badge_ids = {effect.badge_id for effect in effects if effect.badge_id and not effect.is_repeatable}
    held = set()
    if badge_ids:
        found = BadgeGrant.objects.filter(member_id__in=member_ids, badge_id__in=badge_ids)
        held = set(found.values_list("member_id", "badge_id"))
    return Fold(rules, book, _open_counters(waiting, rules), uses, held, programme_zone)


def read_work(lanes: Sequence[int], *, batch_size: int, now: datetime) -> list[tuple[Any, ...]]:
    """The oldest due events of the lanes: (id, member, type, occurred at, data or None, run)."""
    one = len(lanes) == 1
    marks = "= %s" if one else f"IN ({', '.join(['%s'] * len(lanes))})"
    moment: Any = now if connection.vendor == "postgresql" else now.replace(tzinfo=None).isoformat(" ")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.event_id, e.member_id, e.type_id, e.occurred_at, p.data, w.run"
            " FROM members_work w JOIN members_event e ON e.id = w.event_id"
            " LEFT JOIN members_eventpayload p ON p.event_id = w.event_id"
            f" WHERE w.lane {marks} AND w.available_at <= %s ORDER BY w.event_id LIMIT %s",
            [*lanes, moment, batch_size],
        )
        return list(cursor.fetchall())


def delete_work(event_ids: list[int]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DELETE FROM members_work WHERE event_id = ANY(%s)", [event_ids])
        else:
            cursor.execute(
                "DELETE FROM members_work WHERE event_id IN (SELECT value FROM json_each(%s))",
                [msgspec.json.encode(event_ids).decode()],
            )


def _waiting(row: tuple[Any, ...], rules: RuleBook, members: dict[int, MemberFacts]) -> Waiting:
    event_id, member_id, type_id, occurred_at, data, run = row
    if occurred_at.tzinfo is None:
        # SQLite keeps UTC without saying so.
        occurred_at = occurred_at.replace(tzinfo=UTC)
    book, member = rules.types[type_id], members[member_id]
    day = local_day(occurred_at, member.zone)
    event = _decoded(book.schema, data)
    waiting = Waiting(event_id, member, book, occurred_at, event, run, day)
    if event is not None:
        for counter in book.moving:
            found = counter.reads(event)
            if found is not None:
                waiting.additions.append(Addition(counter, member.id, day, *found))
    return waiting


def _decoded(schema: DataSchema, data: str | None) -> Any:
    """The event's data, or None where a person's words were erased. Our own events without data have none to erase."""
    if data is None:
        if any(not spec.optional for spec in schema.fields.values()):
            return None
        data = "{}"
    try:
        return schema.decoder.decode(data)
    except msgspec.ValidationError as error:
        raise BadData(f"The stored data no longer fit {schema.type_code}: {error}", "") from error


def _open_counters(waiting: Sequence[Waiting], rules: RuleBook) -> CounterBook:
    book = CounterBook()
    book.know(rules.known.counters.values())
    for each in waiting:
        for addition in each.additions:
            book.want(addition.counter, addition.member_id, addition.day, addition.key)
        for _, counter in rules.at(each.book, each.occurred_at).counters:
            key = counter.key_of(each.event) if counter.has_key and each.event is not None else ""
            book.want(counter, each.member.id, each.day, key)
    book.load()
    return book


def _periods(ceilings: Iterable[Ceiling], days: set[int]) -> set[int]:
    every = {ceiling.every for ceiling in ceilings if not ceiling.is_shared_by_members}
    return {period_of(window, day) for window in every for day in days}


def write_decisions(decided: Sequence[Decided], rules: RuleBook, *, judged_at: datetime) -> None:
    """Write judgements, badges, standings and the events that the world should hear."""
    writers.write_judgements(decided, rules.revision, judged_at=judged_at)
    writers.write_badges(decided, judged_at=judged_at)
    writers.write_rises(decided, judged_at=judged_at)
    writers.write_outcomes(decided, rules, judged_at=judged_at)
