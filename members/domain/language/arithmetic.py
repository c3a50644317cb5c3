"""Exact numbers: decimals to 12 places within ±10^18, half-even, saturating."""

from __future__ import annotations

import decimal
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

PLACES = 12
LARGEST = 10**18
_STEP = Decimal(1).scaleb(-PLACES)
_LARGEST = Decimal(LARGEST)
# Two numbers of 30 digits multiply to 60; nothing is ever rounded but where we say so.
_CONTEXT = decimal.Context(prec=80, rounding=ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999, traps=[])


@contextmanager
def exact() -> Iterator[None]:
    """Compute within enough digits; compiled expressions must run inside."""
    with decimal.localcontext(_CONTEXT):
        yield


def settled(value: Decimal) -> Decimal:
    """Round to 12 places, half-even, and keep within ±10^18."""
    if value > _LARGEST:
        return _LARGEST
    if value < -_LARGEST:
        return -_LARGEST
    return value.quantize(_STEP)


def bounded(value: int) -> int:
    """Keep a whole number within ±10^18."""
    return LARGEST if value > LARGEST else max(value, -LARGEST)


def bounded_decimal(value: Decimal) -> Decimal:
    return _LARGEST if value > _LARGEST else max(value, -_LARGEST)


def floor(value: Decimal | int) -> int:
    return value if isinstance(value, int) else int(value.to_integral_value(ROUND_FLOOR))


def ceil(value: Decimal | int) -> int:
    return value if isinstance(value, int) else int(value.to_integral_value(ROUND_CEILING))


def rounded(value: Decimal | int) -> int:
    return value if isinstance(value, int) else int(value.to_integral_value(ROUND_HALF_EVEN))


def divided(a: Decimal | int, b: Decimal | int, if_zero: Decimal | int = 0) -> Decimal:
    return settled(Decimal(a) / Decimal(b)) if b else Decimal(if_zero)


def remainder(a: Decimal | int, b: Decimal | int) -> Decimal | int:
    """What is left after a division that cuts towards zero, as in CEL: it has the sign of `a`."""
    if isinstance(a, int) and isinstance(b, int):
        left = abs(a) % abs(b)
        return -left if a < 0 else left
    return Decimal(a) % Decimal(b)
