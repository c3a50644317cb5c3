"""Turns fresh contacts into connections, and keeps count of how many others each member knows. May run twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q

from members.domain.connections.deciding import GATHERING_MAX, Day, known
from members.domain.events.telling import tell_of
from members.domain.outcomes import CONNECTION_MADE, INTERNAL_SOURCE
from members.models import Acquaintance, Attendance, Connection, Contact, Source

FRESH_MAX = 2_000
Pair = tuple[int, int]


def advance_connections(*, now: datetime) -> int:
    """Look at every pair that had to do with each other since the last time; return how many know each other newly."""
    made = 0
    while True:
        with transaction.atomic():
            hold()
            fresh = list(
                # What is being judged right now comes the next time.
                Contact.objects.select_for_update(skip_locked=True).filter(is_fresh=True).order_by("pk")[:FRESH_MAX]
            )
            made += _connect({_pair(each.member_id, each.other_id) for each in fresh}, now)
            Contact.objects.filter(pk__in=[each.pk for each in fresh]).update(is_fresh=False)
        if len(fresh) < FRESH_MAX:
            return made


def recount(member_ids: Iterable[int]) -> None:
    """Write down how many others these members know; hidden connections count for neither."""
    wanted = sorted(set(member_ids))
    counts: dict[int, set[int]] = {member_id: set() for member_id in wanted}
    shown = Connection.objects.shown().filter(Q(low__in=wanted) | Q(high__in=wanted))
    for low, high in shown.values_list("low_id", "high_id"):
        for mine, other in ((low, high), (high, low)):
            if mine in counts:
                counts[mine].add(other)
    Acquaintance.objects.bulk_create(
        [Acquaintance(member_id=member_id, known=len(others)) for member_id, others in counts.items()],
        update_conflicts=True,
        unique_fields=["member"],
        update_fields=["known"],
    )


def hold() -> None:
    """Let one writer of connections in at a time, until its transaction ends: what one writes the next one counts.

    The row of our own source is nobody else's to lock. Judging goes on meanwhile: it only writes contacts.
    """
    Source.objects.select_for_update(no_key=True).get(code=INTERNAL_SOURCE)


def _pair(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)


def _connect(pairs: set[Pair], now: datetime) -> int:
    people = {member_id for pair in pairs for member_id in pair}
    off = set(Acquaintance.objects.filter(member_id__in=people, is_off=True).values_list("member_id", flat=True))
    pairs = {pair for pair in pairs if not off & set(pair)}
    if not pairs:
        return 0
    contacts, together = contacts_of(pairs), meetings_of(pairs)
    before = {
        (each.low_id, each.high_id): each
        for each in Connection.objects.filter(low__in={p[0] for p in pairs}, high__in={p[1] for p in pairs}, space="")
    }
    rows = []
    for pair in sorted(pairs):
        found = known(contacts[pair], together.get(pair, ()), is_known=pair in before)
        if found is not None:
            rows.append(
                Connection(
                    low_id=pair[0], high_id=pair[1], since=now, first_at=found.first_at, last_at=found.last_at,
                    days=found.days, is_mutual=found.is_mutual,
                )
            )  # fmt: skip
    Connection.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["low", "high", "space"],
        update_fields=["first_at", "last_at", "days", "is_mutual"],
    )  # fmt: skip
    newly = [(row.low_id, row.high_id) for row in rows if (row.low_id, row.high_id) not in before]
    if newly:
        recount(member_id for pair in newly for member_id in pair)
        _tell({(row.low_id, row.high_id): row.last_at for row in rows}, newly, now)
    return len(newly)


def _tell(met_at: Mapping[Pair, datetime], newly: Iterable[Pair], now: datetime) -> None:
    """Tell both that they have come to know somebody: at the contact that made it so, and not whom."""
    told = [(member_id, min(met_at[pair], now)) for pair in newly for member_id in pair]
    known = dict(Acquaintance.objects.filter(member_id__in={pk for pk, _ in told}).values_list("member_id", "known"))
    tell_of(CONNECTION_MADE, [(pk, {"known": known.get(pk, 0)}, moment) for pk, moment in told], now=now)


def contacts_of(pairs: set[Pair]) -> dict[Pair, list[Day]]:
    """Every day of contact of each pair, in both directions."""
    people = {member_id for pair in pairs for member_id in pair}
    found: dict[Pair, list[Day]] = defaultdict(list)
    rows = Contact.objects.filter(member_id__in=people, other_id__in=people)
    for row in rows.order_by("day").iterator():
        pair = _pair(row.member_id, row.other_id)
        if pair in pairs:
            found[pair].append(Day(row.day, row.member_id == pair[0], row.first_at, row.last_at))
    return found


def meetings_of(pairs: set[Pair]) -> dict[Pair, list[datetime]]:
    """When each pair was at something together that was small enough to meet at; the later of the two counts."""
    people = {member_id for pair in pairs for member_id in pair}
    at: dict[tuple[int, str], dict[int, datetime]] = defaultdict(dict)
    rows = Attendance.objects.filter(member_id__in=people)
    for member_id, type_id, gathering, moment in rows.values_list("member_id", "type_id", "gathering", "occurred_at"):
        at[type_id, gathering][member_id] = moment
    shared = {key: there for key, there in at.items() if len(there) > 1}
    sizes = Attendance.objects.filter(gathering__in={gathering for _, gathering in shared})
    small = {
        (row["type_id"], row["gathering"])
        for row in sizes.values("type_id", "gathering").annotate(n=Count("pk")).filter(n__lte=GATHERING_MAX)
    }
    found: dict[Pair, list[datetime]] = defaultdict(list)
    for key in shared.keys() & small:
        there = sorted(shared[key].items())
        for place, (one, first) in enumerate(there):
            for other, second in there[place + 1 :]:
                if (one, other) in pairs:
                    found[one, other].append(max(first, second))
    return found


def count_of(member_id: int) -> int:
    """How many others a member knows."""
    return Acquaintance.objects.filter(member_id=member_id).values_list("known", flat=True).first() or 0


def mark_hidden(*, member_id: int, other_id: int) -> bool:
    """Hide a connection for good; False if there is none. It counts for neither any more."""
    low, high = _pair(member_id, other_id)
    column = "hidden_by_low" if member_id == low else "hidden_by_high"
    with transaction.atomic():
        hold()
        if not Connection.objects.filter(low_id=low, high_id=high).update(**{column: True}):
            return False
        recount([low, high])
    return True


def switch(*, member_id: int, is_off: bool) -> None:
    """Stop keeping a member's connections, and forget those there are; or begin anew."""
    with transaction.atomic():
        hold()
        Acquaintance.objects.get_or_create(member_id=member_id)
        if is_off:
            found = Connection.objects.of(member_id).values_list("low_id", "high_id")
            others = {high if low == member_id else low for low, high in found}
            Connection.objects.of(member_id).delete()
            Contact.objects.filter(Q(member_id=member_id) | Q(other_id=member_id)).delete()
            Attendance.objects.filter(member_id=member_id).delete()
            recount({member_id, *others})
        Acquaintance.objects.filter(member_id=member_id).update(is_off=is_off)
