"""Reads a recurrence rule of RFC 5545 and finds its dates, in local time. Plain Python.

A local time becomes an instant as the RFC says (3.3.5): one that does not exist, because the clocks go forward, is
read with the offset from before they did; of two, because they go back, the first is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from dateutil.rrule import rrule, rrulestr
from django.utils.translation import gettext as _

PARTS = {
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS",
}  # fmt: skip
OF_THE_CLOCK = {"BYHOUR", "BYMINUTE", "BYSECOND"}
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
TOO_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
NUMBER_MAX = 1_000
# Every 400 years the calendar is the same, so a rule without any date is found in the last 400 that Python knows.
LAST_CYCLE = 9_600
UNTIL_DAY, UNTIL_MOMENT = re.compile(r"\d{8}"), re.compile(r"\d{8}T\d{6}Z")


class BadRule(Exception):
    """A rule that nobody could follow; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was read. `until` is the last instant at which it still may begin."""

    text: str
    until: datetime | None = None
    parts: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """The rule as it is written again; read once more it gives the same dates."""
        return ";".join(f"{name}={value}" for name, value in self.parts.items())


def read(text: str, *, zone: tzinfo = UTC) -> Rule:
    """The rule in a text, in any order and case. Raises BadRule."""
    parts = _parts(text)
    frequency = parts.get("FREQ", "")
    if not frequency:
        raise BadRule(_("Say how often: begin with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY."))
    if frequency in TOO_OFTEN or OF_THE_CLOCK & set(parts):
        raise BadRule(_("A series comes once a day at most: use FREQ=DAILY, WEEKLY, MONTHLY or YEARLY, without hours."))
    if frequency not in FREQUENCIES:
        raise BadRule(_("%(name)s is no FREQ: use DAILY, WEEKLY, MONTHLY or YEARLY.") % {"name": frequency[:20]})
    if "COUNT" in parts and "UNTIL" in parts:
        raise BadRule(_("Say COUNT or UNTIL, not both."))
    for name in ("INTERVAL", "COUNT"):
        value = parts.get(name, "1")
        if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= NUMBER_MAX):
            raise BadRule(_("%(name)s is a number from 1 to %(most)d.") % {"name": name, "most": NUMBER_MAX})
    if frequency == "DAILY" and set(parts) - {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH"}:
        raise BadRule(_("With FREQ=DAILY only BYDAY and BYMONTH choose; use MONTHLY or YEARLY for the rest."))
    until = _until(parts["UNTIL"], zone) if "UNTIL" in parts else None
    rest = ";".join(f"{name}={value}" for name, value in parts.items() if name != "UNTIL")
    try:
        far = rrulestr(rest, dtstart=datetime(LAST_CYCLE, 1, 1))  # noqa: DTZ001  Local time has no zone.
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
        raise BadRule(_("The rule cannot be read; write one such as FREQ=MONTHLY;BYDAY=1TU.")) from error
    if next(iter(far), None) is None:
        raise BadRule(_("This rule names no day that there is."))
    return Rule(rest, until, parts)


def local_moments(rule: Rule, start: datetime, *, until: datetime) -> Iterator[datetime]:
    """The local moments of a rule from its start on and before a local moment, in order."""
    known: rrule = rrulestr(rule.text, dtstart=start.replace(tzinfo=None))
    for each in known:
        if each >= until:
            return
        yield each


def instant(local: datetime, zone: tzinfo) -> datetime:
    """A local moment as an instant: before a gap by the offset from before, of two the first."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def moments_between(
    rule: Rule, starts_on: date, starts_time: time, zone: tzinfo, *, first: datetime, until: datetime
) -> list[tuple[date, datetime]]:
    """Each date of a rule with its instant, from an instant on and before another."""
    start = datetime.combine(starts_on, starts_time)
    edge = until.astimezone(zone).replace(tzinfo=None) + timedelta(days=1)
    found = []
    for local in local_moments(rule, start, until=edge):
        moment = instant(local, zone)
        if rule.until is not None and moment > rule.until:
            break
        if first <= moment < until:
            found.append((local.date(), moment))
    return found


def _parts(text: str) -> dict[str, str]:
    written = text.strip().upper().removeprefix("RRULE:")
    if not written or "\n" in written:
        raise BadRule(_("Write one rule, such as FREQ=WEEKLY;BYDAY=TU."))
    parts: dict[str, str] = {}
    for each in written.rstrip(";").split(";"):
        name, sign, value = each.partition("=")
        if not sign or not value.strip():
            raise BadRule(_("%(part)s says nothing; write NAME=VALUE.") % {"part": each[:40]})
        if name not in PARTS | OF_THE_CLOCK:
            raise BadRule(_("A rule has no part %(name)s.") % {"name": name[:40]})
        if name in parts:
            raise BadRule(_("%(name)s is said twice.") % {"name": name})
        parts[name] = value.strip()
    return parts


def _until(text: str, zone: tzinfo) -> datetime:
    """The last instant: the end of a local day, or a moment in UTC."""
    try:
        if UNTIL_DAY.fullmatch(text):
            day = datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007  A local day.
            return instant(day + timedelta(days=1), zone) - timedelta(seconds=1)
        if UNTIL_MOMENT.fullmatch(text):
            return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    raise BadRule(_("UNTIL is a day such as 20261231, or a moment such as 20261231T180000Z."))
