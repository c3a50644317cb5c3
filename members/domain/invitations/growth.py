"""Does inviting multiply? K = invitations per member × share that joined; below 1 a wave dies out.

Definitions: i = invitations sent by the base / members of the base; c = joined within `ACCEPTED_WITHIN` / sent;
K = i·c. An invitation for many counts as sent as often as somebody came with it, and at least once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import TruncMonth
from django.utils import timezone

from members.domain.sql import moment, rows_of
from members.enums import MembershipState, ReferralState
from members.models import Invitation, Member

ACCEPTED_WITHIN = timedelta(days=14)
PLACES = Decimal("0.0001")
POWER_SENT_MORE_THAN, POWER_SHARE = 5, Decimal("0.5")
SPAM_SENT_MORE_THAN = 6

GroupBy = Literal["", "channel", "campaign", "depth", "cohort", "space"]
# Each line of these has a base of its own, and one that sent nothing has a line as well.
OWN_BASE: tuple[GroupBy, ...] = ("cohort", "space")

# One pass over what the base sent and who came with it. A group's median is the mean of the one or two in its middle.
_GROWTH = """
WITH base AS ({base}),
sizes AS (SELECT cohort, count(*) AS members FROM base GROUP BY cohort),
sent AS (
  SELECT i.id, i.inviter_id, i.sent_at, CASE WHEN i.uses > 1 THEN i.uses ELSE 1 END AS times, {group} AS grp, b.cohort
  FROM members_invitation i JOIN base b ON b.id = i.inviter_id {besides}
  WHERE {window}
),
came AS (
  SELECT s.grp, {days} AS days, CASE WHEN r.retained_at IS NULL THEN 0 ELSE 1 END AS retained
  FROM sent s JOIN members_referral r ON r.invitation_id = s.id
  WHERE r.state <> %s AND {in_time}
),
ranked AS (
  SELECT grp, days, retained, row_number() OVER (PARTITION BY grp ORDER BY days) AS place,
    count(*) OVER (PARTITION BY grp) AS joined FROM came
),
joins AS (
  SELECT grp, count(*) AS joined, sum(retained) AS retained,
    avg(CASE WHEN place IN ((joined + 1) / 2, (joined + 2) / 2) THEN days END) AS middle
  FROM ranked GROUP BY grp
),
sendings AS (
  SELECT grp, cohort, sum(times) AS sent, count(DISTINCT inviter_id) AS senders FROM sent GROUP BY grp, cohort
)
SELECT {label}, z.members, coalesce(g.senders, 0), coalesce(g.sent, 0), coalesce(j.joined, 0), coalesce(j.retained, 0),
  j.middle
FROM {lines} LEFT JOIN joins j ON j.grp = g.grp
"""


@dataclass(frozen=True, slots=True)
class Growth:
    """How a base of members multiplied. Ratios have four decimals; None where there is nothing to divide by."""

    group: str
    members: int
    senders: int
    sent: int
    joined: int
    retained: int
    median_days: Decimal | None

    @property
    def per_member(self) -> Decimal | None:
        return _ratio(self.sent, self.members)

    @property
    def conversion(self) -> Decimal | None:
        return _ratio(self.joined, self.sent)

    @property
    def k(self) -> Decimal | None:
        return _ratio(self.joined, self.members)

    @property
    def retained_k(self) -> Decimal | None:
        return _ratio(self.retained, self.members)


def growth(
    *,
    joined_from: datetime | None = None,
    joined_until: datetime | None = None,
    sent_from: datetime | None = None,
    sent_until: datetime | None = None,
    accepted_within: timedelta | None = ACCEPTED_WITHIN,
    group_by: GroupBy = "",
) -> list[Growth]:
    """K of the members who joined in a time, by what they sent in another; house accounts are left out.

    `accepted_within` None counts whoever ever joined. Grouped by channel, campaign or depth there is a line for each
    group that sent anything, each against the same base; by cohort a line for the members of each month of joining
    (in the programme's zone, such as `2026-11`); by space a line for the members of each, and what they sent to bring
    somebody into it. One statement, whatever the numbers.
    """
    base = _cohorts(group_by, joined_from, joined_until)
    base_sql, params = base.query.sql_with_params()
    clauses, bounds = ["1 = 1"], []
    for comparison, bound in ((">=", sent_from), ("<", sent_until)):
        if bound is not None:
            clauses.append(f"i.sent_at {comparison} %s")
            bounds.append(moment(bound))
    days, in_time, within = _in_time(accepted_within)
    statement = _GROWTH.format(
        base=base_sql,
        group=_GROUPS[group_by],
        besides=_BESIDES.get(group_by, ""),
        window=" AND ".join(clauses),
        days=days,
        in_time=in_time,
        label="z.cohort" if group_by in OWN_BASE else "g.grp",
        # One base stands against every group of what it sent.
        lines="sizes z LEFT JOIN sendings g ON g.cohort = z.cohort"
        if group_by in OWN_BASE
        else "sendings g CROSS JOIN sizes z",
    )
    rows = rows_of(statement, [*params, *bounds, ReferralState.REJECTED.value, *within])
    lines = [
        Growth(_named(name, group_by), members, senders, int(sent), joined, int(retained), _days(middle))
        for name, members, senders, sent, joined, retained, middle in rows
    ]
    if not group_by and not lines:
        return [Growth("", base.count(), 0, 0, 0, 0, None)]
    return sorted(lines, key=lambda line: line.group if group_by == "cohort" else (-line.joined, line.group))


_GROUPS: dict[GroupBy, str] = {
    "": "''",
    "channel": "i.channel",
    "campaign": "i.campaign",
    "depth": "coalesce(d.depth, 0)",
    "cohort": "b.cohort",
    "space": "b.cohort",
}
_BESIDES: dict[GroupBy, str] = {
    "depth": "LEFT JOIN members_referral d ON d.member_id = i.inviter_id",
    "space": "JOIN members_space p ON p.id = i.space_id AND p.ref = b.cohort",
}


def _cohorts(group_by: GroupBy, begins: datetime | None, ends: datetime | None) -> QuerySet[Member, Any]:
    """The base: (id, cohort); the cohort is the first moment of the month of joining, a space, or everybody's."""
    base = Member.objects.filter(is_house=False, **_between("joined_at", begins, ends)).order_by()
    if group_by == "cohort":
        zone = timezone.get_default_timezone()
        return base.annotate(cohort=TruncMonth("joined_at", tzinfo=zone)).values("id", "cohort")
    if group_by == "space":
        inside = base.filter(space_memberships__state=MembershipState.IN)
        return inside.annotate(cohort=F("space_memberships__space__ref")).values("id", "cohort")
    return base.annotate(cohort=Value(0)).values("id", "cohort")


def _in_time(within: timedelta | None) -> tuple[str, str, list[Any]]:
    """How many days somebody took, and whether that was soon enough: two expressions, and the second's parameters."""
    if connection.vendor == "postgresql":
        days = "extract(epoch FROM r.joined_at - s.sent_at) / 86400.0"
        return days, "1 = 1" if within is None else "r.joined_at <= s.sent_at + %s", [] if within is None else [within]
    days = "julianday(r.joined_at) - julianday(s.sent_at)"
    if within is None:
        return days, "1 = 1", []
    return (
        days,
        "r.joined_at <= strftime('%%Y-%%m-%%d %%H:%%M:%%f', s.sent_at, %s)",
        [f"+{within.total_seconds()} seconds"],
    )


def _named(name: Any, group_by: GroupBy) -> str:
    return str(name)[:7] if group_by == "cohort" else str(name)


def _days(middle: Any) -> Decimal | None:
    return None if middle is None else Decimal(str(round(float(middle), 2)))


@dataclass(frozen=True, slots=True)
class Inviter:
    """A member who invites much, and with what success."""

    member_id: int
    sent: int
    joined: int


def power_inviters(**window: datetime) -> list[Inviter]:
    """Who sent more than five invitations of which at least half brought somebody."""
    return [
        inviter for inviter in _inviters(POWER_SENT_MORE_THAN, **window) if inviter.joined >= inviter.sent * POWER_SHARE
    ]


def spam_suspects(**window: datetime) -> list[Inviter]:
    """Who sent more than six invitations, and nobody came. Never a verdict, only a place to look."""
    return [inviter for inviter in _inviters(SPAM_SENT_MORE_THAN, **window) if inviter.joined == 0]


def _inviters(sent_more_than: int, **window: datetime) -> list[Inviter]:
    joined = Count("referrals", filter=~Q(referrals__state=ReferralState.REJECTED))
    sent = Invitation.objects.filter(inviter__isnull=False, inviter__is_house=False)
    sent = sent.filter(**_between("sent_at", window.get("sent_from"), window.get("sent_until")))
    rows = sent.values("inviter_id").annotate(sent=Count("pk", distinct=True), joined=joined)
    return [
        Inviter(row["inviter_id"], row["sent"], row["joined"])
        for row in rows.filter(sent__gt=sent_more_than).order_by("-joined", "inviter_id")
    ]


def _between(column: str, begins: datetime | None, ends: datetime | None) -> dict[str, Any]:
    bounds: Iterable[tuple[str, datetime | None]] = ((f"{column}__gte", begins), (f"{column}__lt", ends))
    return {name: moment for name, moment in bounds if moment is not None}


def _ratio(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / Decimal(whole)).quantize(PLACES) if whole else None
