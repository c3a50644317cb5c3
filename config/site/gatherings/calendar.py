"""The calendar: what is coming, a month as a table, and what is past, in a number of queries that never grows."""

from __future__ import annotations

import calendar as days
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from activities.domain import wording
from activities.enums import ActivityKind, ActivityState
from activities.models import Activity, Registration, Ticket
from activities.models.activities import ActivityQuerySet
from config.site.gatherings import words
from config.templatetags.names import long_date
from members.domain.counters.periods import zone_named
from members.models import Member, Space

CARDS_MAX, PAST_MAX, CELL_MAX, SPACES_MAX, PAGES_MAX = 12, 8, 3, 12, 1_000
# Somewhere on earth it is that day already, or still.
ROUND_THE_EARTH = timedelta(hours=26)
YEAR_FIRST, YEAR_LAST = 2000, 2100
# What was called off stays among what is coming: whoever looks for it reads so.
OVER = (ActivityState.FINISHED, ActivityState.REVIEWED)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the calendar a visitor wants to see."""

    month: date
    kind: str = ""
    space: str = ""
    day: date | None = None
    page: int = 1

    def query(self, **other: object) -> str:
        """The address of this part with something changed."""
        said: dict[str, object] = {"kind": self.kind, "space": self.space, "month": f"{self.month:%Y-%m}", **other}
        kept = {name: value for name, value in said.items() if value}
        return f"?{urlencode(kept)}"


@dataclass(frozen=True, slots=True)
class Card:
    code: str
    icon: str
    kind: str
    name: str
    summary: str
    starts_at: datetime
    when: str
    place: str
    seats: str
    is_few: bool
    for_whom: str
    price: str
    note: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An activity in a cell of the month."""

    code: str
    icon: str
    kind: str
    name: str
    time: str
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class Cell:
    day: date
    is_inside: bool
    is_today: bool
    entries: tuple[Entry, ...]
    more: int
    href: str


@dataclass(frozen=True, slots=True)
class Month:
    title: str
    weeks: list[list[Cell]]
    count: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter: what it is called, where it leads, and whether it is chosen."""

    name: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    asked: Asked
    cards: list[Card]
    title: str
    next_page: str
    month: Month
    past: list[Card]
    kinds: list[Choice]
    spaces: list[Choice]
    feed: str


def calendar_of(member: Member | None, asked: Asked, *, now: datetime) -> Calendar:
    """Everything on the calendar page, for a member or for whoever passes by."""
    found = _chosen(asked)
    month = _month(found, asked, now)
    wanted = found.filter(ends_at__gt=now).exclude(state__in=OVER).order_by("starts_at", "pk")
    if asked.day is not None:
        begin = datetime.combine(asked.day, time(), tzinfo=UTC)
        wanted = found.between(begin - ROUND_THE_EARTH, begin + timedelta(days=1) + ROUND_THE_EARTH)
        wanted = wanted.order_by("starts_at", "pk")
    first = (asked.page - 1) * CARDS_MAX
    many = CELL_MAX * CARDS_MAX * SPACES_MAX if asked.day is not None else CARDS_MAX
    shown = list(_whole(wanted)[first : first + many + 1])
    if asked.day is not None:
        shown = [each for each in shown if asked.day in _days_of(each.starts_at, each.ends_at, each.zone)]
    past = list(_whole(found.filter(ends_at__lte=now).order_by("-starts_at", "-pk"))[:PAST_MAX])
    cards = shown[:many]
    notes = _notes(member, [*cards, *past])
    spaces = Space.objects.filter(pk__in=Activity.objects.public().exclude(space=None).values("space"))
    return Calendar(
        asked=asked,
        cards=[_card(each, notes, now) for each in cards],
        title=str(long_date(asked.day)) if asked.day is not None else "",
        next_page=asked.query(page=asked.page + 1) if len(shown) > many else "",
        month=month,
        past=[_card(each, notes, now) for each in past],
        kinds=_choices(asked, "kind", [(code, str(name)) for code, (_icon, name) in words.KINDS.items()]),
        spaces=_choices(
            asked, "space",
            [(each.ref, wording.words_in(each.names, each.ref)) for each in spaces.order_by("ref")[:SPACES_MAX]],
        ),
        feed=f"{reverse('activities-feed')}{asked.query(month='')}".rstrip("?"),
    )  # fmt: skip


def asked_of(given: dict[str, str], *, today: date) -> Asked:
    """What an address asks for; whatever makes no sense is left out."""
    month = _month_of(given.get("month", "")) or today.replace(day=1)
    kind = given.get("kind", "")
    page = given.get("page", "")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    return Asked(
        month=month,
        kind=kind if kind in ActivityKind.values else "",
        space=given.get("space", "").replace("\x00", "")[:64],
        day=_day_of(given.get("day", "")),
        page=min(max(number, 1), PAGES_MAX),
    )


def _chosen(asked: Asked) -> ActivityQuerySet:
    chosen = Q()
    if asked.kind:
        chosen &= Q(kind=asked.kind)
    if asked.space:
        chosen &= Q(space__ref=asked.space)
    found: ActivityQuerySet = Activity.objects.public().filter(chosen)
    return found


def _whole(found: ActivityQuerySet) -> ActivityQuerySet:
    tickets = Prefetch("tickets", Ticket.objects.filter(is_active=True).select_related("currency"))
    return found.select_related("space", "tier").prefetch_related(tickets)


def _notes(member: Member | None, shown: list[Activity]) -> dict[int, str]:
    """What this member has to do with these activities, in words."""
    if member is None:
        return {}
    mine = Registration.objects.live().filter(member=member, activity__in=shown)
    return {each.activity_id: str(each.get_state_display()) for each in mine}


def _card(activity: Activity, notes: dict[int, str], now: datetime) -> Card:
    icon, kind = words.KINDS[activity.kind]
    is_cancelled = activity.state == ActivityState.CANCELLED
    is_coming = not is_cancelled and activity.ends_at > now
    mine = notes.get(activity.pk, "")
    return Card(
        code=activity.code,
        icon=icon,
        kind=str(kind),
        name=wording.name_of(activity),
        summary=wording.words_in(activity.summaries),
        starts_at=activity.starts_at,
        when=words.when(activity),
        place=words.where(activity),
        seats=words.seats(activity) if is_coming else "",
        is_few=is_coming and words.is_few(activity),
        for_whom=words.for_whom(activity),
        price=words.price_line(activity, activity.tickets.all(), now) if is_coming else "",
        note=_("Called off") if is_cancelled else (_("You: %(state)s") % {"state": mine} if mine else ""),
    )


def _month(found: ActivityQuerySet, asked: Asked, now: datetime) -> Month:
    """The weeks of a month, with what is on each day where it takes place."""
    weeks = days.Calendar().monthdatescalendar(asked.month.year, asked.month.month)
    begin = datetime.combine(weeks[0][0], time(), tzinfo=UTC) - ROUND_THE_EARTH
    until = datetime.combine(weeks[-1][-1], time(), tzinfo=UTC) + timedelta(days=1) + ROUND_THE_EARTH
    rows = (
        found.between(begin, until)
        .order_by("starts_at", "pk")
        .values_list("code", "kind", "names", "starts_at", "ends_at", "zone", "state")
    )
    on: dict[date, list[Entry]] = {}
    count = 0
    for code, kind, names, starts_at, ends_at, zone, state in rows:
        icon, word = words.KINDS[kind]
        local = starts_at.astimezone(zone_named(zone))
        entry = Entry(
            code, icon, str(word), wording.words_in(names, code), f"{local:%H:%M}", state == ActivityState.CANCELLED
        )
        touched = _days_of(starts_at, ends_at, zone)
        count += any(each.month == asked.month.month for each in touched)
        for each in touched:
            on.setdefault(each, []).append(entry)
    today = timezone.localdate(now)
    return Month(
        title=date_format(asked.month, "YEAR_MONTH_FORMAT"),
        weeks=[[_cell(each, asked, on.get(each, []), today) for each in week] for week in weeks],
        count=count,
        before=asked.query(month=f"{asked.month - timedelta(days=1):%Y-%m}"),
        after=asked.query(month=f"{asked.month + timedelta(days=31):%Y-%m}"),
    )


def _cell(day: date, asked: Asked, entries: list[Entry], today: date) -> Cell:
    is_inside = day.month == asked.month.month
    shown = tuple(entries[:CELL_MAX]) if is_inside else ()
    more = len(entries) - len(shown) if is_inside else 0
    return Cell(day, is_inside, day == today, shown, more, asked.query(day=day.isoformat()) if more else "")


def _days_of(starts_at: datetime, ends_at: datetime, zone: str) -> list[date]:
    """The days on which it takes place, by the clock that hangs there; a month of them at most."""
    there = zone_named(zone)
    first = starts_at.astimezone(there).date()
    last = (ends_at - timedelta(microseconds=1)).astimezone(there).date()
    return [first + timedelta(days=number) for number in range(min((last - first).days, 31) + 1)]


def _choices(asked: Asked, name: str, known: list[tuple[str, str]]) -> list[Choice]:
    if not known:
        return []
    current = getattr(asked, name)
    every = Choice(_("All"), asked.query(**{name: ""}), not current)
    return [every, *(Choice(text, asked.query(**{name: code}), code == current) for code, text in known)]


def _month_of(text: str) -> date | None:
    return _day_of(f"{text}-01") if len(text) == 7 else None


def _day_of(text: str) -> date | None:
    try:
        read = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return read if YEAR_FIRST <= read.year < YEAR_LAST else None
