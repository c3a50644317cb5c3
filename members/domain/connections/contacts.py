"""Keeps who spoke to whom on which day, and who was where together, as a batch of events is judged.

A row belongs to the speaker, so only the speaker's lane writes it, and an event counts once as everything in its batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from members.domain.counters.periods import local_day
from members.models import Attendance, Contact, Member

GATHERING_LENGTH_MAX = 128


@dataclass(frozen=True, slots=True)
class Spoke:
    """A member spoke to another, who is known by ref."""

    member_id: int
    ref: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Attended:
    """A member was at something that others may have been at too."""

    member_id: int
    type_id: int
    gathering: str
    at: datetime


def record(spoke: Sequence[Spoke], attended: Sequence[Attended]) -> None:
    """Keep what a batch tells, in its transaction: a handful of statements, or none where it tells nothing.

    House accounts and whoever has switched connections off leave no trace.
    """
    if not spoke and not attended:
        return
    ids, by_ref = _people(spoke, attended)
    met = [(each.member_id, by_ref[each.ref], each.at) for each in spoke if each.ref in by_ref]
    _keep_contacts([each for each in met if each[0] in ids and each[0] != each[1]])
    Attendance.objects.bulk_create(
        [
            Attendance(
                member_id=each.member_id, type_id=each.type_id, gathering=each.gathering[:GATHERING_LENGTH_MAX],
                occurred_at=each.at,
            )
            for each in attended
            if each.member_id in ids
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _people(spoke: Iterable[Spoke], attended: Iterable[Attended]) -> tuple[set[int], dict[str, int]]:
    """Who of all these counts: their numbers, and the same by ref."""
    numbers = {each.member_id for each in spoke} | {each.member_id for each in attended}
    refs = {each.ref for each in spoke}
    found = Member.objects.filter(Q(pk__in=numbers) | Q(ref__in=refs), is_house=False)
    rows = found.values_list("pk", "ref", "acquaintance__is_off")
    counting = [(pk, ref) for pk, ref, is_off in rows if not is_off]
    return {pk for pk, _ in counting}, {ref: pk for pk, ref in counting}


def _keep_contacts(met: Sequence[tuple[int, int, datetime]]) -> None:
    zone = timezone.get_default_timezone()
    days: dict[tuple[int, int, int], tuple[datetime, datetime]] = {}
    for member_id, other_id, at in met:
        key = (member_id, other_id, local_day(at, zone))
        first, last = days.get(key, (at, at))
        days[key] = (min(first, at), max(last, at))
    if not days:
        return
    known = Contact.objects.filter(
        member_id__in={key[0] for key in days}, other_id__in={key[1] for key in days}, day__in={key[2] for key in days}
    )
    for member_id, other_id, day, first, last in known.values_list(
        "member_id", "other_id", "day", "first_at", "last_at"
    ):
        if (member_id, other_id, day) in days:
            mine = days[member_id, other_id, day]
            days[member_id, other_id, day] = (min(mine[0], first), max(mine[1], last))
    Contact.objects.bulk_create(
        [
            Contact(member_id=key[0], other_id=key[1], day=key[2], first_at=first, last_at=last)
            for key, (first, last) in sorted(days.items())
        ],
        update_conflicts=True,
        unique_fields=["member_id", "other_id", "space", "day"],
        update_fields=["first_at", "last_at", "is_fresh"],
    )
