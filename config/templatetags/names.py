"""Names, numbers and days as their reader writes them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.dateformat import format as written
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from incentives.domain.usage import Usage
from incentives.domain.wording import plain
from members.domain.texts import text_in

register = template.Library()

MINUS = "\N{MINUS SIGN}"
WEEKDAYS = (
    gettext_lazy("Mon"), gettext_lazy("Tue"), gettext_lazy("Wed"), gettext_lazy("Thu"), gettext_lazy("Fri"),
    gettext_lazy("Sat"), gettext_lazy("Sun"),
)  # fmt: skip


@register.filter
def in_language(names: dict[str, str], fallback: str) -> str:
    return text_in(names, get_language() or "en", fallback)


@register.filter
def amount(value: Decimal | int | None) -> str:
    """2,480 — never an exponent, with the true minus."""
    return "" if value is None else plain(Decimal(value)).replace("-", MINUS)


@register.filter
def ratio(value: Decimal | None, places: int) -> str:
    """0.74 with so many decimals; a dash where there was nothing to divide by."""
    return "—" if value is None else f"{value:.{places}f}"


@register.filter
def signed(value: Decimal | int | None) -> str:
    """+30, −15 or 0."""
    return f"+{amount(value)}" if value is not None and value > 0 else amount(value)


@register.filter
def short_date(moment: date | datetime) -> str:
    """30 Nov; the year only when it is not this one."""
    day = _local(moment)
    if get_language() == "zh-hans":
        return written(day, "n月j日" if _is_this_year(day) else "Y年n月j日")
    return written(day, "j M" if _is_this_year(day) else "j M Y")


@register.filter
def long_date(moment: date | datetime) -> str:
    """Sun 30 Nov."""
    day = _local(moment)
    weekday = str(WEEKDAYS[day.weekday()])
    text = str(short_date(day))
    return f"{text} {weekday}" if get_language() == "zh-hans" else f"{weekday} {text}"


@register.filter
def weekday(moment: date) -> str:
    """Sun."""
    return str(WEEKDAYS[moment.weekday()])


@register.filter
def day(moment: datetime) -> str:
    """Today, Yesterday, or the date, in the reader's own days."""
    days = (timezone.localdate() - _local(moment)).days
    if days == 0:
        return _("Today")
    return _("Yesterday") if days == 1 else str(long_date(moment))


@register.filter
def moment(value: datetime) -> str:
    """Sun 30 Nov, 14:00."""
    return _("%(date)s, %(time)s") % {"date": long_date(value), "time": f"{timezone.localtime(value):%H:%M}"}


@register.filter
def last_day(until: datetime) -> str:
    """The last day before a moment: what ends at midnight on Monday ends on Sunday."""
    return str(long_date(until - timedelta(seconds=1)))


@register.filter
def time_left(until: datetime) -> str:
    """21 h left, or the day where it is further away."""
    hours = int((until - timezone.now()).total_seconds() // 3_600)
    if hours < 1:
        return _("less than an hour left")
    return _("%(hours)d h left") % {"hours": hours} if hours < 48 else _("Until %(date)s") % {"date": long_date(until)}


@register.filter
def usage(used: Usage) -> str:
    """60 of 100 today."""
    numbers = {"used": amount(used.used), "most": amount(used.most)}
    text: str = _USED[used.every, used.is_now]() % numbers
    return text


_USED: dict[tuple[str, bool], Any] = {
    ("day", True): lambda: _("%(used)s of %(most)s today"),
    ("day", False): lambda: _("%(used)s of %(most)s that day"),
    ("week", True): lambda: _("%(used)s of %(most)s this week"),
    ("week", False): lambda: _("%(used)s of %(most)s that week"),
    ("month", True): lambda: _("%(used)s of %(most)s this month"),
    ("month", False): lambda: _("%(used)s of %(most)s that month"),
    ("ever", True): lambda: _("%(used)s of %(most)s"),
    ("ever", False): lambda: _("%(used)s of %(most)s"),
}


@register.filter
def again(used: Usage) -> str:
    """When a limit that is used up opens again."""
    if used.again_on is None:
        return ""
    if used.every == "day":
        return _("Open again tomorrow")
    return _("Open again on %(date)s") % {"date": long_date(used.again_on)}


def _local(moment: date | datetime) -> date:
    return timezone.localdate(moment) if isinstance(moment, datetime) else moment


def _is_this_year(day: date) -> bool:
    return day.year == timezone.localdate().year
