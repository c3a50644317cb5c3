"""What expressions may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from members.domain.language.types import Type

Access = tuple[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One readable value.

    `min` and `max` bound a number (both included). `access` is how compiled code reads it: (argument, attribute)
    or (argument, index), chosen by us, never by whoever typed the expression. `peak_access` is where a counter's
    highest value before this event stands, for crossed(). `cost` is what fetching it costs beside a plain field.
    """

    type: Type
    enum: tuple[str, ...] | None = None
    optional: bool = False
    min: Decimal | int | None = None
    max: Decimal | int | None = None
    cost: int = 1
    access: Access | None = None
    peak_access: Access | None = None

    def __post_init__(self) -> None:
        for access in (self.access, self.peak_access):
            if access is not None:
                assert access[0].isidentifier(), f"{access[0]!r} is no argument name"
                assert isinstance(access[1], int) or access[1].isidentifier(), f"{access[1]!r} is no attribute"


Schema = Mapping[str, Field]
Tables = Mapping[str, Mapping[str, Decimal]]
