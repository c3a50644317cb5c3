"""One batch: load everything in a fixed number of queries, fold, write in a handful of statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import connection
from django.utils import timezone

from incentives.domain import ledger
from incentives.domain.engine import alarms, rulebook, writers
from incentives.domain.engine.cases import Decided, Waiting, decoded
from incentives.domain.engine.facts import MemberFacts, load_members
from incentives.domain.engine.fold import Fold
from incentives.domain.engine.paying import Paying
from incentives.domain.engine.questing import Questing
from incentives.domain.engine.reach import Reach
from incentives.domain.engine.rising import Rising
from incentives.domain.engine.rulebook import RuleBook
from incentives.domain.engine.uses import UseBook
from incentives.domain.engine.waits import PendingBook
from incentives.domain.ledger.book import AVAILABLE, PENDING
from incentives.domain.pump.failpoints import reach
from incentives.domain.rules.limits import Ceiling
from incentives.models import BadgeGrant
from members.domain import language
from members.domain.connections import contacts
from members.domain.connections.contacts import Attended, Spoke
from members.domain.contents import recording
from members.domain.contents.recording import Said
from members.domain.counters.book import Addition, CounterBook
from members.domain.counters.periods import local_day, period_of
from members.models import Member, Space


def judge_lanes(*, lanes: Sequence[int], batch_size: int, now: datetime) -> int:
    """Judge the oldest due events of these lanes, post what they earned, and return how many there were.

    The caller holds the lanes' locks and the transaction; all of it commits together or not at all.
    """
    rows = read_work(lanes, batch_size=batch_size, now=now)
    if not rows:
        return 0
    rules = rulebook.current()
    members = load_members((row[1] for row in rows), rules)
    spaces = _spaces(rows)
    waiting = [_waiting(row, rules, members, spaces) for row in rows]
    fold = open_fold(waiting, rules)
    reach("batch.loaded")
    with language.exact():
        decided = [fold.judge(each) for each in waiting]
    reach("batch.folded")
    ledger.write(fold.ledger)
    reach("batch.posted")
    fold.counters.write()
    fold.paying.uses.write()
    alarms.ring(fold.paying.uses, now=fold.ledger.posted_at)
    fold.paying.pending.write(fold.ledger.posted_at)
    if fold.quests is not None:
        fold.quests.write()
    record_contacts(waiting)
    record_contents(waiting)
    write_decisions(decided, rules, judged_at=fold.ledger.posted_at)
    delete_work([row[0] for row in rows])
    reach("batch.written")
    return len(rows)


def open_fold(waiting: Sequence[Waiting], rules: RuleBook) -> Fold:
    """Lock and load what the events may touch: accounts, then limits and counters, always in this order."""
    zone = timezone.get_default_timezone()
    programme_zone = UTC if str(zone) == "UTC" else zone
    reach_of = Reach.of(waiting, rules)
    debts = {currency.pk: -currency.debt_limit for currency in rules.known.currencies.values()}
    book = ledger.open_book(
        member_ids=reach_of.member_ids,
        currency_ids=reach_of.currency_ids,
        buckets=(AVAILABLE, PENDING) if reach_of.is_pending else (AVAILABLE,),
        lower_bounds=debts,
    )
    uses = UseBook()
    uses.load(reach_of.member_ids, reach_of.ceilings, _periods(reach_of.ceilings, {each.day for each in waiting}))
    pending = PendingBook()
    pending.load(reach_of.member_ids, reach_of.awaited_ids)
    held = set()
    if reach_of.badge_ids:
        found = BadgeGrant.objects.filter(member_id__in=reach_of.member_ids, badge_id__in=reach_of.badge_ids)
        held = set(found.values_list("member_id", "badge_id"))
    refs = reach_of.refs
    recipients = Member.objects.ids_by_ref(refs) if refs else {}
    paying = Paying(rules, book, uses, pending, held, recipients, programme_zone)
    counters = _open_counters(waiting, rules)
    rising = Rising(rules.ladders, book, counters)
    rising.load({each.member.id: each.member for each in waiting}.values(), book.posted_at)
    return Fold(rules, book, counters, paying, rising, Questing.of(waiting, rules))


def record_contacts(waiting: Sequence[Waiting]) -> None:
    """Keep who spoke to whom, and who was where together; who knows whom is worked out from it later."""
    spoke, attended = [], []
    for each in waiting:
        if each.event is None:
            continue
        other = getattr(each.event, each.book.speaks_to) if each.book.speaks_to else None
        if other:
            spoke.append(Spoke(each.member.id, other, each.occurred_at))
        gathering = getattr(each.event, each.book.gathers_at) if each.book.gathers_at else None
        if gathering:
            attended.append(Attended(each.member.id, each.book.id, gathering, each.occurred_at))
    contacts.record(spoke, attended)


def record_contents(waiting: Sequence[Waiting]) -> None:
    """Register what these events say of contents; nothing is asked of the database where none does."""
    recording.record(
        [
            Said(
                each.id, each.member.id, each.book.says.step, *each.book.says.read(each.event), at=each.occurred_at
            )
            for each in waiting
            if each.book.says is not None and each.event is not None
        ]
    )  # fmt: skip


def read_work(lanes: Sequence[int], *, batch_size: int, now: datetime) -> list[tuple[Any, ...]]:
    """The oldest due events of the lanes: (id, member, type, occurred at, data or None, run, space or
    None)."""
    one = len(lanes) == 1
    marks = "= %s" if one else f"IN ({', '.join(['%s'] * len(lanes))})"
    moment: Any = now if connection.vendor == "postgresql" else now.replace(tzinfo=None).isoformat(" ")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.event_id, e.member_id, e.type_id, e.occurred_at, p.data, w.run, e.space_id"
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


def _spaces(rows: Sequence[tuple[Any, ...]]) -> dict[int | None, str]:
    """The refs of the spaces where these events happened; nothing is asked where none says so."""
    ids = {row[6] for row in rows if row[6] is not None}
    return dict(Space.objects.filter(pk__in=ids).values_list("pk", "ref")) if ids else {}


def _waiting(
    row: tuple[Any, ...], rules: RuleBook, members: dict[int, MemberFacts], spaces: Mapping[int | None, str]
) -> Waiting:
    event_id, member_id, type_id, occurred_at, data, run, space_id = row
    if occurred_at.tzinfo is None:
        # SQLite keeps UTC without saying so.
        occurred_at = occurred_at.replace(tzinfo=UTC)
    book, member = rules.types[type_id], members[member_id]
    day = local_day(occurred_at, member.zone)
    event = decoded(book.schema, data)
    in_force = rules.at(book, occurred_at)
    waiting = Waiting(event_id, member, book, in_force, occurred_at, event, run, day, key_id=event_id)
    waiting.space = spaces.get(space_id, "")
    # Another run counts nothing again: the first one did.
    if event is not None and run == 0:
        for counter in book.moving:
            found = counter.reads(event)
            if found is not None:
                waiting.additions.append(Addition(counter, member.id, day, *found))
    return waiting


def _open_counters(waiting: Sequence[Waiting], rules: RuleBook) -> CounterBook:
    book = CounterBook()
    book.know(rules.known.counters.values())
    for each in waiting:
        for addition in each.additions:
            book.want(addition.counter, addition.member_id, addition.day, addition.key)
        for _, counter in each.in_force.counters:
            key = counter.key_of(each.event) if counter.has_key and each.event is not None else ""
            book.want(counter, each.member.id, each.day, key)
        for ladder in rules.ladders:
            for counter in ladder.counters:
                book.want(counter, each.member.id, each.day, "")
    book.load()
    return book


def _periods(ceilings: Iterable[Ceiling], days: set[int]) -> set[int]:
    every = {ceiling.every for ceiling in ceilings if not ceiling.is_shared_by_members}
    return {period_of(window, day) for window in every for day in days}


def write_decisions(decided: Sequence[Decided], rules: RuleBook, *, judged_at: datetime) -> None:
    """Write judgements, badges, privileges, standings and the events that the world should hear."""
    writers.write_judgements(decided, rules.revision, judged_at=judged_at)
    writers.write_badges(decided, judged_at=judged_at)
    writers.write_grants(decided)
    writers.write_rises(decided, judged_at=judged_at)
    writers.write_outcomes(decided, rules, judged_at=judged_at)
