"""Money as people read it; inside, it is whole minor units of its currency (ISO 4217), never a float."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import get_language
from moneyed import Money, get_currency
from moneyed.classes import CurrencyDoesNotExist
from moneyed.l10n import format_money

LOCALES = {"zh-hans": "zh_Hans"}


def is_money(code: str) -> bool:
    """Whether this is the code of a currency, such as EUR."""
    try:
        get_currency(code)
    except CurrencyDoesNotExist:
        return False
    return True


def major(amount: int, code: str) -> Decimal:
    """Minor units as major ones: 12800 of CNY is 128.00, 500 of JPY is 500."""
    return Decimal(amount).scaleb(-decimals(code))


def minor(amount: Decimal, code: str) -> int:
    """Major units as whole minor ones. Raises ValueError for a fraction that the currency does not have."""
    scaled = amount.scaleb(decimals(code))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{code} has {decimals(code)} decimals.")
    return int(scaled)


def words(amount: int, code: str) -> str:
    """An amount as whoever reads it writes it: ¥128, €9.50; no decimals where they are nought."""
    language = get_language() or "en"
    value = major(amount, code)
    is_whole = value == value.to_integral_value()
    said: str = format_money(
        Money(value, code), locale=LOCALES.get(language, language.replace("-", "_")),
        format="¤#,##0" if is_whole else None, currency_digits=not is_whole,
    )  # fmt: skip
    return said


def decimals(code: str) -> int:
    """How many decimals a currency has: 2 of EUR, 0 of JPY."""
    return len(str(get_currency(code).sub_unit)) - 1
