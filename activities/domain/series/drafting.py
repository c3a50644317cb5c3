"""Drafts the dates of a series ahead, each as an activity of its own. Drafting twice drafts nothing twice."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from activities.domain import money, questions
from activities.domain.series import recurring, ticketing
from activities.enums import ActivityState, Part
from activities.models import Activity, ActivityPerson, Series, SeriesTicket, Ticket
from members.domain.counters.periods import zone_named

logger = logging.getLogger(__name__)

DATES_MAX = 400
# What an activity has from its series.
GIVEN = (
    "kind", "names", "summaries", "texts", "language", "space_id", "place", "link", "capacity", "guests_max", "tier_id",
    "segment_id", "only_space", "questions", "zone", "money", "late_refund_percent",
)  # fmt: skip
People = set[tuple[int, str]]
FIXED = frozenset({"code", "public_id", "created_at"})


class CannotRepeat(Exception):
    """A series that cannot be so; `field` names where."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


@dataclass(frozen=True, slots=True)
class Date:
    """A date of a series: `day` is the one the rule names, wherever it was moved."""

    day: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Drafted:
    made: int = 0
    changed: int = 0
    removed: int = 0


def dates_of(series: Series, *, first: datetime, until: datetime) -> list[Date]:
    """The dates of a series that begin from a moment on and before another, without those left out."""
    zone = zone_named(series.zone)
    rule = recurring.read(series.rule, zone=zone)
    excluded, moved = set(series.excluded), series.moved
    # What was moved far may stand for a date outside.
    edges = [first, until, *(recurring.instant(datetime.fromisoformat(each), zone) for each in moved.values())]
    edges += [recurring.instant(datetime.combine(date.fromisoformat(each), time()), zone) for each in moved]
    found = recurring.moments_between(
        rule, series.starts_on, series.starts_time, zone,
        first=min(edges) - timedelta(days=1), until=max(edges) + timedelta(days=1),
    )  # fmt: skip
    length = timedelta(minutes=series.minutes)
    dates = []
    for day, moment in found:
        if day.isoformat() in excluded:
            continue
        other = moved.get(day.isoformat())
        starts_at = moment if other is None else recurring.instant(datetime.fromisoformat(other), zone)
        if first <= starts_at < until:
            dates.append(Date(day, starts_at, starts_at + length))
    return sorted(dates, key=lambda each: (each.starts_at, each.day))[:DATES_MAX]


def check(series: Series) -> None:
    """Raise CannotRepeat for what nobody could follow."""
    try:
        series.full_clean(validate_unique=False)
    except ValidationError as error:
        field, sentences = next(iter(error.message_dict.items()))
        raise CannotRepeat("" if field == "__all__" else field, sentences[0]) from error
    try:
        recurring.read(series.rule, zone=zone_named(series.zone))
    except recurring.BadRule as error:
        raise CannotRepeat("rule", str(error)) from error
    if not isinstance(series.excluded, list) or not all(_is_day(each) for each in series.excluded):
        raise CannotRepeat("excluded", _('Write the dates left out as ["2026-12-24"].'))
    if not isinstance(series.moved, dict) or not all(_is_day(d) and _is_moment(m) for d, m in series.moved.items()):
        raise CannotRepeat("moved", _('Write the dates moved as {"2026-12-31": "2027-01-02T18:00"}.'))
    if max(len(series.excluded), len(series.moved)) > DATES_MAX:
        raise CannotRepeat("excluded", _("So many exceptions are a rule of their own; write another rule."))
    try:
        questions.read(series.questions)
    except questions.BadQuestions as error:
        raise CannotRepeat("questions", str(error)) from error
    if series.money and not money.is_money(series.money):
        raise CannotRepeat("money", _("%(code)s is no money; write one such as EUR.") % {"code": series.money})


def make(*, values: Mapping[str, Any], now: datetime) -> Series:
    """Make a series, with its `tickets` if there are any, and draft its first dates.

    Raises CannotRepeat, and IntegrityError where its code is taken.
    """
    values = dict(values)
    tickets = values.pop("tickets", ())
    made = Series(**values)
    check(made)
    with transaction.atomic():
        made.save(force_insert=True)
        _write(made, tickets)
        _draft(made, now)
    return made


def change(*, series_id: int, values: Mapping[str, Any], now: datetime, reason: str = "") -> tuple[Series, Drafted]:
    """Write these fields, and its `tickets` whole; drafts that nobody touched follow, what members know of stays.

    Raises CannotRepeat.
    """
    assert not FIXED & set(values), "these are not typed"
    values = dict(values)
    wanted = values.pop("tickets", None)
    with transaction.atomic():
        series = Series.objects.select_for_update(of=("self",)).get(pk=series_id)
        before, paid_in = _people_of(series), series.money
        for name, value in values.items():
            setattr(series, name, value)
        check(series)
        series._change_reason = reason or None  # type: ignore[attr-defined]  # noqa: SLF001  As the history asks.
        series.save()
        kept = _write(series, wanted) if wanted is not None else _checked(series, paid_in)
        done = _draft(series, now, people_before=before, tickets=kept)
        ticketing.drop(series, kept)
        return series, done


def _write(series: Series, wanted: Sequence[Mapping[str, Any]]) -> list[SeriesTicket]:
    try:
        return ticketing.write(series, wanted)
    except ticketing.BadTicket as error:
        raise CannotRepeat("tickets", str(error)) from error


def _checked(series: Series, paid_in: str) -> list[SeriesTicket]:
    """The tickets of a series, which go with whatever else was changed of it: their prices are in the money it had."""
    found = list(series.tickets.select_related("privilege"))
    if series.money != paid_in and any(each.price for each in found):
        raise CannotRepeat("money", _("Its tickets are paid in %(code)s; that stays.") % {"code": paid_in})
    for each in found:
        try:
            ticketing.check(each, series)
        except ticketing.BadTicket as error:
            raise CannotRepeat("tickets", str(error)) from error
    return found


def leave_out(activity: Activity) -> None:
    """A draft of a series is thrown away: its date is not drafted again."""
    if activity.series_id is None or activity.series_date is None:
        return
    with transaction.atomic():
        series = Series.objects.select_for_update(of=("self",)).get(pk=activity.series_id)
        day = activity.series_date.isoformat()
        if day not in series.excluded:
            series.excluded = sorted([*series.excluded, day])
            series.save(update_fields=["excluded"])


def draft_ahead(*, now: datetime) -> Drafted:
    """Draft what comes within the setting's days, of every series; one that fails leaves the others alone."""
    made = changed = removed = 0
    for series_id in list(Series.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True)):
        try:
            with transaction.atomic():
                done = _draft(Series.objects.select_for_update(of=("self",)).get(pk=series_id), now)
        except Exception:
            logger.exception("Series %d could not be drafted", series_id)
            continue
        made, changed, removed = made + done.made, changed + done.changed, removed + done.removed
    return Drafted(made, changed, removed)


def _draft(
    series: Series, now: datetime, people_before: People | None = None, tickets: list[SeriesTicket] | None = None
) -> Drafted:
    """Bring the drafts of a locked series to what it says now; people only where the series names others."""
    tickets = list(series.tickets.all()) if tickets is None else tickets
    until = now + timedelta(days=settings.SERIES_DRAFT_DAYS)
    wanted = {each.day: each for each in dates_of(series, first=now, until=until)} if series.is_active else {}
    there = {each.series_date: each for each in series.dates.select_for_update(of=("self",)).order_by("pk")}
    touched = _touched(series)
    changed = removed = 0
    for day, activity in there.items():
        is_free = activity.state == ActivityState.DRAFT and activity.follows_series and activity.starts_at > now
        is_free = is_free and activity.pk not in touched
        # Beyond the days ahead nothing is drafted yet, so nothing there is superfluous.
        if not is_free or (activity.starts_at >= until and day not in wanted):
            continue
        if day not in wanted:
            activity.delete()
            removed += 1
        else:
            changed += _follow(activity, series, wanted[day], people_before) | ticketing.follow(activity, tickets)
    missing = [each for day, each in wanted.items() if day not in there]
    for each in missing:
        ticketing.follow(_make(series, each), tickets)
    return Drafted(len(missing), changed, removed)


def _touched(series: Series) -> set[int]:
    """Dates on which something hangs that is not from the series: a proposal, a guest, a ticket of its own, a code."""
    has_more = Q(proposals__isnull=False) | Q(invitations__isnull=False) | Q(ticket_codes__isnull=False)
    found = set(series.dates.filter(has_more | Q(registrations__isnull=False)).values_list("pk", flat=True))
    own = Ticket.objects.filter(activity__series=series, series_ticket__isnull=True)
    return found | set(own.values_list("activity_id", flat=True))


def _follow(activity: Activity, series: Series, each: Date, people_before: People | None) -> bool:
    values = {name: getattr(series, name) for name in GIVEN} | {"starts_at": each.starts_at, "ends_at": each.ends_at}
    changed = [name for name, value in values.items() if getattr(activity, name) != value]
    for name in changed:
        setattr(activity, name, values[name])
    if changed:
        activity.save()
    gone = people_before - _people_of(series) if people_before is not None else set()
    come = _people_of(series) - people_before if people_before is not None else set()
    for member_id, part in gone:
        activity.people.filter(member_id=member_id, part=part).delete()
    _name(activity, come)
    return bool(changed or gone or come)


def _make(series: Series, each: Date) -> Activity:
    code = f"{series.code}-{each.day.isoformat()}"
    taken = set(Activity.objects.filter(code__startswith=code).values_list("code", flat=True))
    free = next(each for each in (code, *(f"{code}-{n}" for n in range(2, 1_000))) if each not in taken)
    made = Activity.objects.create(
        code=free, series=series, series_date=each.day, follows_series=True, starts_at=each.starts_at,
        ends_at=each.ends_at, **{name: getattr(series, name) for name in GIVEN},
    )  # fmt: skip
    _name(made, _people_of(series))
    return made


def _people_of(series: Series) -> People:
    """Who makes each date, as the series says."""
    named = ((series.host_id, Part.HOST.value), (series.speaker_id, Part.SPEAKER.value))
    return {(member_id, part) for member_id, part in named if member_id is not None}


def _name(activity: Activity, people: People) -> None:
    for member_id, part in sorted(people):
        ActivityPerson.objects.get_or_create(activity=activity, member_id=member_id, part=part)


def _is_day(text: object) -> bool:
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_moment(text: object) -> bool:
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False
