"""Tickets that each date of a series begins with: written whole, and followed by the drafts that nobody touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from activities.domain import money
from activities.domain.series import recurring
from activities.models import Activity, Series, SeriesTicket, Ticket
from incentives.enums import PrivilegeKind
from members.domain.counters.periods import zone_named

TICKETS_MAX = 20
# What a ticket of a date has from the one of its series, as it stands there.
GIVEN = (
    "names", "texts", "price", "currency_id", "points", "capacity", "tier_id", "privilege_id", "pass_only",
)  # fmt: skip


class BadTicket(Exception):
    """A ticket that no date could have; the message says what to change."""


def write(series: Series, wanted: Sequence[Mapping[str, Any]]) -> list[SeriesTicket]:
    """Write the tickets of a series, each with its `code`, and return them; `drop` takes away what is not among them.

    What a ticket leaves out is as a new one has it. Raises BadTicket.
    """
    codes = [values["code"] for values in wanted]
    if len(set(codes)) < len(codes):
        raise BadTicket(_("Two tickets have the same code."))
    if len(codes) > TICKETS_MAX:
        raise BadTicket(_("A series has at most %(most)d tickets.") % {"most": TICKETS_MAX})
    there = {each.code: each for each in series.tickets.all()}
    kept = []
    for values in wanted:
        made = SeriesTicket(series=series, **values)
        check(made, series)
        earlier = there.get(made.code)
        if earlier is not None:
            # The same row, written whole.
            made.pk, made._state.adding = earlier.pk, False  # noqa: SLF001  As Django names it.
        if earlier is None or _plain(made) != _plain(earlier):
            made.save()
        kept.append(made)
    return kept


def drop(series: Series, kept: Iterable[SeriesTicket]) -> None:
    """Take away the tickets that a series has no more; copies that stay are on their own from then on."""
    series.tickets.exclude(pk__in=[each.pk for each in kept]).delete()


def check(made: SeriesTicket, series: Series) -> None:
    """Raise BadTicket for what nobody could order, at whichever date."""
    try:
        made.full_clean(exclude=["series"], validate_unique=False)
    except ValidationError as error:
        field, sentences = next(iter(error.message_dict.items()))
        named = "" if field == "__all__" else f"{field}: "
        raise BadTicket(f"{made.code}: {named}{sentences[0]}") from error
    if made.price and not money.is_money(series.money):
        raise BadTicket(_("Say in which money its tickets are paid, such as EUR."))
    if made.privilege is not None and made.privilege.kind == PrivilegeKind.INVITATIONS:
        raise BadTicket(_("Invitations are used by inviting; choose another privilege."))
    if made.sells_from_days is not None and made.sells_until_days is not None:
        zone = zone_named(series.zone)
        begins = recurring.instant(datetime.combine(series.starts_on, series.starts_time), zone)
        if _before(begins, made.sells_until_days, made.sells_until_time, zone) <= _before(
            begins, made.sells_from_days, made.sells_from_time, zone
        ):
            raise BadTicket(_("Its sale ends before it begins."))


def follow(activity: Activity, templates: Sequence[SeriesTicket]) -> bool:
    """Bring the tickets of a draft that nobody touched to those of its series, and say whether any was changed."""
    there = {each.code: each for each in activity.tickets.all()}
    wanted = {each.code: each for each in templates}
    is_changed = False
    for code in there.keys() - wanted.keys():
        there[code].delete()
        is_changed = True
    zone = zone_named(activity.zone)
    for code, template in wanted.items():
        values = _values(template, activity.starts_at, zone)
        ticket = there.get(code) or Ticket(activity=activity, code=code)
        changed = [name for name, value in values.items() if getattr(ticket, name) != value]
        for name in changed:
            setattr(ticket, name, values[name])
        if changed or ticket.pk is None:
            ticket.save()
            is_changed = True
    return is_changed


def _values(template: SeriesTicket, starts_at: datetime, zone: tzinfo) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(template, name) for name in GIVEN}
    sells_from = sells_until = None
    if template.sells_from_days is not None:
        sells_from = _before(starts_at, template.sells_from_days, template.sells_from_time, zone)
    if template.sells_until_days is not None:
        sells_until = _before(starts_at, template.sells_until_days, template.sells_until_time, zone)
    if sells_from is not None and sells_until is not None and sells_until <= sells_from:
        # A date that was moved to another hour may turn them round: then it is sold from the announcement on.
        sells_from = None
    return {**values, "sells_from": sells_from, "sells_until": sells_until, "series_ticket_id": template.pk}


def _before(starts_at: datetime, days: int, at: time | None, zone: tzinfo) -> datetime:
    """So many local days before, by the clock there: over a change of the clocks the hour stays, not the distance."""
    local = starts_at.astimezone(zone).replace(tzinfo=None)
    day = local.date() - timedelta(days=days)
    return recurring.instant(datetime.combine(day, at if at is not None else local.time()), zone)


def _plain(ticket: SeriesTicket) -> dict[str, Any]:
    return {field.attname: getattr(ticket, field.attname) for field in SeriesTicket._meta.concrete_fields}  # noqa: SLF001
