"""What tiers can ask of conduct: `conduct:strikes`, the strikes that count against a member now."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from members.domain.ladders.measures import BadMetric, Measure, Spans
from members.domain.sql import Some, moment
from members.enums import ViolationState

STRIKES = "conduct:strikes"


def measured(code: str, some: Some, _spans: Spans, now: datetime) -> Measure:
    """The strikes that live at a moment, as `Violation.objects.live_at` counts them. Raises BadMetric."""
    scale(code)
    whom, params = some.clause("v.member_id")
    return Measure(
        "SELECT v.member_id, sum(v.strikes) AS value FROM members_violation v"
        f" WHERE v.state <> %s AND v.strikes_until > %s AND {whom} GROUP BY v.member_id",
        (ViolationState.OVERTURNED.value, moment(now), *params),
    )


def scale(code: str) -> int:
    """Strikes are whole. Raises BadMetric."""
    if code != "strikes":
        raise BadMetric(f"There is no measure of conduct {code!r:.80}; there is strikes.")
    return 0


def words(_code: str) -> str:
    return _("live strikes")
