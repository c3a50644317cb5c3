"""A member's spaces and responsibilities, ready to show to the member."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from members.domain.roles.appointing import in_force_of
from members.domain.spaces.joining import spaces_of
from members.models import Appointment, Member, Space


@dataclass(frozen=True, slots=True)
class Place:
    """A space where a member is, or their place in its line (from 1), and as what they serve there."""

    space: Space
    place: int | None
    serves: tuple[Appointment, ...]


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where a member belongs, and what they are responsible for everywhere."""

    places: tuple[Place, ...]
    serves: tuple[Appointment, ...]


def belonging_of(member: Member, *, now: datetime) -> Belonging:
    """Two queries, and two more for each line that the member waits in."""
    held = list(in_force_of(member, now))
    places = tuple(
        Place(each.space, place, tuple(one for one in held if one.space_id == each.space_id))
        for each, place in spaces_of(member)
    )
    shown = {each.space.pk for each in places}
    return Belonging(places, tuple(one for one in held if one.space_id not in shown))
