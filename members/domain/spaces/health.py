"""How a space is doing, week by week: a few queries, whatever the numbers."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, DateTimeField, Exists, ExpressionWrapper, OuterRef, Q
from django.db.models.functions import TruncWeek
from django.utils import timezone

from members.domain.newcomers.shares import Share
from members.domain.spaces.joining import week_begins
from members.domain.sql import among, aware, moment, rows_of
from members.enums import ContentStep
from members.models import Event, EventType, Space, SpaceMember

WEEKS = 8
FIRST_DAYS = timedelta(days=7)
# What is published was handed in so long before, at most.
BEFORE = timedelta(days=28)
# What says where a content was made.
_MAKING = (ContentStep.SUBMITTED, ContentStep.PUBLISHED, ContentStep.APPROVED)


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a space, from its Monday; house accounts count in `by_team` only.

    `silent` is the share of its newcomers who had said nothing here seven days after they came in, None while that is
    not known of all of them. `unanswered` counts topics begun in it on which nobody else of the members wrote since.
    """

    monday: datetime
    members: int
    newcomers: int
    silent: Share | None
    contents: int
    by_team: int
    topics: int
    unanswered: int

    @property
    def team_share(self) -> Share | None:
        return Share(self.by_team, self.contents) if self.contents else None


def weeks_of(space: Space, *, now: datetime, count: int = WEEKS) -> list[Week]:
    """The last weeks of a space, the running one first. Weeks begin on Monday in the programme's zone."""
    mondays = _mondays(now, count)
    newcomers, members = _newcomers(space, mondays[0]), _members(space, mondays, now)
    contents, topics = _contents(space, mondays, now)
    weeks = []
    for n, monday in enumerate(mondays):
        came, spoke = newcomers.get(monday, (0, 0))
        is_known = monday + timedelta(weeks=1) + FIRST_DAYS <= now
        silent = Share(came - spoke, came) if is_known and came else None
        weeks.append(Week(monday, members[n], came, silent, *contents.get(n, (0, 0)), *topics.get(n, (0, 0))))
    return weeks[::-1]


def _mondays(now: datetime, count: int) -> list[datetime]:
    """The first moments of the last weeks, each at midnight also where clocks were changed between."""
    zone = timezone.get_default_timezone()
    monday = week_begins(now).replace(tzinfo=None)
    return [(monday - timedelta(weeks=back)).replace(tzinfo=zone) for back in range(count - 1, -1, -1)]


def _newcomers(space: Space, since: datetime) -> dict[datetime, tuple[int, int]]:
    """By week: how many came in, and how many of them spoke here within seven days. An event that names no space counts
    for every space: many apps do not say where."""
    spoke = Event.objects.filter(
        Q(space_id=space.pk) | Q(space_id__isnull=True),
        member_id=OuterRef("member_id"),
        type_id__in=EventType.objects.ids_taking_part(),
        occurred_at__gte=OuterRef("joined_at"),
        occurred_at__lt=ExpressionWrapper(OuterRef("joined_at") + FIRST_DAYS, output_field=DateTimeField()),
    )
    found = (
        SpaceMember.objects.filter(space=space, joined_at__gte=since, member__is_house=False)
        .annotate(week=TruncWeek("joined_at", tzinfo=timezone.get_default_timezone()), spoke=Exists(spoke))
        .values("week")
        .annotate(came=Count("pk"), spoken=Count("pk", filter=Q(spoke=True)))
        .order_by("week")
    )
    return {row["week"]: (row["came"], row["spoken"]) for row in found}


def _members(space: Space, mondays: list[datetime], now: datetime) -> list[int]:
    """How many were in at the end of each week."""
    ends = [*mondays[1:], now]
    counts = {
        f"week_{n}": Count(
            "pk", filter=Q(joined_at__lt=end) & (Q(left_at__isnull=True) | Q(left_at__gte=end)) & ~Q(state="waiting")
        )
        for n, end in enumerate(ends)
    }
    found = SpaceMember.objects.filter(space=space, member__is_house=False).aggregate(**counts)
    return [found[f"week_{n}"] for n in range(len(ends))]


def _contents(
    space: Space, mondays: list[datetime], now: datetime
) -> tuple[dict[int, tuple[int, int]], dict[int, tuple[int, int]]]:
    """By number of the week: contents and those of the team; topics begun, and those nobody else has written on.

    Step by step: as one statement it hangs on the database knowing how many rows there are, and it may not.
    """
    events = Event.objects.filter(space_id=space.pk, occurred_at__gte=mondays[0] - BEFORE)
    clause, params = among("event_id", list(events.values_list("pk", flat=True)))
    marks = ", ".join(["%s"] * len(_MAKING))
    marked = rows_of(
        f"SELECT DISTINCT content_id FROM members_contentmark WHERE {clause} AND step IN ({marks})",
        [*params, *(step.value for step in _MAKING)],
    )
    clause, params = among("c.id", [content_id for (content_id,) in marked])
    found = rows_of(
        "SELECT c.author_id, c.topic, c.published_at, m.is_house FROM members_content c"
        " JOIN members_member m ON m.id = c.author_id"
        f" WHERE {clause} AND c.published_at >= %s AND c.removed_at IS NULL ORDER BY c.published_at, c.id",
        [*params, moment(mondays[0])],
    )
    ends = [*mondays[1:], now]
    made: dict[int, tuple[int, int]] = {}
    begun: dict[str, tuple[int, int]] = {}
    answered: set[str] = set()
    for author_id, topic, published_at, is_house in found:
        at = aware(published_at)
        week = bisect_right(ends, at) if at is not None else len(ends)
        if week < len(ends):
            count, by_team = made.get(week, (0, 0))
            made[week] = (count + 1, by_team + bool(is_house))
        if topic and topic not in begun:
            begun[topic] = (week, author_id)
        elif topic and author_id != begun[topic][1] and not is_house:
            answered.add(topic)
    topics: dict[int, tuple[int, int]] = {}
    for topic, (week, _author_id) in begun.items():
        count, unanswered = topics.get(week, (0, 0))
        topics[week] = (count + 1, unanswered + (topic not in answered))
    return made, topics
