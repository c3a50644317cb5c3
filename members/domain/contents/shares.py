"""Who fills the community: contents of members against those of the team, how good they are and how widely spread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fractions import Fraction

from django.utils import timezone

from members.domain.sql import given, rows_of

DAYS = 28
WEEKS_DEFAULT, WEEKS_MAX = 12, 104


@dataclass(frozen=True, slots=True)
class Week:
    """The 28 days before `ends_at`: counts of approved contents that are still there, `decided` and later ones of
    members only."""

    ends_at: datetime
    contents: int
    by_members: int
    decided: int
    good: int
    authors: int
    topics: int

    @property
    def share(self) -> Fraction | None:
        """What members made of all; None where there is nothing."""
        return Fraction(self.by_members, self.contents) if self.contents else None

    @property
    def depth(self) -> Fraction | None:
        """Which part of members' contents was good, of those whose seven days are over."""
        return Fraction(self.good, self.decided) if self.decided else None

    @property
    def share_percent(self) -> int | None:
        return None if self.share is None else round(self.share * 100)

    @property
    def depth_percent(self) -> int | None:
        return None if self.depth is None else round(self.depth * 100)


def weeks_of(*, now: datetime, count: int = WEEKS_DEFAULT) -> list[Week]:
    """The last `count` weeks, the running one last, each over 28 days: one query. Weeks end with Sunday in the
    programme's zone; the running one ends now."""
    assert 1 <= count <= WEEKS_MAX, "whoever asks has checked it"
    ends = _ends(now, count)
    rows = [(n, end - timedelta(days=DAYS), end) for n, end in enumerate(ends)]
    windows, params = given("w", {"n": "int", "starts_at": "timestamptz", "ends_at": "timestamptz"}, rows)
    own = "CASE WHEN NOT m.is_house THEN"
    good = "c.quality_at IS NOT NULL AND c.quality_lost_at IS NULL"
    found = rows_of(
        f"SELECT w.n, count(*), count({own} 1 END), count({own} c.decided_at END),"
        f" count(CASE WHEN NOT m.is_house AND {good} THEN 1 END), count(DISTINCT {own} c.author_id END),"
        f" count(DISTINCT {own} nullif(c.topic, '') END)"
        f" FROM {windows} JOIN members_content c ON c.published_at >= w.starts_at AND c.published_at < w.ends_at"
        " JOIN members_member m ON m.id = c.author_id WHERE c.removed_at IS NULL GROUP BY w.n",
        params,
    )
    counts = {n: rest for n, *rest in found}
    return [Week(end, *counts.get(n, [0] * 6)) for n, end in enumerate(ends)]


def _ends(now: datetime, count: int) -> list[datetime]:
    zone = timezone.get_default_timezone()
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - timedelta(weeks=back) for back in range(count - 1)]
    return [*(datetime.combine(day, time(), zone) for day in reversed(mondays)), now]
