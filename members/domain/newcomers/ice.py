"""Who said hello and who broke the ice.

Definition: said hello, own introduction, post, reply or game turn; broke the ice, that and a member who is neither of
the house nor the inviter answered or played the same round; both within 24 hours of joining (hours, not local days).
A greeter counts, of the house or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db.models import Q

from members.models import Contact, Event, EventPayload, EventType, GameTurn, Greeting, Member

WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody who has joined, and who brought them."""

    member_id: int
    joined_at: datetime
    inviter_id: int | None = None

    def in_time(self, moment: datetime) -> bool:
        return self.joined_at <= moment < self.joined_at + WITHIN


def hellos(people: Sequence[Arrived]) -> dict[int, datetime]:
    """When each first spoke in their first 24 hours; whoever did not is not there. One query for all."""
    by_id = {each.member_id: each for each in people}
    events = Event.objects.filter(
        member_id__in=by_id, type_id__in=EventType.objects.ids_taking_part(), **_range(people)
    )
    found: dict[int, datetime] = {}
    for member_id, moment in events.values_list("member_id", "occurred_at"):
        if by_id[member_id].in_time(moment):
            found[member_id] = min(moment, found.get(member_id, moment))
    return found


def answers(people: Sequence[Arrived]) -> dict[int, datetime]:
    """When somebody who counts first answered each, or played a round with them; a few queries for all."""
    greetings = Greeting.objects.filter(newcomer_id__in=[each.member_id for each in people])
    greeters = dict(greetings.values_list("newcomer_id", "greeter__member_id"))
    by_id = {each.member_id: each for each in people}
    found: dict[int, datetime] = {}
    for member_id, other_id, moment in (
        *_spoken_to(people),
        *_played_with(people, greeters),
        *greeted(by_id, greeters),
    ):
        person = by_id[member_id]
        counts = other_id == greeters.get(member_id) or other_id != person.inviter_id
        if counts and person.in_time(moment):
            found[member_id] = min(moment, found.get(member_id, moment))
    return found


def _range(people: Sequence[Arrived]) -> dict[str, datetime]:
    return {
        "occurred_at__gte": min(each.joined_at for each in people),
        "occurred_at__lt": max(each.joined_at for each in people) + WITHIN,
    }


# A newcomer, who answered them, and when.
Answer = tuple[int, int, datetime]


def _spoken_to(people: Sequence[Arrived]) -> Iterable[Answer]:
    """What others said to them, from the contacts that are kept: house accounts leave none."""
    rows = Contact.objects.filter(other_id__in=[each.member_id for each in people])
    for member_id, other_id, first, last in rows.values_list("other_id", "member_id", "first_at", "last_at"):
        yield member_id, other_id, first
        yield member_id, other_id, last


def _played_with(people: Sequence[Arrived], greeters: Mapping[int, int]) -> Iterable[Answer]:
    """Who took a turn in the same round; together they were there when the later of the two was."""
    mine: dict[int, dict[int, datetime]] = defaultdict(dict)
    ids = {each.member_id for each in people}
    for round_id, member_id, moment in _turns(Q(member_id__in=ids)):
        mine[round_id].setdefault(member_id, moment)
    house = set(Member.objects.filter(is_house=True).values_list("pk", flat=True)) if mine else set()
    for round_id, other_id, moment in _turns(Q(round_id__in=list(mine))):
        for member_id, own in mine[round_id].items():
            is_theirs = greeters.get(member_id) == other_id
            if member_id != other_id and (is_theirs or other_id not in house):
                yield member_id, other_id, max(own, moment)


def _turns(which: Q) -> Iterable[tuple[int, int, datetime]]:
    return GameTurn.objects.filter(which).order_by("taken_at").values_list("round_id", "member_id", "taken_at")


def greeted(by_id: Mapping[int, Arrived], greeters: Mapping[int, int]) -> Iterable[Answer]:
    """What greeters said to the newcomers who were given to them, also where no contact is kept of it."""
    if not greeters:
        return
    people = [by_id[member_id] for member_id in greeters]
    refs = dict(Member.objects.filter(pk__in=greeters).values_list("ref", "pk"))
    fields = dict(
        EventType.objects.filter(is_conversation=True).exclude(counterpart="").values_list("pk", "counterpart")
    )
    spoken = EventPayload.objects.filter(
        event__member_id__in=set(greeters.values()), event__type_id__in=fields,
        **{f"event__{name}": value for name, value in _range(people).items()},
    )  # fmt: skip
    for type_id, greeter_id, moment, data in spoken.values_list(
        "event__type_id", "event__member_id", "event__occurred_at", "data"
    ):
        member_id = refs.get(msgspec.json.decode(data).get(fields[type_id]))
        if member_id is not None and greeters[member_id] == greeter_id:
            yield member_id, greeter_id, moment
