"""Metrics that ladders can be measured by; named in settings.METRIC_PROVIDERS. Only qualifying currencies count."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from incentives.enums import Bucket, CurrencyKind, JournalKind
from incentives.models import Currency
from members.domain.ladders.measures import BadMetric, Measure, Spans
from members.domain.sql import Some
from members.domain.texts import text_in

# What somebody has done, corrections included. Spending, expiry and what others gave are left out.
EARNING = (JournalKind.AWARD, JournalKind.DEDUCT, JournalKind.MATURE, JournalKind.ADJUST, JournalKind.OPENING)


def balance(code: str, some: Some, spans: Spans, _now: datetime) -> Measure:
    """What is available; in a window, what is left of what came in it. Raises BadMetric.

    Points that came earlier and went in the window are looked at lot by lot, so they do not count against it.
    """
    currency = qualifying(code)
    if spans.each is not None or spans.all != Spans().all:
        each = _summed(currency, some, spans, of="a.member_id, e.lot_id")
        left = "sum(CASE WHEN l.value > 0 THEN l.value ELSE 0 END)"
        return Measure(f"SELECT l.member_id, {left} AS value FROM ({each.sql}) l GROUP BY l.member_id", each.params)
    whom, params = some.clause("a.member_id")
    return Measure(
        "SELECT a.member_id, a.balance AS value FROM incentives_account a"
        f" WHERE a.currency_id = %s AND a.bucket = {Bucket.AVAILABLE.value} AND {whom}",
        (currency.pk, *params),
    )


def earned(code: str, some: Some, spans: Spans, _now: datetime) -> Measure:
    """What was earned in a window, less what of it was taken back; spending it changes nothing. Raises BadMetric."""
    kinds = ", ".join(str(kind.value) for kind in EARNING)
    return _summed(
        qualifying(code), some, spans,
        join=" LEFT JOIN incentives_journal r ON r.id = j.reverses_id",
        condition=f" AND (j.kind IN ({kinds}) OR (j.kind = {JournalKind.REVERSE.value} AND r.kind IN ({kinds})))",
    )  # fmt: skip


def decimals(code: str) -> int:
    """The decimals of a currency's minor units. Raises BadMetric."""
    return qualifying(code).scale


def balance_words(code: str) -> str:
    return _("%(currency)s available") % {"currency": _name(code)}


def earned_words(code: str) -> str:
    return _("%(currency)s earned") % {"currency": _name(code)}


def _name(code: str) -> str:
    """What members call a currency."""
    return text_in(qualifying(code).names, get_language() or "", code)


def qualifying(code: str) -> Currency:
    """The currency of a metric. Raises BadMetric where there is none, or it can be bought, given and multiplied."""
    currency = Currency.objects.filter(code=code).first()
    if currency is None:
        raise BadMetric(f"There is no currency {code!r:.80}.")
    if currency.kind != CurrencyKind.QUALIFYING:
        raise BadMetric(f"{code} is spendable; only a qualifying currency decides about tiers.")
    return currency


def _summed(
    currency: Currency, some: Some, spans: Spans, *, of: str = "a.member_id", join: str = "", condition: str = ""
) -> Measure:
    whom, params = some.clause("a.member_id")
    window_join, join_params, window, window_params = spans.clause("j.effective_at", "a.member_id")
    return Measure(
        f"SELECT {of}, sum(e.amount) AS value FROM incentives_account a"
        " JOIN incentives_entry e ON e.account_id = a.id JOIN incentives_journal j ON j.id = e.journal_id"
        f"{join}{window_join}"
        f" WHERE a.currency_id = %s AND a.bucket = {Bucket.AVAILABLE.value} AND {whom}{window}{condition}"
        f" GROUP BY {of}",
        (*join_params, currency.pk, *params, *window_params),
    )
