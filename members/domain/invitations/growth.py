"""Does inviting multiply? K = invitations per member × share that joined; below 1 a wave dies out.

Definitions: i = invitations sent by the base / members of the base; c = joined within `ACCEPTED_WITHIN` / sent;
K = i·c. An invitation for many counts as sent as often as somebody came with it, and at least once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any, Literal

from django.db.models import Count, F, IntegerField, Q, QuerySet, Sum, Value
from django.db.models.functions import Greatest

from members.enums import ReferralState
from members.models import Invitation, Member, Referral

ACCEPTED_WITHIN = timedelta(days=14)
PLACES = Decimal("0.0001")
POWER_SENT_MORE_THAN, POWER_SHARE = 5, Decimal("0.5")
SPAM_SENT_MORE_THAN = 6

GroupBy = Literal["", "channel", "campaign", "depth"]


_SENT = Sum(Greatest(Value(1), F("uses"), output_field=IntegerField()))


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
    group that sent anything, each against the same base. Three queries, whatever the numbers.
    """
    base = Member.objects.filter(is_house=False, **_between("joined_at", joined_from, joined_until))
    size = base.count()
    sent = Invitation.objects.filter(inviter__in=base, **_between("sent_at", sent_from, sent_until))
    if group_by == "depth":
        sent = sent.annotate(group=F("inviter__referral__depth"))
    elif group_by:
        sent = sent.annotate(group=F(group_by))
    joined = Referral.objects.filter(invitation__in=sent).exclude(state=ReferralState.REJECTED)
    if accepted_within is not None:
        joined = joined.filter(joined_at__lte=F("invitation__sent_at") + accepted_within)
    came = _joins(joined, group_by)
    keys = ["group"] if group_by else []
    rows = sent.values(*keys).annotate(sent=_SENT, senders=Count("inviter", distinct=True))
    if not group_by:
        rows = [sent.aggregate(sent=_SENT, senders=Count("inviter", distinct=True))]
    lines = []
    for row in rows:
        key = row.get("group")
        count, retained, days = came.get(key, (0, 0, []))
        middle = Decimal(str(round(median(days), 2))) if days else None
        name = str(key) if key is not None else ""
        lines.append(Growth(name, size, row["senders"], row["sent"] or 0, count, retained, middle))
    return sorted(lines, key=lambda line: (-line.joined, line.group))


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


def inviter_quality(member_id: int, *, now: datetime, community_share: Decimal) -> Decimal | None:
    """(retained + 5·p) / (mature invitees + 5), p the community's own share; None below three mature invitees."""
    mature = Referral.objects.filter(inviter_id=member_id, joined_at__lte=now - timedelta(days=37))
    mature = mature.exclude(state=ReferralState.REJECTED)
    count = mature.count()
    if count < 3:
        return None
    retained = mature.filter(retained_at__isnull=False).count()
    return ((retained + 5 * community_share) / (count + 5)).quantize(PLACES)


def _joins(joined: QuerySet[Referral], group_by: GroupBy) -> dict[Any, tuple[int, int, list[float]]]:
    """(joined, retained, days it took each) by group."""
    column = {"": None, "depth": "inviter__referral__depth"}.get(group_by, f"invitation__{group_by}")
    columns = ["joined_at", "invitation__sent_at", "retained_at", *([column] if column else [])]
    found: dict[Any, tuple[int, int, list[float]]] = {}
    for row in joined.values_list(*columns):
        key = row[3] if column else None
        count, retained, days = found.get(key, (0, 0, []))
        days.append((row[0] - row[1]).total_seconds() / 86_400)
        found[key] = (count + 1, retained + (row[2] is not None), days)
    return found


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
