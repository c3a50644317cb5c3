"""How a space is doing, week by week: four queries, whatever the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, DateTimeField, Exists, ExpressionWrapper, OuterRef, Q
from django.db.models.functions import TruncWeek
from django.utils import timezone

from members.domain.newcomers.ice import contributing_types
from members.domain.newcomers.shares import Share
from members.domain.spaces.joining import week_begins
from members.domain.sql import given, moment, rows_of
from members.enums import ContentStep
from members.models import Event, Space, SpaceMember

WEEKS = 8
FIRST_DAYS = timedelta(days=7)
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
        type_id__in=contributing_types(),
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
    """By number of the week: contents and those of the team; topics begun, and those nobody else has written on."""
    rows = [(n, start, end) for n, (start, end) in enumerate(zip(mondays, [*mondays[1:], now], strict=True))]
    windows, values = given("w", {"n": "int", "starts_at": "timestamptz", "ends_at": "timestamptz"}, rows)
    marks = ", ".join(["%s"] * len(_MAKING))
    here = (
        "SELECT c.id, c.author_id, c.topic, c.published_at, m.is_house FROM members_content c"
        " JOIN members_member m ON m.id = c.author_id WHERE c.published_at >= %s AND c.removed_at IS NULL AND c.id IN ("
        "SELECT k.content_id FROM members_contentmark k JOIN members_event e ON e.id = k.event_id"
        f" WHERE k.step IN ({marks}) AND e.space_id = %s)"
    )
    params = [moment(mondays[0]), *(step.value for step in _MAKING), space.pk]
    within = f"{windows} JOIN {{}} ON h.published_at >= w.starts_at AND h.published_at < w.ends_at"
    made = rows_of(
        f"WITH here AS ({here}) SELECT w.n, count(*), count(CASE WHEN h.is_house THEN 1 END)"
        f" FROM {within.format('here h')} GROUP BY w.n",
        [*params, *values],
    )
    said = (
        "SELECT topic, published_at, author_id, is_house,"
        " first_value(author_id) OVER (PARTITION BY topic ORDER BY published_at, id) AS beginner"
        " FROM here WHERE topic <> ''"
    )
    topics = (
        "SELECT topic, min(published_at) AS published_at,"
        " max(CASE WHEN author_id <> beginner AND NOT is_house THEN 1 ELSE 0 END) AS answered FROM said GROUP BY topic"
    )
    begun = rows_of(
        f"WITH here AS ({here}), said AS ({said}), topics AS ({topics})"
        " SELECT w.n, count(*), count(CASE WHEN h.answered = 0 THEN 1 END)"
        f" FROM {within.format('topics h')} GROUP BY w.n",
        [*params, *values],
    )
    return {n: (a, b) for n, a, b in made}, {n: (a, b) for n, a, b in begun}
