"""Forgets that a member was at something where they were not: whom they only met there they do not know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from members.domain.connections.deciding import known
from members.domain.connections.knowing import contacts_of, hold, meetings_of, recount
from members.domain.outcomes import CONNECTION_MADE
from members.models import Attendance, Connection, Event, EventType


@dataclass(frozen=True, slots=True)
class Meeting:
    """That a member was said to be at something: which type of event said so, and what it was, as attendance has it."""

    member_id: int
    type_code: str
    gathering: str

    @property
    def there(self) -> QuerySet[Attendance]:
        """Whoever was there."""
        kind = EventType.objects.get(code=self.type_code)
        return Attendance.objects.filter(type_id=kind.pk, gathering=self.gathering)


def told_since(meeting: Meeting) -> list[int]:
    """The events that `was_not_there` may name: whoever withdraws them holds their lanes before."""
    return [event.pk for event in _told(_made_since(meeting))]


def was_not_there(meeting: Meeting) -> list[int]:
    """Forget that they were there, and connections that nothing else supports; return the events that told of these.

    Runs inside the caller's transaction. What one of the two has hidden stays hidden, for good.
    """
    hold()
    made = _made_since(meeting)
    meeting.there.filter(member_id=meeting.member_id).delete()
    contacts, meetings = contacts_of(set(map(_pair, made))), meetings_of(set(map(_pair, made)))
    gone = [each for each in made if known(contacts[_pair(each)], meetings.get(_pair(each), ())) is None]
    events = _told(gone)
    told = [pk for each in gone for pk in _of_both(each, events)]
    Connection.objects.filter(pk__in=[each.pk for each in gone]).delete()
    recount(member for each in gone for member in _pair(each))
    return told


def _made_since(meeting: Meeting) -> list[Connection]:
    """Whom the member has come to know since, of those who were there."""
    mine = meeting.there.filter(member_id=meeting.member_id).first()
    if mine is None:
        return []
    others = meeting.there.exclude(member_id=meeting.member_id).values("member_id")
    found = (
        Connection.objects.of(meeting.member_id).shown().filter(Q(low_id__in=others) | Q(high_id__in=others), space="")
    )
    return list(found.filter(since__gte=mine.occurred_at).order_by("pk"))


def _pair(connection: Connection) -> tuple[int, int]:
    return connection.low_id, connection.high_id


def _told(made: Iterable[Connection]) -> list[Event]:
    """By which these members heard of somebody when these connections were made."""
    people, moments = {pk for each in made for pk in _pair(each)}, {each.since for each in made}
    found = Event.objects.filter(member_id__in=people, received_at__in=moments, type__code=CONNECTION_MADE)
    return list(found.order_by("pk"))


def _of_both(connection: Connection, events: Iterable[Event]) -> list[int]:
    """Both heard of it at the moment of one contact, which the event does not name."""
    low, high = (
        {each.occurred_at: each.pk for each in events if (each.member_id, each.received_at) == (pk, connection.since)}
        for pk in _pair(connection)
    )
    at = min(low.keys() & high.keys(), default=None)
    return [] if at is None else [low[at], high[at]]
