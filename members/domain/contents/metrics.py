"""What ladders and segments can measure of contents: `content:quality` and others. Measures never look at length."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from members.domain.ladders.measures import BadMetric, Measure, Spans
from members.domain.local_days import day_of
from members.domain.sql import Some
from members.enums import ContentStep, MemberStatus
from members.models import EventType

QUALITY = "content:quality"
_GOOD = "c.quality_at IS NOT NULL AND c.quality_lost_at IS NULL AND c.removed_at IS NULL"
_APPRECIATED = f"step = '{ContentStep.APPRECIATED}'"
# A member counts as an appreciator unless the author had appreciated them before: of two who appreciate each other, who
# was appreciated first has it.
_RETURNED = (
    "EXISTS (SELECT 1 FROM members_contentmark r"
    f" WHERE r.by_id = k.author_id AND r.author_id = k.by_id AND r.{_APPRECIATED}"
    " AND NOT EXISTS (SELECT 1 FROM members_contentmark f"
    f" WHERE f.by_id = k.by_id AND f.author_id = k.author_id AND f.{_APPRECIATED}"
    " AND (f.at < r.at OR (f.at = r.at AND f.id < r.id))))"
)


def is_kept() -> bool:
    """Whether any event type says something of contents, so that the register knows them."""
    return EventType.objects.exclude(content={}).exists()


def measured(code: str, some: Some, spans: Spans, now: datetime) -> Measure:
    """The statement of a measure. Raises BadMetric where there is none of this name."""
    scale(code)
    return MEASURES[code](some, spans, now)


def scale(code: str) -> int:
    """All of them are whole numbers. Raises BadMetric."""
    if code not in MEASURES:
        raise BadMetric(f"There is no measure of contents {code!r:.80}; there are {', '.join(MEASURES)}.")
    return 0


def words(code: str) -> str:
    """What members call a measure."""
    return str(WORDS[code])


def _published(some: Some, spans: Spans, _now: datetime) -> Measure:
    """Contents that were published in the window and are still there."""
    return _counted("count(*)", "c.published_at", "c.removed_at IS NULL", some, spans)


def _quality(some: Some, spans: Spans, _now: datetime) -> Measure:
    """Contents whose quality became sure in the window."""
    return _counted("count(*)", "c.quality_at", _GOOD, some, spans)


def _quality_days(some: Some, spans: Spans, now: datetime) -> Measure:
    """On how many different days of the author those were published."""
    day, params = day_of("c.published_at", now)
    found = _counted(
        f"count(DISTINCT {day})",
        "c.quality_at",
        _GOOD,
        some,
        spans,
        join=" JOIN members_member z ON z.id = c.author_id",
    )
    return Measure(found.sql, (*params, *found.params))


def _counted(value: str, column: str, condition: str, some: Some, spans: Spans, *, join: str = "") -> Measure:
    whom, params = some.clause("c.author_id")
    window_join, join_params, window, window_params = spans.clause(column, "c.author_id")
    return Measure(
        f"SELECT c.author_id AS member_id, {value} AS value FROM members_content c{join}{window_join}"
        f" WHERE {condition} AND {column} IS NOT NULL AND {whom}{window} GROUP BY c.author_id",
        (*join_params, *params, *window_params),
    )


def _appreciators(some: Some, spans: Spans, _now: datetime) -> Measure:
    """Different members who appreciated something in the window. House accounts, who left or was banned, and whom the
    author brought are out; two who appreciate each other are one of the two's.
    """
    whom, params = some.clause("k.author_id")
    window_join, join_params, window, window_params = spans.clause("k.at", "k.author_id")
    return Measure(
        "SELECT k.author_id AS member_id, count(DISTINCT k.by_id) AS value FROM members_contentmark k"
        " JOIN members_content c ON c.id = k.content_id JOIN members_member b ON b.id = k.by_id"
        f"{window_join} WHERE k.{_APPRECIATED} AND c.removed_at IS NULL AND k.by_id <> k.author_id"
        " AND NOT b.is_house AND b.status = %s"
        f" AND (b.invited_by_id IS NULL OR b.invited_by_id <> k.author_id) AND NOT {_RETURNED} AND {whom}{window}"
        " GROUP BY k.author_id",
        (*join_params, MemberStatus.ACTIVE.value, *params, *window_params),
    )


MEASURES: dict[str, Callable[[Some, Spans, datetime], Measure]] = {
    "quality": _quality,
    "quality_days": _quality_days,
    "appreciators": _appreciators,
    "published": _published,
}
WORDS = {
    "quality": _("quality contents"),
    "quality_days": _("days with quality contents"),
    "appreciators": _("different members who appreciated"),
    "published": _("published contents"),
}
