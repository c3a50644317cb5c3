"""Gathers the Today page for one operator: a fixed number of queries, however much waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone

from config.today.groups import GROUPS
from config.today.registry import FOUND_MAX, Entry, Group
from members.domain import work_items
from members.domain.spaces.bounds import spaces_seen_by
from members.models import WorkItem

SHOWN_MAX = 6
MINE = "mine"


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with what the team has said about it."""

    entry: Entry
    item: WorkItem | None
    assignee_id: int | None
    assignee: str
    due_at: datetime | None
    is_late: bool
    is_mine: bool

    @property
    def note(self) -> str:
        return self.item.note if self.item is not None else ""


@dataclass(frozen=True, slots=True)
class Part:
    """A group as it is shown: the first of its lines, how many there are, and how many of them rest."""

    group: Group
    lines: list[Line]
    count: int
    is_more: bool
    resting: int
    late: int
    may_act: bool

    @property
    def hidden(self) -> int:
        return self.count - len(self.lines)


@dataclass(frozen=True, slots=True)
class Today:
    """The page: its groups, colleagues to give something to, and what is the operator's own."""

    now: datetime
    parts: list[Part]
    colleagues: list[Any]
    is_mine: bool
    mine: int
    late: int
    may_hand_over_others: bool


def today_of(request: HttpRequest) -> Today:
    """What waits for this operator to see, group by group."""
    user, now = request.user, timezone.now()
    seen = [group for group in GROUPS if user.has_perm(group.sees)]
    spaces = spaces_seen_by(user)
    items = work_items.items_of(group.kind for group in seen)
    people = {each.pk: each for each in colleagues()}
    only_mine = request.GET.get(MINE) == "1"
    parts, mine, late = [], 0, 0
    for group in seen:
        found = group.found(now, spaces)
        lines = [_line(group, entry, items, people, user, now) for entry in found[:FOUND_MAX]]
        awake = [line for line in lines if not _rests(line, now)]
        mine += sum(line.is_mine for line in awake)
        late += sum(line.is_late for line in awake)
        shown = [line for line in awake if line.is_mine] if only_mine else awake
        shown = _ordered(shown)
        parts.append(
            Part(
                group, shown[:SHOWN_MAX], len(shown), len(found) > FOUND_MAX, len(lines) - len(awake),
                sum(line.is_late for line in shown), user.has_perm(group.acts),
            )
        )  # fmt: skip
    return Today(
        now, [part for part in parts if part.count or part.resting], list(people.values()), only_mine, mine, late,
        user.has_perm("auth.change_user") and spaces is None,
    )  # fmt: skip


def colleagues() -> Sequence[Any]:
    """Whoever may come into the admin, by name."""
    return list(get_user_model().objects.filter(is_staff=True, is_active=True).order_by("username")[:500])


def things_of(group: Group, now: datetime, user: Any) -> dict[int, Entry]:
    """What waits in a group for this operator, by its number: what may be acted on."""
    return {entry.object_id: entry for entry in group.found(now, spaces_seen_by(user))}


def _line(
    group: Group, entry: Entry, items: dict[tuple[str, int], WorkItem], people: dict[int, Any], user: Any, now: datetime
) -> Line:
    item = items.get((group.kind, entry.object_id))
    assignee_id = entry.assignee_id if group.assign is not None else item.assignee_id if item is not None else None
    due_at = (item.due_at if item is not None else None) or entry.due_at
    return Line(
        entry, item, assignee_id, name_of(people.get(assignee_id or 0)), due_at, due_at is not None and due_at <= now,
        assignee_id == user.pk,
    )  # fmt: skip


def name_of(user: AbstractBaseUser | None) -> str:
    if user is None:
        return ""
    full: str = user.get_full_name()  # type: ignore[attr-defined]  # Django's own user has it.
    return full or user.get_username()


def _rests(line: Line, now: datetime) -> bool:
    return line.item is not None and line.item.snoozed_until is not None and line.item.snoozed_until > now


def _ordered(lines: list[Line]) -> list[Line]:
    """The most urgent first; what has no due time keeps its order behind them."""
    dated = sorted((line for line in lines if line.due_at is not None), key=_due_at)
    return [*dated, *(line for line in lines if line.due_at is None)]


def _due_at(line: Line) -> datetime:
    assert line.due_at is not None, "only dated lines are sorted"
    return line.due_at
