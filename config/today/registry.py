"""What a group of the Today page is. A group is registered by one entry in `config/today/groups.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q
from django.utils.functional import Promise

from members.domain.spaces.bounds import Spaces, through

# Nobody does more in a day; the list behind the group's heading has the rest.
FOUND_MAX = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that waits: what it is in a few words, where it is done, and until when where it says so itself."""

    object_id: int
    title: str
    url: str
    detail: str = ""
    due_at: datetime | None = None
    member_id: int | None = None
    # For groups whose things know their assignee themselves.
    assignee_id: int | None = None


@dataclass(frozen=True)
class Group:
    """Things of one kind that wait.

    `find(now, only)` returns at most FOUND_MAX + 1 of those that `only` lets through, the most urgent first, in a fixed
    number of queries; what is done is not among them any more. Whoever holds `sees` is shown the group, whoever holds
    `acts` may take, assign, note and rest its items. `list_url` leads to the same list in the admin.
    `assign(ids, colleague)` is for things that keep their assignee themselves; the others' stands in their work item.
    """

    kind: str
    title: str | Promise
    icon: str
    sees: str
    acts: str
    find: Callable[[datetime, Q], Sequence[Entry]]
    list_url: Callable[[], str]
    assign: Callable[[list[int], AbstractBaseUser | None], object] | None = None
    # How a thing leads to the member, or to the space, whose operators see it; without, bound ones see none.
    member: str = ""
    space: str = ""

    def found(self, now: datetime, spaces: Spaces | None) -> Sequence[Entry]:
        """What waits in these spaces; anywhere, where there are none to be bound to."""
        if spaces is not None and not (self.member or self.space):
            return []
        return self.find(now, through(spaces, member=self.member, space=self.space))
