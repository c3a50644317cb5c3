"""What ladders and segments can measure of activities: `activity:sessions`, those that a member gave."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from activities.enums import Part
from members.domain.ladders.measures import BadMetric, Measure, Spans
from members.domain.sql import Some

SESSIONS = "activity:sessions"
# Whoever helps at the door has not given a session.
_GIVES = (Part.HOST.value, Part.SPEAKER.value)


def measured(code: str, some: Some, spans: Spans, _now: datetime) -> Measure:
    """Finished activities that the member hosted or spoke at, each once, as `activity.spoke` told. Raises BadMetric."""
    scale(code)
    whom, params = some.clause("p.member_id")
    join, join_params, window, window_params = spans.clause("p.spoke_at", "p.member_id")
    return Measure(
        "SELECT p.member_id, count(DISTINCT p.activity_id) AS value FROM activities_activityperson p"
        f"{join} WHERE p.spoke_at IS NOT NULL AND p.part IN (%s, %s) AND {whom}{window} GROUP BY p.member_id",
        (*join_params, *_GIVES, *params, *window_params),
    )


def scale(code: str) -> int:
    """Sessions are whole. Raises BadMetric."""
    if code != "sessions":
        raise BadMetric(f"There is no measure of activities {code!r:.80}; there is sessions.")
    return 0


def words(_code: str) -> str:
    return _("sessions given")
