"""What a group of the Today page is. A group is registered by one entry in `config/today/groups.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.utils.functional import Promise

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

    `find(now)` returns at most FOUND_MAX + 1 of them, the most urgent first, in a fixed number of queries; what is
    done is not among them any more. Whoever holds `sees` is shown the group, whoever holds `acts` may take, assign,
    note and rest its items. `list_url` leads to the same list in the admin. `assign(ids, colleague)` is for things that
    keep their assignee themselves; the others' stands in their work item.
    """

    kind: str
    title: str | Promise
    icon: str
    sees: str
    acts: str
    find: Callable[[datetime], Sequence[Entry]]
    list_url: Callable[[], str]
    assign: Callable[[list[int], AbstractBaseUser | None], object] | None = None
