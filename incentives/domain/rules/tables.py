"""Lookup tables: a key to an exact number; the key `*` answers for every other."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

ROWS_MAX = 2_000
KEY_LENGTH_MAX = 128
PLACES_MAX = 12
LARGEST = Decimal(10) ** 15


class BadTable(Exception):
    """A table that no rule could look into; the message names the row."""


def read_table(rows: object) -> dict[str, Decimal]:
    """Read a table's rows, numbers or their texts. Raises BadTable."""
    if not isinstance(rows, Mapping) or not rows:
        raise BadTable('A table maps keys to numbers, such as {"gold": "1.5", "*": "1"}.')
    if len(rows) > ROWS_MAX:
        raise BadTable(f"A table has at most {ROWS_MAX} rows.")
    return {_key(key): _number(key, value) for key, value in rows.items()}


def _key(key: object) -> str:
    if not isinstance(key, str) or not 0 < len(key) <= KEY_LENGTH_MAX or not key.isprintable():
        raise BadTable(f"{key!r}: a key is a text of 1 to {KEY_LENGTH_MAX} printable characters.")
    return key


def _number(key: object, value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        raise BadTable(f"{key}: {value!r} is no number; write one such as 1.5.")
    exponent = number.as_tuple().exponent
    if abs(number) > LARGEST or (isinstance(exponent, int) and exponent < -PLACES_MAX):
        raise BadTable(f"{key}: a number lies within {LARGEST:,f} and has at most {PLACES_MAX} decimals.")
    return number
